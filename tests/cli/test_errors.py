"""A failure is one line, a hint and an exit status, and leaves stdout empty."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from flopscope.cli import main
from flopscope.cli.errors import Command
from flopscope.errors import (
    FlopscopeError,
    IncompleteCountError,
    InputError,
    TargetError,
    TraceError,
    UsageError,
)


def fail(error: BaseException, *arguments: str) -> Result:
    """The result of a command that raises this."""

    def callback(**_: object) -> None:
        raise error

    debug = click.Option(["--debug"], is_flag=True)
    failing = Command("failing", callback=callback, params=[debug])
    return CliRunner().invoke(failing, arguments)


@pytest.mark.parametrize(
    ("kind", "exit_code"),
    [
        (UsageError, 2),
        (TargetError, 3),
        (InputError, 3),
        (TraceError, 3),
        (IncompleteCountError, 4),
    ],
)
def test_each_kind_of_error_has_its_exit_status(kind: type[FlopscopeError], exit_code: int) -> None:
    done = fail(kind("no such thing", hint="look elsewhere"))

    assert done.exit_code == exit_code
    assert done.stdout == ""
    assert done.stderr == "Error: no such thing\nHint: look elsewhere\n"


def test_an_error_without_a_hint_is_one_line() -> None:
    assert fail(InputError("no such thing")).stderr == "Error: no such thing\n"


def caused() -> TargetError:
    error = TargetError("building Net failed")
    error.__cause__ = ZeroDivisionError("division by zero")
    return error


def test_an_error_that_something_else_caused_points_to_the_traceback() -> None:
    assert fail(caused()).stderr.splitlines()[1] == "Hint: --debug shows the whole traceback"


def test_debug_shows_the_traceback_of_the_cause_above_the_error() -> None:
    done = fail(caused(), "--debug")

    assert done.exit_code == 3
    assert done.stderr.startswith("ZeroDivisionError: division by zero\n")
    assert "Traceback (most recent call last)" in done.stderr
    assert "\nError: building Net failed\n" in done.stderr


@pytest.mark.parametrize("code", [0, 3, None, "bye"])
def test_a_model_that_exits_does_not_choose_the_exit_status(code: object) -> None:
    done = fail(SystemExit(code))

    assert (done.exit_code, done.stdout) == (3, "")
    assert done.stderr.startswith(f"Error: the model's code called sys.exit({code!r})")
    assert "\nHint: " in done.stderr


def test_an_interrupt_ends_with_the_status_of_a_shell() -> None:
    done = fail(KeyboardInterrupt())

    assert (done.exit_code, done.stdout, done.stderr) == (130, "", "Interrupted.\n")


@pytest.mark.parametrize("error", [KeyError("scope"), AssertionError(), RecursionError("deep")])
def test_a_defect_of_ours_is_told_apart_with_its_traceback(error: Exception) -> None:
    done = fail(error)

    assert (done.exit_code, done.stdout) == (70, "")
    assert type(error).__name__ in done.stderr
    assert "in callback" in done.stderr
    assert "please report it" in done.stderr


Run = Callable[..., Result]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Missing argument 'TARGET"),
        (["nets:Net", "--shap", "1"], "--shape"),
        (["nets:Net", "--device", "tpu"], "'tpu' is not one of auto, cpu, cuda"),
        (["nets:Net", "--device", "cuda:x"], "'cuda:x' is not one of"),
        (["nets:Net", "--counter", "thopp"], "'thop'"),
        (["nets:Net", "--format", "jsn"], "'json'"),
        (["nets:Net", "--depth", "-1"], "-1"),
        (["nets:Net", "--columns", "mac"], "did you mean 'macs'?"),
        (["nets:Net", "--columns", "zzz"], "Hint: the columns are "),
        (["nets:Net", "--columns", "macs,thop"], "Hint: add --counter thop"),
        (["nets:Net", "--sort", "flop"], "did you mean 'flops'?"),
        (["nets:Net", "-o", "report.jsn"], ".json"),
        (["nets:Net", "-o", "report"], ".json"),
        (["nets:Net", "-o", "absent/report.json"], "there is no directory absent"),
        (["nets:Net", "-o", "folder.json"], "folder.json: it is a directory"),
        (["nets:Net", "--arg", "384"], "--arg 384 does not name an argument"),
        (["nets:Net(planes=1)", "--arg", "planes=2"], "'planes' is given both"),
    ],
)
def test_a_command_line_that_cannot_be_meant_is_a_usage_error(
    run: Run, arguments: list[str], message: str
) -> None:
    Path("folder.json").mkdir()

    done = run("profile", *arguments)

    assert (done.exit_code, done.stdout) == (2, "")
    assert message in done.stderr


@pytest.mark.parametrize(
    ("arguments", "error", "hint"),
    [
        (["nets.Net"], "'nets.Net' does not name a model", "did you mean 'nets:Net'?"),
        (["nets:Nett"], "no 'Nett' in nets", "did you mean 'Net'?"),
        (["netts:Net"], "no module named 'netts'", "did you mean 'nets'?"),
        (["net.py:Net"], "no file net.py", "did you mean 'nets.py'?"),
        (["nets:nn"], "nets:nn is a module, not an nn.Module", "name a class"),
        (["nets:Net(plane=3)"], "Net has no argument 'plane'", "did you mean 'planes'?"),
        (["nets:Net(planes='a')"], "building nets:Net failed: ", "planes is 'a', and its default"),
        (["nets:Net", "--shape", f"{10**20},3"], f"cannot make an input of {10**20}x3", "give it"),
        (["nets:Net", "--shape", "1 3 8"], "cannot read the shape", "did you mean '1,3,8'?"),
        (["nets:Net", "--shape", "1,3", "--dtype", "fp23"], "no dtype 'fp23'", "did you mean 'fp"),
    ],
)
def test_a_target_or_an_input_that_cannot_be_had_ends_with_status_3(
    run: Run, arguments: list[str], error: str, hint: str
) -> None:
    done = run("profile", *arguments)

    assert (done.exit_code, done.stdout) == (3, "")
    first, second = done.stderr.splitlines()
    assert first.startswith(f"Error: {error}")
    assert second.startswith(f"Hint: {hint}")


@pytest.mark.parametrize(
    "arguments", [["profil"], ["profile"], ["profile", "--shpe"], ["profile", "x:y", "--depth=-1"]]
)
def test_a_mistake_in_the_command_line_is_one_line_and_a_hint(arguments: list[str]) -> None:
    result = CliRunner().invoke(main, arguments)
    error, hint = result.stderr.splitlines()
    assert error.startswith("Error: ")
    assert hint.startswith("Hint: ")
    assert (result.exit_code, result.stdout) == (2, "")
