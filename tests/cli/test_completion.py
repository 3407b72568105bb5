"""A shell completes a command line as its user would go on typing it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from flopscope.cli import main
from flopscope.cli.shells import SHELLS
from tests.cli.conftest import Run

BREAKS = " \t\n\"'@><=;|&(:"
"""Where bash breaks words, as it comes."""

PROGRAM = f"#!{sys.executable}\nfrom flopscope.cli import main\nmain(prog_name='flopscope')\n"


def offered(line: str, shell: str = "bash", breaks: str = BREAKS) -> list[str]:
    """What is answered to a shell whose cursor is at the end of a line."""
    environment = {
        "_FLOPSCOPE_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": line,
        "COMP_WORDBREAKS": breaks,
    }
    done = CliRunner().invoke(main, [], prog_name="flopscope", env=environment)
    assert done.exit_code == 0
    return [line for line in done.stdout.splitlines() if line]


@pytest.mark.parametrize(
    ("line", "offers"),
    [
        ("flopscope comp", ["plain,compare", "plain,completion"]),
        ("flopscope completion z", ["plain,zsh"]),
        ("flopscope profile nets", ["more,nets:"]),
        ("flopscope profile nets:", ["plain,Net"]),
        ("flopscope profile 'nets:", ["plain,nets:Net"]),
        ('flopscope profile nets:Net "nets:N', ["plain,nets:Net"]),
        ("CUDA_VISIBLE_DEVICES= flopscope profile nets:N", ["plain,Net"]),
        ("flopscope profile nets:Net --no-t", ["plain,--no-time"]),
        ("flopscope profile nets:Net --format sp", ["plain,speedscope"]),
        ("flopscope profile nets:Net --format=sp", ["plain,speedscope"]),
        ("flopscope profile nets:Net --counter thop --counter fv", ["plain,fvcore"]),
        ("flopscope profile nets:Net --columns macs,para", ["plain,macs,params"]),
        ("flopscope profile nets:Net --columns params,para", []),
        ("flopscope profile nets:Net --device cu", ["plain,cuda", "plain,cuda:0"]),
        ("flopscope profile nets:Net --dtype bf", ["plain,bf16", "plain,bfloat16"]),
        ("flopscope profile nets:Net --assume nm", ["more,nms="]),
        ("flopscope profile nets:Net -o ", ["file,"]),
        ("flopscope sweep nets:Net --pareto flops,-par", ["plain,flops,-params"]),
        ("flopscope llm nets:Net --device '8x l40", ["plain,8x L40", "plain,8x L40S"]),
        ("flopscope llm nets:Net --device RTX\\ 4090", ["plain,RTX\\ 4090"]),
        ("flopscope llm nets:Net --weights mxfp4", ["plain,mxfp4"]),
        ("flopscope check res", ["plain,resnet"]),
    ],
)
def test_a_line_goes_on_as(line: str, offers: list[str], project: Path) -> None:
    (project / "flopscope.toml").write_text(
        '[budgets.resnet]\ntarget = "nets:Net"\nshape = "1,3,8,8"\nmacs = "4G"\n'
    )
    assert offered(line) == offers


def test_where_bash_breaks_no_word_at_a_colon_the_whole_word_is_answered() -> None:
    assert offered("flopscope profile nets:N", breaks=" ") == ["plain,nets:Net"]


def test_zsh_and_fish_show_what_an_option_does() -> None:
    assert offered("flopscope profile --no-ti", "zsh") == [
        "plain\t--no-time\tCount, don't measure."
    ]
    assert offered("flopscope profile --no-ti", "fish") == [
        "plain,--no-time\tCount, don't measure."
    ]


def test_a_side_of_a_difference_is_a_target_a_branch_of_it_or_a_report(project: Path) -> None:
    (project / "before.json").touch()
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.c"]
    subprocess.run([*git, "init", "--quiet", "--initial-branch", "trunk"], check=True)
    subprocess.run([*git, "commit", "--quiet", "--allow-empty", "-m", "first"], check=True)
    assert offered("flopscope diff bef", breaks=" ") == ["plain,before.json"]
    assert offered("flopscope diff nets:Net@", breaks=" ") == ["plain,nets:Net@trunk"]


def test_every_shell_gets_its_script(run: Run) -> None:
    for shell in SHELLS:
        script = run("completion", shell).stdout
        assert f"_FLOPSCOPE_COMPLETE={shell}_complete" in script


@pytest.fixture
def on_the_path(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program ``flopscope`` that a shell finds."""
    program = project / "bin" / "flopscope"
    program.parent.mkdir()
    program.write_text(PROGRAM)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")


def in_shell(shell: str, script: str) -> str:
    """What a script prints in a shell that reads none of its user's settings."""
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here")
    plain = {"bash": "--norc", "zsh": "--no-rcs", "fish": "--no-config"}[shell]
    done = subprocess.run(
        [shell, plain, "-c", script], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stderr == ""
    return done.stdout


@pytest.mark.usefixtures("on_the_path")
def test_bash_completes_a_target() -> None:
    line = "flopscope profile nets:N"
    script = f"""
        eval "$(flopscope completion bash)"
        COMP_LINE="{line} --no-time" COMP_POINT={len(line)}
        _flopscope_completion flopscope
        printf '%s\\n' "${{COMPREPLY[@]}}"
        complete -p flopscope
    """
    assert in_shell("bash", script) == "Net\ncomplete -F _flopscope_completion flopscope\n"


@pytest.mark.usefixtures("on_the_path")
def test_fish_completes_a_target() -> None:
    script = "flopscope completion fish | source; complete -C 'flopscope profile nets:N'"
    assert in_shell("fish", script) == "nets:Net\n"


@pytest.mark.usefixtures("on_the_path")
def test_zsh_completes_a_target() -> None:
    """The parts of its completion that need a terminal are replaced by one that prints."""
    script = """
        compdef() { :; }
        compadd() { print -r -- "$@" "=" $plain; }
        eval "$(flopscope completion zsh)"
        words=(flopscope profile nets:N) CURRENT=3 PREFIX=nets:N
        _flopscope_completion
    """
    assert in_shell("zsh", script) == "-V values -a plain = nets:Net\n"
