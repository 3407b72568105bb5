"""The README says what is so: its options, figures and outputs, and those of pages for newcomers.

Run as a script, it writes the outputs anew. The other commands are run by ``test_documents.py``.
"""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import flopscope
from flopscope.cli import COMMANDS
from tests.documents import (
    README,
    ROOT,
    SESSION,
    WRITTEN_BY_HAND,
    blocks,
    need_libraries_of,
    run,
    without_the_machine,
)

EXAMPLES = ROOT / "examples"
TEXT = README.read_text(encoding="utf-8")

SESSIONS = [
    found
    for path in WRITTEN_BY_HAND
    for found in SESSION.finditer(path.read_text(encoding="utf-8"))
]
ROWS_OF_FIGURES = re.findall(r"^\| (\w+), ([12]) \| (.+) \|$", TEXT, re.MULTILINE)


def set_up_commands() -> list[str]:
    return [line for line in TEXT.splitlines() if line.startswith("python3 -m venv")]


def test_ci_runs_the_command_for_the_tests_as_it_is_written_here() -> None:
    _, for_the_tests = set_up_commands()
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert for_the_tests.replace(".venv", ".venv-ci") in ci.splitlines()


def test_every_option_that_is_named_exists() -> None:
    about_flopscope = [line for line in TEXT.splitlines() if line not in set_up_commands()]
    named = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", "\n".join(about_flopscope)))
    helps = "\n".join(run(f"{name} --help", ROOT).stdout for name in COMMANDS)
    known = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", helps))
    assert named - known - {"--help", "-m"} == set()


@pytest.mark.parametrize("session", SESSIONS, ids=lambda session: session["command"])
def test_an_output_is_what_the_command_prints(session: re.Match[str]) -> None:
    need_libraries_of(session["command"])
    assert without_the_machine(run(session["command"], ROOT).stdout) == without_the_machine(
        session["output"]
    )


@pytest.mark.parametrize(("norm_fn", "stride", "shown"), ROWS_OF_FIGURES)
def test_the_figures_of_the_first_table_are_what_each_counter_says(
    norm_fn: str, stride: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(EXAMPLES)
    from residual_block import ResidualBlock  # noqa: PLC0415  (on the path during a test only)

    model = ResidualBlock(norm_fn=norm_fn, stride=int(stride))
    report = flopscope.profile(
        model, args=(torch.zeros(2, 384, 32, 32),), counters=("thop", "fvcore")
    )
    thop, fvcore = report.readings
    figures = report.macs, thop.value, fvcore.value, report.params, thop.params
    assert [f"{figure:,}" for figure in figures] == shown.split(" | ")


@pytest.mark.parametrize("path", WRITTEN_BY_HAND, ids=lambda path: path.name)
def test_a_python_session_gives_what_it_shows(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(EXAMPLES)
    for source in blocks(path, "pycon"):
        session = doctest.DocTestParser().get_doctest(source, {}, path.name, path.name, 0)
        said: list[str] = []
        assert doctest.DocTestRunner().run(session, out=said.append).failed == 0, "".join(said)


def test_the_formula_of_the_readme_gives_a_cost() -> None:
    """In a process of its own, for a formula stays for good."""
    (block,) = blocks(README, "python")
    scan = "print(scan(flopscope.TensorSpec((4, 5), 'float32')).other_flops)"
    done = subprocess.run(
        [sys.executable, "-c", f"import flopscope\n{block}\n{scan}"],
        capture_output=True,
        check=False,
        text=True,
    )
    assert (done.stdout, done.stderr) == (f"{2 * 4 * 5}\n", "")


def test_the_tables_and_sessions_are_found() -> None:
    assert len(ROWS_OF_FIGURES) == 4
    assert len(SESSIONS) >= 5


def write_outputs(path: Path) -> None:
    """Replace the output of every session by what its command prints now, if it can be run here."""
    text = path.read_text(encoding="utf-8")
    path.write_text(SESSION.sub(_written_anew, text), encoding="utf-8")


def _written_anew(session: re.Match[str]) -> str:
    done = run(session["command"], ROOT)
    output = session["output"] if done.returncode else done.stdout
    return f"```console\n$ flopscope {session['command']}\n{output}```\n"


if __name__ == "__main__":
    for document in WRITTEN_BY_HAND:
        write_outputs(document)
