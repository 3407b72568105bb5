"""The command line: one file per command, each loaded when it is run."""

from __future__ import annotations

import os
from typing import Any

import click

from flopscope.cli.errors import interruptible, usage_in_a_line
from flopscope.cli.terminal import open_streams
from flopscope.load.importing import loading
from flopscope.registry import Registry
from flopscope.spelling import did_you_mean

COMMANDS: Registry[click.Command] = Registry(
    {
        "profile": "flopscope.cli.profile:command",
        "compare": "flopscope.cli.compare:command",
        "diff": "flopscope.cli.diff:command",
        "check": "flopscope.cli.check:command",
        "merge": "flopscope.cli.merge:command",
        "device": "flopscope.cli.device:command",
        "machines": "flopscope.cli.machines:command",
        "formula": "flopscope.cli.formula:command",
        "sweep": "flopscope.cli.sweep:command",
        "solve": "flopscope.cli.solve:command",
        "predict": "flopscope.cli.predict:command",
        "calibrate": "flopscope.cli.calibrate:command",
        "llm": "flopscope.cli.llm:command",
        "train-plan": "flopscope.cli.train_plan:command",
        "completion": "flopscope.cli.completion:command",
    }
)
"""In the order of the help: the main ones first, and side by side what belongs together."""

EPILOG = """\b
Examples:
  What a class of yours costs, and how long it takes here:
    flopscope profile mypkg:Net --shape 1,3,224,224
  A model that a library knows by name, counted alone:
    flopscope profile torchvision:resnet50 --no-time
  All about a command, with examples:
    flopscope profile --help

\b
Exit status:
  0    done
  1    a budget is broken, or a file could not be written
  2    the command line makes no sense
  3    the model could not be imported, built or run, or its input not read
  4    the count is incomplete, and --strict was given
  70   a defect in flopscope
  130  interrupted
  143  terminated
"""


COMPLETING = "_FLOPSCOPE_COMPLETE"
"""The variable of the environment in which a shell asks for completion."""


class LazyGroup(click.Group):
    """The commands of :data:`COMMANDS`, none of which is imported before it is asked for."""

    def main(self, *args: Any, **extra: Any) -> Any:
        if COMPLETING not in os.environ:
            return super().main(*args, **extra)
        from flopscope.cli.shells import offer_ours  # noqa: PLC0415 - of no use otherwise

        offer_ours()
        with loading():  # a key was pressed: nothing waits for garbage to be collected
            return super().main(*args, **extra)

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        with usage_in_a_line():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        with usage_in_a_line(), interruptible(ctx):
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        return COMMANDS.get(cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name in COMMANDS or name.startswith("-") or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        meant = did_you_mean(name, COMMANDS)
        if ":" in name:
            meant = f"did you mean '{ctx.command_path} profile {name}'?"
        listed = meant or f"the commands are: {', '.join(sorted(COMMANDS))}"
        raise click.UsageError(f"no command '{name}': {listed}", ctx)


def _print_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from flopscope.version import VERSION  # noqa: PLC0415 - reading it takes time

        click.echo(f"flopscope {VERSION}")
        ctx.exit()


@click.group(
    cls=LazyGroup,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version and exit.",
)
def main() -> None:
    """See what a PyTorch model costs: MACs, FLOPs, parameters, memory traffic and time.

    Counting needs shapes, not numbers: no weights are allocated and no arithmetic is done, so that
    models of any size are counted in seconds.
    """
    open_streams()
