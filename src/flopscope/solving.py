"""The largest size of a model that keeps within budgets: an open request to an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from flopscope.analysis.formula.budget import FARTHEST, Answer, Budget, largest_within
from flopscope.analysis.formula.derive import derive
from flopscope.analysis.formula.ends import Asked
from flopscope.analysis.formula.lattice import Lattice
from flopscope.analysis.formula.law import Laws
from flopscope.analysis.formula.samples import Line, Samples
from flopscope.at_sizes import AtSizes
from flopscope.errors import InputError, UsageError
from flopscope.progress import Progress, silent
from flopscope.request import OpenRequest
from flopscope.varying import Varying, asked_about

FEW_CHECKS = 2
"""Points by lot: the answer itself is counted."""


def solve(
    open_request: OpenRequest,
    symbol: str | None,
    budgets: Sequence[Budget],
    progress: Progress = silent,
) -> Answer:
    """The largest size of a symbol for which a model keeps within budgets.

    Args:
        open_request: every other symbol varies over one size.
        symbol: its name, or None where it is the only one.
        budgets: at least one.
        progress: told what is being done, in a few words.

    Raises:
        UsageError: it is not clear what is asked for.
        InputError: the model takes none of the sizes.
        FlopscopeError: see its subclasses: what failed and what to do.
    """
    varying = Varying(open_request, progress)
    fixed = {name: sizes[0] for name, sizes in open_request.vary.items() if len(sizes) == 1}
    free = [each for each in varying.symbols if each.name not in fixed]
    chosen = next((each for each in free if each.name == (symbol or free[0].name)), None)
    if chosen is None or len(free) > 1:
        names = ", ".join(each.name for each in varying.symbols)
        raise UsageError(
            f"one symbol is to be found of {names}, and the others need a size",
            hint="--for R --vary B=1",
        )
    asked = asked_about(chosen, open_request.vary.get(chosen.name))
    return solved(varying, asked, fixed, budgets)


def solved(
    at_sizes: AtSizes, asked: Asked, fixed: Mapping[str, int], budgets: Sequence[Budget]
) -> Answer:
    """The largest of the sizes asked about, where the other symbols have fixed ones."""
    samples = Samples(lambda sizes: at_sizes.figures({**fixed, **sizes}))
    try:
        laws: Laws | None = derive(samples, [asked], FEW_CHECKS)
    except InputError:
        if asked.sizes is None:
            raise
        laws = None
    line = Line(samples, {}, asked.symbol)
    return largest_within(line, _choice(laws, asked), laws, budgets)


def _choice(laws: Laws | None, asked: Asked) -> Lattice:
    """The sizes to choose from: those that were asked about, or those of the law and beyond."""
    if asked.sizes is not None:
        return asked.sizes
    assert laws is not None
    (found,) = laws.ranges
    highest = {
        "tried": max(FARTHEST, found.high.size),
        "law": asked.most,
        "refused": found.high.beyond,
    }
    return replace(found.lattice, high=highest.get(found.high.because) or found.high.size)
