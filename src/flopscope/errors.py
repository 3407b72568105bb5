"""What can go wrong and is no bug in flopscope: what failed, what to do, and the exit code."""

from __future__ import annotations


class FlopscopeError(Exception):
    """An error to show the user as one line and a hint, without a traceback.

    Attributes:
        message: what failed, in one line.
        hint: what to do about it, or "" where there is nothing useful to say.
        exit_code: the process exit status the command line ends with.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(FlopscopeError):
    """An option's value that cannot be meant (exit 2)."""

    exit_code = 2


class TargetError(FlopscopeError):
    """The model could not be imported or built (exit 3)."""

    exit_code = 3


class InputError(FlopscopeError):
    """The inputs could not be parsed, or the model refused them (exit 3)."""

    exit_code = 3


class TraceError(FlopscopeError):
    """The forward pass failed (exit 3)."""

    exit_code = 3


class MeasureError(FlopscopeError):
    """What was to be measured did not happen."""


class NeedsValuesError(TraceError):
    """The program asked for values that a trace without values can neither know nor assume."""


class IncompleteCountError(FlopscopeError):
    """Some operator has no formula and ``--strict`` was asked for (exit 4)."""

    exit_code = 4
