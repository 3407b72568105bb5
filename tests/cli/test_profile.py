"""``flopscope profile`` from the command line to stdout, files and the exit status."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from flopscope.counters import installed
from flopscope.report import FORMATS, SUFFIXES
from flopscope.report.formats import TIMED

Run = Callable[..., Result]
Spawn = Callable[..., subprocess.CompletedProcess[str]]

NET = ("profile", "nets:Net", "--shape", "1,3,8,8", "--no-time")
MEASURED_NET = (*NET[:-1], "--device", "cpu")
MACS = 1 * 8 * 6 * 6 * (3 * 3 * 3)
"""A 3x3x3 filter at each of 8 channels of 6x6 output pixels."""


def arguments_for(format_name: str) -> tuple[str, ...]:
    """The command that makes a report of what a format is of."""
    return MEASURED_NET if format_name in TIMED else NET


@pytest.mark.parametrize(
    "target", [["nets:Net"], ["nets:Net(3)"], ["nets.py:Net"], ["nets:Net", "--arg", "planes=3"]]
)
def test_a_model_is_counted_however_it_is_named(run: Run, target: list[str]) -> None:
    done = run("profile", *target, "--shape", "1,3,8,8", "--no-time", "--format", "json")

    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["totals"]["macs"] == MACS


def test_by_default_the_model_is_measured_too(run: Run) -> None:
    arguments = [argument for argument in NET if argument != "--no-time"]
    done = run(*arguments, "--device", "cpu", "--format", "json")

    assert json.loads(done.stdout)["timing"]["median_seconds"] > 0


def test_all_counters_are_asked_once_each(run: Run) -> None:
    done = run(*NET, "--counter", "thop", "--counter", "all", "--device", "cpu", "--format", "json")

    counters = json.loads(done.stdout)["counters"]
    assert [counter["name"] for counter in counters] == list(installed())


def test_a_profile_in_another_convention_has_its_figures_and_its_name(run: Run) -> None:
    done = run(*NET, "--as", "paper", "--format", "json")
    restatement = json.loads(done.stdout)["restatement"]

    assert (restatement["convention"], restatement["label"]) == ("paper", "FLOPs")
    assert restatement["value"] == restatement["modules"]["conv"] == MACS


def test_in_another_convention_one_column_stands_for_ours(run: Run) -> None:
    titles = run(*NET, "--as", "torch").stdout.splitlines()[4].split("  ")

    assert "torch FLOPs" in [title.strip() for title in titles]
    assert {"MACs", "FLOPs", "% FLOPs"}.isdisjoint(title.strip() for title in titles)


def test_models_in_one_table_have_each_its_own_figure_in_another_convention(
    run: Run, project: Path
) -> None:
    (project / "heads.py").write_text(
        "from torch import nn\n"
        "def small(): return nn.Linear(4, 2)\n"
        "def large(): return nn.Linear(4, 5)\n"
    )
    shape = ("--shape", "3,4", "--no-time")
    done = run("profile", "heads:small", "heads:large", *shape, "--as", "pycls")

    lines = [line.split() for line in done.stdout.splitlines()[:4]]
    assert "pycls FLOPs" in done.stdout
    assert str(3 * 4 * 2 + 3 * 2) in lines[2]
    assert str(3 * 4 * 5 + 3 * 5) in lines[3]
    assert "pycls, models/blocks.py" in done.stdout


def test_what_a_users_module_prints_does_not_spoil_the_report(run: Run, project: Path) -> None:
    nets = project / "nets.py"
    nets.write_text("print('hello')\nimport os; os.system('echo hello')\n" + nets.read_text())

    done = run(*NET, "--format", "json")

    assert json.loads(done.stdout)["totals"]["macs"] == MACS
    assert "hello" in done.stderr


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_is_written_in_the_format_of_its_suffix(
    run: Run, project: Path, suffix: str
) -> None:
    format_name = SUFFIXES[suffix]
    done = run(*arguments_for(format_name), "--format", format_name, "-o", f"report{suffix}")

    assert done.exit_code == 0, done.stderr
    assert (project / f"report{suffix}").read_text(encoding="utf-8").strip()
    if format_name == "json":
        assert json.loads((project / "report.json").read_text()) == json.loads(done.stdout)


def test_several_files_are_written_at_once_and_the_table_is_shown_all_the_same(
    run: Run, project: Path
) -> None:
    done = run(*NET, "-o", "a.json", "-o", "b.txt")

    assert "conv" in done.stdout
    assert "conv" in (project / "a.json").read_text()
    assert "conv" in (project / "b.txt").read_text(encoding="utf-8")


def test_a_name_that_no_file_can_have_is_a_usage_error(run: Run) -> None:
    done = run(*NET, "-o", f"{'x' * 300}.json")

    assert (done.exit_code, done.stdout) == (2, "")
    assert "File name too long" in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_file_that_cannot_be_written_loses_neither_the_others_nor_the_table(
    run: Run, project: Path
) -> None:
    (project / "full.json").symlink_to("/dev/full")

    done = run(*NET, "-o", "full.json", "-o", "b.csv")

    assert done.exit_code == 1
    assert "cannot write full.json: No space left on device" in done.stderr
    assert "conv" in done.stdout
    assert "conv" in (project / "b.csv").read_text(encoding="utf-8")


def test_every_format_has_a_suffix_and_can_be_asked_for(run: Run) -> None:
    assert set(SUFFIXES.values()) == set(FORMATS)
    for name in FORMATS:
        assert run(*arguments_for(name), "--format", name).exit_code == 0


def test_a_weight_is_that_of_what_is_written(run: Run) -> None:
    done = run(*NET, "--format", "collapsed", "--weight", "params")

    # 8 filters of 3x3x3.
    assert done.stdout == "Net;conv (Conv2d) 216\n"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("-o", "a.trace.json"), "chrome is of measured time"),
        (("--weight", "time", "--format", "svg"), "--weight time is of measured time"),
        (("--weight", "macs", "-o", "a.csv"), "--weight says nothing"),
        (("nets:Net", "-o", "a.svg"), "svg shows one model"),
    ],
)
def test_a_format_that_does_not_suit_is_refused_before_anything_is_loaded(
    run: Run, project: Path, options: tuple[str, ...], message: str
) -> None:
    (project / "nets.py").write_text("raise AssertionError('loaded')")

    done = run(*NET, *options)

    assert (done.exit_code, done.stdout) == (2, "")
    assert message in done.stderr


def test_an_operator_without_a_formula_ends_a_strict_run_with_status_4(
    run: Run, project: Path
) -> None:
    (project / "odd.py").write_text(
        "import torch\n"
        "@torch.library.custom_op('flopscope_test::odd', mutates_args=())\n"
        "def odd(x: torch.Tensor) -> torch.Tensor: return x.clone()\n"
        "odd.register_fake(lambda x: torch.empty_like(x))\n"
        "class Odd(torch.nn.Module):\n"
        "    def forward(self, x): return odd(x)\n"
    )
    arguments = ("profile", "odd:Odd", "--shape", "2,3", "--no-time")

    strict = run(*arguments, "--strict")
    lenient = run(*arguments)

    assert (strict.exit_code, strict.stdout) == (4, "")
    assert "flopscope_test.odd" in strict.stderr
    assert lenient.exit_code == 0
    assert "flopscope_test.odd" in lenient.stdout


def test_an_interrupt_in_the_model_ends_with_status_130(run: Run, project: Path) -> None:
    (project / "slow.py").write_text("raise KeyboardInterrupt")

    done = run("profile", "slow:Net", "--shape", "1")

    assert (done.exit_code, done.stdout) == (130, "")


def test_an_interrupt_while_measuring_shows_what_was_measured(run: Run, project: Path) -> None:
    (project / "slow.py").write_text(
        "import torch\n"
        "class Net(torch.nn.Module):\n"
        "    passes = 0\n"
        "    def forward(self, x):\n"
        "        Net.passes += 1\n"
        "        if Net.passes == 20: raise KeyboardInterrupt\n"
        "        return x + 1\n"
    )

    done = run("profile", "slow:Net", "--shape", "2,3", "--device", "cpu", "-o", "report.json")

    assert done.exit_code == 130
    assert "measuring was interrupted" in done.stdout
    assert json.loads((project / "report.json").read_text())["timing"]["runs"] < 20


def test_a_report_survives_a_terminal_that_knows_only_ascii(spawn: Spawn, project: Path) -> None:
    (project / "größe.py").write_text(
        "from torch import nn\nclass Größe(nn.Linear): pass\n", encoding="utf-8"
    )
    target = ("profile", "größe:Größe(3, 4)", "--shape", "2,3", "--no-time")

    table = spawn(*target, PYTHONIOENCODING="ascii", PYTHONUTF8="1")
    as_json = spawn(*target, "--format", "json", PYTHONIOENCODING="ascii", PYTHONUTF8="1")

    assert table.returncode == 0, table.stderr
    assert r"Gr\xf6\xdfe" in table.stdout
    assert json.loads(as_json.stdout)["modules"][0]["type"] == "Größe"


def test_the_command_works_as_a_module_with_its_input_closed(spawn: Spawn) -> None:
    done = spawn(*NET, "--format", "json")

    assert done.returncode == 0
    assert json.loads(done.stdout)["totals"]["macs"] == MACS
    assert done.stderr == ""


def test_a_failure_in_a_process_of_its_own_has_its_status_and_no_output(spawn: Spawn) -> None:
    done = spawn("profile", "nets:Nett", "--shape", "1,3,8,8")

    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "Error: no 'Nett' in nets\nHint: did you mean 'Net'?\n"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGPIPE and no EPIPE for pipes")
def test_a_reader_that_goes_away_is_no_error_to_speak_of(project: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "flopscope", *NET],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()
    _, stderr = process.communicate(timeout=120)

    assert stderr == b""
