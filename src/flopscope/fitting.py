"""A report with the batch that fits into some memory: the model counted on several sizes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from flopscope.analysis.fitting import Fit, Way, largest_that_fits, repeated_blocks
from flopscope.errors import TraceError
from flopscope.progress import Progress
from flopscope.report import Report
from flopscope.report.sizes import memory_of
from flopscope.request import Request
from flopscope.targeting import profile_target


def with_fit(report: Report, request: Request, limit_nbytes: int, progress: Progress) -> Report:
    """The same report, and which batch fits into so many bytes.

    A training step is tried with its repeated blocks checkpointed, too, unless the request says
    what is checkpointed.

    Args:
        report: of the request.
        request: names the model, its inputs and how it is trained.
        limit_nbytes: what it may take in all.
        progress: told which size is tried.

    Raises:
        InputError: what it takes does not depend on the batch.
        FlopscopeError: the model refuses batches.
    """
    ways = (
        _way(replace(request, checkpoint=checkpoint), limit_nbytes, progress)
        for checkpoint in _checkpoints(report, request)
    )
    return replace(report, fit=Fit(limit_nbytes, tuple(ways)))


def _checkpoints(report: Report, request: Request) -> Iterator[tuple[str, ...]]:
    yield request.checkpoint
    if report.training is not None and not request.checkpoint:
        blocks = repeated_blocks(report.profile.root, report.training.step.saved)
        if blocks:
            yield blocks


def _way(request: Request, limit_nbytes: int, progress: Progress) -> Way:
    def nbytes_of(batch: int) -> int:
        progress(f"counting {request.target} on a batch of {batch:,}")
        inputs = replace(request.inputs, batch=batch)
        tried = replace(request, inputs=inputs, time=False, counters=())
        memory = memory_of(profile_target(tried))
        return 0 if memory is None else memory.total

    smallest = 1
    try:
        nbytes_of(smallest)
    except TraceError:
        smallest = 2  # as where batch norm is left with one value for each channel
    batch, nbytes = largest_that_fits(nbytes_of, limit_nbytes, smallest)
    return Way(request.checkpoint, batch, nbytes)
