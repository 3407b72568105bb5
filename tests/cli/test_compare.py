"""``flopscope compare``: what thop and fvcore say of a model, and why."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest
from click.testing import Result

from flopscope.counters import COUNTERS, installed
from flopscope.report.counters import COMPARISON_FORMATS, COMPARISON_SUFFIXES

Run = Callable[..., Result]
Spawn = Callable[..., subprocess.CompletedProcess[str]]

NORMED = """
    from torch import nn

    class Normed(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 8, kernel_size=3, bias=False)
            self.norm = nn.InstanceNorm2d(8)

        def forward(self, image):
            return self.norm(self.conv(image))
"""
COMPARE = ("compare", "normed:Normed", "--shape", "1,3,8,8")
OUT = 8 * 6 * 6
MACS = OUT * 3 * 3 * 3


@pytest.fixture(autouse=True)
def normed(project: Path) -> None:
    (project / "normed.py").write_text(dedent(NORMED))


def compared(run: Run, *arguments: str) -> dict[str, dict[str, object]]:
    """What each counter says, by its name."""
    done = run(*COMPARE, "--format", "json", *arguments)
    assert done.exit_code == 0, done.stderr
    return {counter["name"]: counter for counter in json.loads(done.stdout)["counters"]}


def test_each_counters_figure_is_explained_to_the_last_operation(run: Run) -> None:
    counters = compared(run)

    # What thop and fvcore add for a norm without parameters, in their sources.
    for name, each in (("thop", 2), ("fvcore", 4)):
        found = counters[name]
        explanation = found["explanation"]
        assert isinstance(explanation, dict)
        assert (found["value"], explanation["remainder"]) == (MACS + each * OUT, 0)
        (term,) = explanation["terms"]
        assert (term["amount"], term["scopes"]) == (each * OUT, ["norm"])


def test_the_counters_that_are_named_are_asked_once_each(run: Run) -> None:
    assert list(compared(run, "--counter", "thop", "--counter", "thop")) == ["thop"]


def test_by_default_those_are_asked_that_are_installed(run: Run) -> None:
    assert tuple(compared(run)) == installed()


def test_the_others_are_named_and_how_to_get_them_is_said_on_request(run: Run) -> None:
    absent = [name for name in COUNTERS if name not in installed()]
    if not absent:
        pytest.skip("all are installed")
    assert f"{', '.join(absent)}: not installed" in run(*COMPARE).stdout

    counters = compared(run, "--all")
    assert list(counters) == list(COUNTERS)
    for name in absent:
        assert (counters[name]["value"], counters[name]["notes"]) == (
            None,
            [f"not installed: pip install {COUNTERS.row(name).distribution}"],
        )


def test_a_counter_that_takes_too_long_costs_a_line(run: Run) -> None:
    done = run(*COMPARE, "--counter", "thop", "--timeout", "0.001")

    assert done.exit_code == 0
    assert re.search(r"^thop has no figure: .*0\.001", done.stdout, re.MULTILINE)


def test_the_text_is_a_bill_that_adds_up(run: Run) -> None:
    done = run(*COMPARE, "--counter", "thop")

    assert re.search(rf"{MACS:,} +flopscope's MACs\n", done.stdout)
    assert f"= {MACS + 2 * OUT:,}" in done.stdout
    assert "nothing is left unexplained" in done.stdout


def test_modules_are_shown_to_the_depth_that_is_asked_for(run: Run) -> None:
    assert "conv" not in run(*COMPARE, "--counter", "thop").stdout
    assert "├─ conv" in run(*COMPARE, "--counter", "thop", "--depth", "1").stdout


@pytest.mark.parametrize("name", COMPARISON_FORMATS)
def test_every_format_can_be_asked_for(run: Run, name: str) -> None:
    assert run(*COMPARE, "--counter", "thop", "--format", name).exit_code == 0


@pytest.mark.parametrize("suffix", COMPARISON_SUFFIXES)
def test_a_file_is_written_in_the_format_of_its_suffix(
    run: Run, project: Path, suffix: str
) -> None:
    name = COMPARISON_SUFFIXES[suffix]
    done = run(*COMPARE, "--counter", "thop", "--format", name, "-o", f"counters{suffix}")

    written = (project / f"counters{suffix}").read_text(encoding="utf-8")
    if name == "json":  # what our own count took differs
        assert written
    else:
        assert done.stdout.splitlines()[:5] == written.splitlines()[:5]


def test_a_part_of_the_model_is_compared_alone(run: Run) -> None:
    counters = compared(run, "--module", "conv")

    assert (counters["thop"]["value"], counters["torch"]["value"]) == (MACS, 2 * MACS)


def test_a_model_that_no_counter_can_run_costs_no_more_than_their_figures(
    run: Run, project: Path
) -> None:
    source = (project / "normed.py").read_text()
    (project / "normed.py").write_text(source + "\n    __deepcopy__ = __reduce_ex__ = None\n")
    done = run(*COMPARE)

    assert done.exit_code == 0, done.stderr
    assert "flopscope" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--counter", "thopp"], "'thopp' is not one of"),
        (["--counter", "thop", "--all"], "--all asks every counter"),
        (["--timeout", "0"], "0"),
        (["-o", "counters.foo"], "no format is known by the name of 'counters.foo'"),
        (["--device", "tpu"], "'tpu' is not one of"),
        (["--shape", "1,,3"], "1,,3"),
        (["--batch", "1,8"], "one --batch at a time"),
        (["other:Net"], "unexpected extra argument"),
    ],
)
def test_what_cannot_be_meant_is_one_line_and_a_hint(
    run: Run, arguments: list[str], message: str
) -> None:
    done = run(*COMPARE, *arguments)

    assert done.stdout == ""
    assert done.exit_code in {2, 3}
    assert message in done.stderr
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == ["Error", "Hint"]


def test_the_comparison_alone_is_on_standard_output(spawn: Spawn) -> None:
    done = spawn(*COMPARE, "--format", "json")

    assert json.loads(done.stdout)["schema"] == "flopscope.compare/1"
    assert done.stderr == ""
