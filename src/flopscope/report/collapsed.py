"""A report as collapsed stacks: a line for each module, those that it is in, and its own weight.

The format of Brendan Gregg's FlameGraph (stackcollapse-*.pl), which speedscope, inferno and others
read too: frames between semicolons, a blank and a whole number.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flopscope.report.characters import spelling
from flopscope.report.unit import SECONDS
from flopscope.report.weights import frame, stacks, weight_of

if TYPE_CHECKING:
    from flopscope.report import Report, View
    from flopscope.report.several import Several

NANOSECONDS = 1e9
"""In a second: what time is given in, as weights are whole numbers."""


def render(report: Report, view: View) -> str:
    """The stacks by the view's weight, FLOPs by default; time in nanoseconds.

    Raises:
        FlopscopeError: the report has no figures of the weight.
    """
    return "\n".join(_lines(report, view, ()))


def render_several(several: Several, view: View) -> str:
    """The stacks of all models, each below its target's name."""
    return "\n".join(
        line for report in several.reports for line in _lines(report, view, (report.target,))
    )


def _lines(report: Report, view: View, above: tuple[str, ...]) -> Iterator[str]:
    weight, spell = weight_of(report, view), spelling(view)
    scale = NANOSECONDS if weight.unit is SECONDS else 1
    for stack, own in stacks(report, weight):
        frames = (spell(name).replace(";", ",") for name in (*above, *map(frame, stack)))
        yield f"{';'.join(frames)} {round(own * scale)}"
