"""A model at many sizes: an open request to its laws, each count made of the same built model."""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn

from flopscope.analysis.formula.ends import Asked
from flopscope.at_sizes import AtSizes, spaced
from flopscope.errors import InputError
from flopscope.load.symbols import Role, Symbol, closed, symbols_of
from flopscope.opening import Opened, opened
from flopscope.progress import Progress, silent
from flopscope.records import Trace
from flopscope.report.formula import ClosedForm
from flopscope.request import OpenRequest, Request
from flopscope.running import Outcome, Runnable, run
from flopscope.targeting import counted_again
from flopscope.tree import Profile


class Varying(AtSizes):
    """Counts a model at any sizes of the symbols of a request.

    The model is built once, or once for each of the constructor's arguments that vary.

    Attributes:
        symbols: what sizes are asked for.
        counts: how many points were counted.
    """

    def __init__(self, open_request: OpenRequest, progress: Progress = silent) -> None:
        self.symbols = symbols_of(open_request)
        self.counts = 0
        self._open_request = open_request
        self._progress = progress
        self._built: tuple[tuple[str, ...], Opened] | None = None
        self._real: nn.Module | None = None
        self._inputs: tuple[str, ...] | None = None

    def trace(self, sizes: Mapping[str, int]) -> Trace:
        request = closed(self._open_request, sizes)
        target = self._opened(request)
        named = ", ".join(f"{name} = {size:,}" for name, size in sizes.items())
        self._progress(f"counting {target.spec.path} at {named} ({self.counts} points before)")
        found = counted_again(target, request)
        self.counts += 1
        if self._inputs is None:
            self._inputs = tuple(found.inputs)
        if tuple(found.inputs) != self._inputs:
            raise InputError(f"the model takes other inputs there: {', '.join(found.inputs)}")
        return found

    def measured(self, sizes: Mapping[str, int], counted: Profile, found: Trace) -> Outcome:
        """The time at sizes that were counted last, by running the model with its weights."""
        target = self._opened(closed(self._open_request, sizes))
        mode, device = target.plan.mode, target.plan.device

        def runnable() -> Runnable:
            if self._real is None:
                self._progress(f"building {target.spec.path} with its weights")
                self._real = mode.prepared(target.source.build()).to(device)
            args, kwargs = mode.laid_out(target.chosen[-1].on(device))
            return self._real, args, kwargs

        return run(target.plan, counted, found, runnable)

    def notes(self) -> tuple[str, ...]:
        if self._built is None:
            return ()
        target = self._built[1]
        return (*target.subject.notes, *target.chosen[-1].notes, *target.plan.mode.notes())

    def _opened(self, request: Request) -> Opened:
        if self._built is None or self._built[0] != request.arguments:
            self._real = None
            self._built = request.arguments, opened(request, self._progress)
        return self._built[1]


USUAL: Mapping[Role, int] = {"samples": 8, "side": 448, "size": 64, "parameter": 8}
"""The sizes to begin with where none are asked about."""

MOST: Mapping[Role, int] = {"samples": 256, "side": 4096, "size": 4096, "parameter": 64}
"""The largest ones that are tried then."""


def closed_form(open_request: OpenRequest, progress: Progress = silent) -> ClosedForm:
    """The laws of what a request asks for in its open sizes.

    Raises:
        UsageError: it has none.
        InputError: the model takes none that were tried.
        FlopscopeError: see its subclasses: what failed and what to do.
    """
    varying = Varying(open_request, progress)
    given = open_request.request.inputs
    asked = (asked_about(symbol, open_request.vary.get(symbol.name)) for symbol in varying.symbols)
    return varying.closed_form(
        asked,
        open_request.request.target,
        (*given.shapes, *given.structures),
        open_request.request.module,
    )


def asked_about(symbol: Symbol, sizes: tuple[int, ...] | None) -> Asked:
    """What is asked about a symbol that varies over some sizes, or over any."""
    if sizes is None:
        return Asked(symbol.name, None, USUAL[symbol.role], MOST[symbol.role])
    return Asked(symbol.name, spaced(sizes))
