"""Requests to reports, whatever becomes of one of several."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from flopscope.cli.errors import INTERRUPTED_EXIT
from flopscope.cli.terminal import loading_torch, stdout_reserved
from flopscope.errors import FlopscopeError
from flopscope.load.importing import loading
from flopscope.progress import Progress
from flopscope.report import Report
from flopscope.report.several import Failure, Several
from flopscope.request import Request


def is_interrupted(report: Report) -> bool:
    """Whether measuring was ended early: the report is shown, and then the command ends so."""
    return report.timing is not None and report.timing.is_interrupted


def several_of(requests: Sequence[Request], progress: Progress) -> Several:
    """What comes of every target, whatever becomes of the others.

    Raises:
        FlopscopeError: nothing comes of any of them.
    """
    return Several(*each_of(requests, lambda request: report_of(request, progress), is_interrupted))


R = TypeVar("R")


def each_of(
    requests: Sequence[Request],
    make: Callable[[Request], R],
    is_last: Callable[[R], bool] = lambda _: False,
) -> tuple[tuple[R, ...], tuple[Failure, ...]]:
    """What is made of every request, and what failed of them.

    Args:
        requests: in order.
        make: makes something of one.
        is_last: whether what was made is where to end.

    Raises:
        FlopscopeError: nothing comes of any of them.
    """
    made, failures, errors = [], [], []
    for request in requests:
        try:
            made.append(make(request))
        except FlopscopeError as error:
            errors.append(error)
            failures.append(Failure(request.target, error.message, error.hint, error.exit_code))
        except KeyboardInterrupt:
            if not made:
                raise
            failures.append(Failure(request.target, "interrupted", "", INTERRUPTED_EXIT))
            break
        if made and is_last(made[-1]):
            break
    if not made:
        raise errors[0]
    return tuple(made), tuple(failures)


def report_of(request: Request, progress: Progress) -> Report:
    """The report that a request asks for.

    Raises:
        FlopscopeError: see its subclasses.
    """
    with stdout_reserved():
        with loading_torch(progress):
            from flopscope.targeting import profile_target  # noqa: PLC0415 - see loading_torch

        return profile_target(request, progress)


def fitted(report: Report, request: Request, limit_nbytes: int, progress: Progress) -> Report:
    """The same report, with the batch that fits into so many bytes.

    Raises:
        FlopscopeError: see its subclasses.
    """
    with stdout_reserved(), loading():
        from flopscope.fitting import with_fit  # noqa: PLC0415 - as above

        return with_fit(report, request, limit_nbytes, progress)
