"""The README says what is so: its commands, options, figures and outputs.

Run as a script, it writes the outputs anew.
"""

from __future__ import annotations

import doctest
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import flopscope
from flopscope.cli import COMMANDS

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
EXAMPLES = ROOT / "examples"
TEXT = README.read_text(encoding="utf-8")

SESSION = re.compile(r"```console\n\$ flopscope (?P<command>.*)\n(?P<output>(?:.*\n)*?)```\n")
SESSIONS = list(SESSION.finditer(TEXT))
ROWS_OF_FIGURES = re.findall(r"^\| (\w+), ([12]) \| (.+) \|$", TEXT, re.MULTILINE)
OF_THE_MACHINE = re.compile(r"^device .*$|(?<=  )[\d.]+ m?s$", re.MULTILINE)
LIBRARIES = ("timm", "torchvision")
"""Of models by name, which not every environment has."""


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What a command prints when it is typed in a folder and its output is read by a program."""
    return subprocess.run(
        [sys.executable, "-m", "flopscope", *shlex.split(command)],
        capture_output=True,
        encoding="utf-8",
        cwd=folder,
        check=False,
    )


def set_up_commands() -> list[str]:
    return [line for line in TEXT.splitlines() if line.startswith("python3 -m venv")]


def profile_commands() -> list[str]:
    """The commands on the example package, as they are typed in its folder."""
    lines = re.findall(r"^flopscope (profile .*mypkg:.*)$", TEXT, re.MULTILINE)
    return [line.partition(" | ")[0] for line in lines]


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


@pytest.mark.parametrize("command", profile_commands())
def test_a_command_on_the_example_works(command: str) -> None:
    done = run(f"{command} --no-time", EXAMPLES)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("session", SESSIONS, ids=lambda session: session["command"])
def test_an_output_is_what_the_command_prints(session: re.Match[str]) -> None:
    for library in LIBRARIES:
        if f"{library}:" in session["command"]:
            pytest.importorskip(library)
    assert without_the_machine(run(session["command"], ROOT).stdout) == without_the_machine(
        session["output"]
    )


def without_the_machine(output: str) -> str:
    """An output without its device and times, and without the widths that these take."""
    return re.sub(r" +|─+", " ", OF_THE_MACHINE.sub("", output))


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


def test_the_python_session_gives_what_it_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(EXAMPLES)
    ((source),) = re.findall(r"```pycon\n(.*?)```", TEXT, re.DOTALL)
    session = doctest.DocTestParser().get_doctest(source, {}, README.name, README.name, 0)
    said: list[str] = []
    assert doctest.DocTestRunner().run(session, out=said.append).failed == 0, "".join(said)


def test_the_tables_and_sessions_are_found() -> None:
    assert len(ROWS_OF_FIGURES) == 4
    assert len(SESSIONS) == 3
    assert len(profile_commands()) >= 3


def write_outputs() -> None:
    """Replace the output of every session by what its command prints now, if it can be run here."""
    README.write_text(SESSION.sub(_written_anew, TEXT), encoding="utf-8")


def _written_anew(session: re.Match[str]) -> str:
    done = run(session["command"], ROOT)
    output = session["output"] if done.returncode else done.stdout
    return f"```console\n$ flopscope {session['command']}\n{output}```\n"


if __name__ == "__main__":
    write_outputs()
