"""What can be answered without torch is answered without torch."""

from __future__ import annotations

import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import flopscope
from tests.unit.report.machine_reports import report, write


def modules_after(code: str) -> set[str]:
    """The names of the modules that a fresh Python has loaded after some code."""
    script = f"import sys\ntry:\n    {code}\nexcept SystemExit: pass\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=True, text=True, timeout=120
    )
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["profile", "--help"],
        ["profile"],
        ["profil"],
        ["profile", "nets:Net", "--shap", "1"],
        ["profile", "nets:Net", "--counter", "thopp"],
        ["profile", "nets:Net", "--columns", "flop"],
        ["profile", "nets:Net", "--as", "thopp"],
        ["profile", "nets:Net", "--output", "report.foo"],
        ["profile", "nets.Net"],
        ["profile", "nets:Net(os.sep)"],
        ["profile", "nets:Net", "--kwarg", "3"],
        ["profile", "nets:Net", "--input", "[[3"],
        ["profile", "nets:Net", "--config", "net.ini"],
        ["profile", "nets:Net", "--inputs", "make_inputs"],
        ["profile", "hf:"],
        ["profile", "nets:Net", "--autocast", "int8"],
        ["profile", "nets:Net", "--arg", "3"],
        ["profile", "nets:Net", "--shape", "1,,3"],
        ["profile", "nets:Net", "--dtype", "float33"],
        ["compare", "--help"],
        ["compare"],
        ["compare", "nets:Net", "--counter", "thopp"],
        ["compare", "nets:Net", "--output", "counters.foo"],
        ["compare", "nets:Net", "--shape", "1,,3"],
        ["formula", "--help"],
        ["formula", "nets:Net", "--shape", "1,3,8,8"],
        ["formula", "nets:Net", "--shape", "B,3,8,8", "--vary", "B"],
        ["solve", "--help"],
        ["solve", "nets:Net", "--shape", "B,3,8,8"],
        ["sweep", "--help"],
        ["sweep", "nets:Net", "--shape", "B,3,8,8", "--plot", "flop"],
        ["machines", "--help"],
        ["machines", "a.json"],
        ["machines", "a.json", "gone.json"],
    ],
    ids=" ".join,
)
def test_help_and_a_mistyped_command_load_neither_torch_nor_rich(arguments: list[str]) -> None:
    loaded = modules_after(f"from flopscope.cli import main; main({arguments})")

    assert "click" in loaded
    assert loaded.isdisjoint({"torch", "rich", "thop", "fvcore"})


def test_comparing_machines_loads_neither_torch_nor_rich(tmp_path: Path) -> None:
    paths = [str(path) for path in write(tmp_path, a=report("a"), b=report("b"))]
    loaded = modules_after(f"from flopscope.cli import main; main({['machines', *paths]})")

    assert "flopscope.report.machines" in loaded
    assert loaded.isdisjoint({"torch", "rich", "thop", "fvcore"})


def test_importing_the_package_loads_neither_torch_nor_click_nor_rich() -> None:
    loaded = modules_after("import flopscope; flopscope.FlopscopeError")

    assert "flopscope" in loaded
    assert loaded.isdisjoint({"torch", "click", "rich"})


@pytest.mark.parametrize("name", flopscope.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(flopscope, name) is not None
    assert name in dir(flopscope)


def test_the_public_names_are_listed_in_order() -> None:
    assert flopscope.__all__ == sorted(flopscope.__all__)


def test_a_name_that_is_not_public_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'profle'"):
        flopscope.profle  # noqa: B018 - the access is what is tested


def test_no_module_hides_behind_a_public_name() -> None:
    modules = {found.name for found in pkgutil.iter_modules(flopscope.__path__)}

    assert modules.isdisjoint(flopscope.__all__)


def test_a_plain_python_target_loads_no_library_of_models(tmp_path: Path) -> None:
    net = tmp_path / "net.py"
    net.write_text("import torch\n\ndef net():\n    return torch.nn.Linear(4, 2)\n")
    command = ["profile", f"{net}:net", "--shape", "1,4", "--no-time"]
    loaded = modules_after(f"from flopscope.cli import main; main({command})")

    assert "torch" in loaded
    assert loaded.isdisjoint({"transformers", "diffusers", "timm", "torchvision"})
