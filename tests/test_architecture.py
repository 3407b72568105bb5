"""The structure that the code promises: which way imports go, who needs torch, short files."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import flopscope

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parent.parent
PACKAGE = Path(flopscope.__file__).parent
LONGEST_FILE = 250

NEEDS_TORCH = pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed")
"""Of what is read off torch's files."""

IMPORT_WITHOUT_TORCH = """
import importlib, pkgutil, sys
sys.modules["torch"] = None  # an import of it now raises
for name in sys.argv[1:]:
    package = importlib.import_module(name)
    for module in pkgutil.walk_packages(getattr(package, "__path__", []), name + "."):
        importlib.import_module(module.name)
"""

COMPLETE_AND_LIST_MODULES = """
import sys
from flopscope.cli import main
try:
    main(prog_name="flopscope")
finally:
    print(*sys.modules, file=sys.stderr)
"""


def python(code: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | environment,
        check=False,
    )


def contracts() -> list[dict[str, Any]]:
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    return list(tools["importlinter"]["contracts"])


def pure_modules() -> Sequence[str]:
    (contract,) = (
        contract for contract in contracts() if "torch" in contract.get("forbidden_modules", ())
    )
    return tuple(contract["source_modules"])


def test_imports_go_one_way() -> None:
    pytest.importorskip("importlinter", reason="import-linter comes with the lint group")
    lint = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = python(lint, "--no-logo", "--no-cache")
    assert done.returncode == 0, done.stdout


def test_every_module_has_its_place_in_the_layers() -> None:
    (layers,) = (contract["layers"] for contract in contracts() if contract["type"] == "layers")
    placed = {name.strip() for layer in layers for name in layer.replace("|", ":").split(":")}
    present = {path.stem for path in PACKAGE.glob("[!_]*.py")} | {"__main__"}
    present |= {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert present == placed


@pytest.mark.parametrize("module", [*pure_modules(), "flopscope.load", "flopscope.cli"])
def test_the_pure_side_is_imported_without_torch(module: str) -> None:
    done = python(IMPORT_WITHOUT_TORCH, module)
    assert done.returncode == 0, done.stderr


def test_importing_the_torch_side_without_torch_is_noticed() -> None:
    assert "import of torch halted" in python(IMPORT_WITHOUT_TORCH, "flopscope.trace").stderr


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("flopscope pro", "plain,profile"),
        pytest.param(
            *("flopscope profile torch.nn.modules.fold", "more,torch.nn.modules.fold:"),
            marks=NEEDS_TORCH,
        ),
        ("flopscope profile examples/mypkg:Resid", "plain,examples/mypkg:ResidualBlock"),
        ("flopscope profile x --counter fvc", "plain,fvcore"),
        pytest.param(*("flopscope train-plan x --optimizer sg", "plain,sgd"), marks=NEEDS_TORCH),
        ("flopscope llm x --device 'RTX 4090", "plain,RTX 4090"),
    ],
)
def test_completion_answers_without_torch_or_rich(typed: str, offered: str) -> None:
    asked = {"_FLOPSCOPE_COMPLETE": "bash_complete", "COMP_WORDS": typed}
    done = python(COMPLETE_AND_LIST_MODULES, **asked)
    assert done.stdout.splitlines() == [offered]
    loaded = set(done.stderr.split())
    assert "click" in loaded
    assert loaded.isdisjoint({"torch", "rich", "mypkg"})


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_a_file_holds_one_concept_and_so_is_short(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= LONGEST_FILE
