"""The help is a manual: complete, and its examples are commands that parse."""

from __future__ import annotations

import re
import shlex

import click
import pytest
from click.testing import CliRunner

import flopscope
from flopscope.cli import COMMANDS, main
from flopscope.cli.help import GROUPS, sections_of

EXAMPLES = [
    (name, line.strip())
    for name in COMMANDS
    for line in (COMMANDS[name].epilog or "").splitlines()
    if line.strip().startswith("flopscope ")
]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_every_command_says_what_it_does(name: str) -> None:
    command = COMMANDS[name]
    options = [option for option in command.params if isinstance(option, click.Option)]

    assert options
    assert [option.name for option in options if not option.help] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_listed_with_a_line_of_its_own(name: str) -> None:
    listing = CliRunner().invoke(main, ["--help"]).stdout

    assert re.search(
        rf"^  {name} +{re.escape(COMMANDS[name].get_short_help_str(80))}$", listing, re.MULTILINE
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_an_example(name: str) -> None:
    assert name in {command for command, _ in EXAMPLES}


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_an_example_in_the_help_is_a_valid_command(name: str, example: str) -> None:
    program, command, *arguments = shlex.split(example.partition(" > ")[0])

    assert (program, command) == ("flopscope", name)
    COMMANDS[name].make_context(name, arguments)


def test_the_help_says_that_a_target_is_run() -> None:
    text = CliRunner().invoke(main, ["profile", "--help"]).stdout

    assert "Naming a target runs its code" in " ".join(text.split())


def test_the_version_is_that_of_the_package() -> None:
    assert CliRunner().invoke(main, ["--version"]).stdout == f"flopscope {flopscope.__version__}\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_is_offered_completion(shell: str) -> None:
    environment = {"_FLOPSCOPE_COMPLETE": f"{shell}_source"}
    done = CliRunner().invoke(main, [], prog_name="flopscope", env=environment)

    assert "flopscope" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["profil", "nets:Net"], "did you mean 'profile'?"),
        (["nets:Net"], "did you mean 'flopscope profile nets:Net'?"),
        (["zzz"], "the commands are: "),
    ],
)
def test_an_unknown_command_is_a_usage_error_with_a_hint(arguments: list[str], hint: str) -> None:
    done = CliRunner().invoke(main, arguments, prog_name="flopscope")

    assert (done.exit_code, done.stdout) == (2, "")
    assert hint in done.stderr


def test_every_row_of_the_headings_is_an_option_of_some_command() -> None:
    rows = [name for names in GROUPS.values() for name in names]
    options = {
        option
        for name in COMMANDS
        for param in COMMANDS[name].get_params(click.Context(COMMANDS[name]))
        for option in param.opts
    }
    assert len(rows) == len(set(rows))
    assert set(rows) <= options


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_stands_below_one_heading(name: str) -> None:
    params = COMMANDS[name].params
    options = [param for param in params if isinstance(param, click.Option)]
    listed = [option for below in sections_of(params).values() for option in below]
    assert sorted(listed, key=id) == sorted(options, key=id)


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_an_option_fits_into_the_terminal(
    name: str, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    text = CliRunner().invoke(main, [name, "--help"], terminal_width=width).stdout
    above = text.partition("  Examples:")[0]
    assert [line for line in above.splitlines() if len(line) > width] == []
