"""The reference of the command line is what ``--help`` says, as a page.

Run as a script, it writes the page anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import click

from flopscope.cli import COMMANDS, EPILOG, main
from flopscope.cli.help import sections_of

PAGE = Path(__file__).parent.parent / "docs" / "cli.md"

INTRODUCTION = """\
# Command line

What `--help` says of each command. `flopscope completion bash` (`zsh`, `fish`) prints the script
that completes all of it in a shell: commands, options, and what they take.
`python tests/test_cli_reference.py` writes this page.

"""


def page() -> str:
    """The whole page."""
    root = main.make_context("flopscope", [], resilient_parsing=True)
    rows = (
        f"| [`flopscope {name}`](#flopscope-{name}) | {COMMANDS[name].get_short_help_str(200)} |\n"
        for name in COMMANDS
    )
    commands = f"| command | does |\n|---|---|\n{''.join(rows)}\n"
    status = "".join(_status(EPILOG))
    return INTRODUCTION + commands + status + "\n".join(_command(name, root) for name in COMMANDS)


def _status(epilog: str) -> Iterator[str]:
    yield "| exit status | |\n|--:|---|\n"
    for code, meaning in re.findall(r"^  (\d+) +(.+)$", epilog, re.MULTILINE):
        yield f"| {code} | {_text(meaning)} |\n"
    yield "\n"


def _command(name: str, root: click.Context) -> str:
    command = COMMANDS[name]
    ctx = click.Context(command, info_name=name, parent=root)
    usage = " ".join([ctx.command_path, *command.collect_usage_pieces(ctx)])
    parts = [f"## flopscope {name}\n", f"```text\n{usage}\n```\n"]
    parts += [f"{_text(each)}\n" for each in dedent(command.help or "").strip().split("\n\n")]
    for heading, options in sections_of(command.params).items():
        records = (option.get_help_record(ctx) for option in options)
        rows = (f"- `{left}`  \n  {_text(right)}\n" for left, right in filter(None, records))
        parts.append(f"**{heading}**\n\n{''.join(rows)}")
    parts += [_below(each) for each in (command.epilog or "").split("\b\n") if each.strip()]
    return "\n".join(parts)


def _below(text: str) -> str:
    """A part of what stands below the options: examples, or words."""
    if not text.startswith("Examples:"):
        return f"{_text(text.strip())}\n"
    lines = dedent(text.partition("\n")[2]).rstrip().splitlines()
    block = "\n".join(line.strip() if line.startswith(" ") else f"# {line}" for line in lines)
    return f"**Examples**\n\n```sh\n{block}\n```\n"


def _text(help_text: str) -> str:
    """A text of the help as Markdown: nothing in it is markup but options, which are code."""
    joined = " ".join(help_text.split())
    escaped = re.sub(r"([*_>\[\]])", r"\\\1", joined).replace("<", "&lt;")
    return re.sub(r"(?<![\w-])--[a-z][a-z-]*", r"`\g<0>`", escaped)


def test_the_page_is_what_the_help_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python tests/test_cli_reference.py"


def test_every_command_and_option_is_on_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for name in COMMANDS:
        section = text.partition(f"\n## flopscope {name}\n")[2].partition("\n## ")[0]
        for param in COMMANDS[name].params:
            if isinstance(param, click.Option):
                assert f"{max(param.opts, key=len)}" in section


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
