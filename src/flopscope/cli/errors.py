"""What goes wrong as one line, a hint and an exit status, or as a defect to report."""

from __future__ import annotations

import signal
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import IO, TYPE_CHECKING, Any, NoReturn

import click

from flopscope.errors import FlopscopeError, TraceError

if TYPE_CHECKING:
    from flopscope.report.several import Failure

DEFECT_EXIT = 70
"""``EX_SOFTWARE`` of sysexits.h: apart from 1, which is to mean that a check has failed."""

INTERRUPTED_EXIT = 130
"""What a shell reports for a program that SIGINT has ended."""

TERMINATED_EXIT = 143
"""The same of SIGTERM."""


class TerminatedError(KeyboardInterrupt):
    """SIGTERM, as an interrupt: whatever cleans up after one, does so after the other."""


class UsageInALine(click.ClickException):
    """A mistake in the command line, without the usage that click repeats above each."""

    exit_code = click.UsageError.exit_code

    def __init__(self, error: click.UsageError) -> None:
        super().__init__(error.format_message())
        self.command = error.ctx.command_path if error.ctx else "flopscope"

    def show(self, file: IO[Any] | None = None) -> None:
        """Write the mistake and where to read on, one line each."""
        click.echo(f"Error: {self.message}", file=file, err=True)
        click.echo(f"Hint: {self.command} --help shows what can be given", file=file, err=True)


class PartlyFailedError(FlopscopeError):
    """Some of several targets failed; the report of the others names them.

    Args:
        failures: at least one.
        done: how many did not fail.
    """

    def __init__(self, failures: Sequence[Failure], done: int) -> None:
        targets = done + len(failures)
        first = failures[0]
        super().__init__(
            f"{len(failures)} of {targets} targets failed: {first.target}: {first.message}",
            hint=first.hint,
        )
        self.exit_code = max(failure.exit_code for failure in failures)


@contextmanager
def usage_in_a_line() -> Iterator[None]:
    """Replace click's own usage errors, but not the help that it shows where nothing was given."""
    try:
        yield
    except click.UsageError as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # private in some versions of click
            raise
        raise UsageInALine(error) from error


@contextmanager
def interruptible(ctx: click.Context) -> Iterator[None]:
    """Around a command: an interrupt ends it with a line, once everything has been cleaned up.

    So does SIGTERM, which would else end it where it stands.
    """
    try:
        with suppress(ValueError):  # not in the main thread, where nobody gets signals
            if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
                signal.signal(signal.SIGTERM, _terminate)
        yield
    except TerminatedError:
        click.echo("Terminated.", err=True)
        ctx.exit(TERMINATED_EXIT)
    except KeyboardInterrupt:
        click.echo("Interrupted.", err=True)
        ctx.exit(INTERRUPTED_EXIT)


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    del number, frame
    raise TerminatedError


class Command(click.Command):
    """A command with ``--debug`` whose errors end it with a line in place of a traceback."""

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        with usage_in_a_line():
            return super().make_context(*args, **extra)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from flopscope.cli.help import write_options  # noqa: PLC0415 - of no use otherwise

        write_options(self.get_params(ctx), ctx, formatter)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with interruptible(ctx):
                return super().invoke(ctx)
        except FlopscopeError as error:
            if ctx.params["debug"]:
                click.echo(traceback.format_exc(), err=True)
            tell_error(error)
            ctx.exit(error.exit_code)
        except SystemExit as error:
            # Not one of ours: ctx.exit() raises another. The model must not choose our exit status.
            tell_error(_left_early(error))
            ctx.exit(TraceError.exit_code)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except Exception:  # noqa: BLE001 - whatever gets here is a mistake of ours
            click.echo(traceback.format_exc(), err=True)
            click.echo("Error: this is a defect in flopscope", err=True)
            click.echo("Hint: please report it, with all the lines above", err=True)
            ctx.exit(DEFECT_EXIT)


def _left_early(error: SystemExit) -> TraceError:
    from flopscope.blame import location  # noqa: PLC0415 - of no use otherwise

    place = location(error)
    return TraceError(
        f"the model's code called sys.exit({error.code!r})" + (f" ({place})" if place else ""),
        hint="it must return from its forward method to be counted",
    )


def tell_error(error: FlopscopeError) -> None:
    """Write an error and its hint to stderr, one line each."""
    hint = error.hint
    if not hint and error.__cause__ is not None:
        hint = "--debug shows the whole traceback"
    click.echo(f"Error: {error.message}", err=True)
    if hint:
        click.echo(f"Hint: {hint}", err=True)
