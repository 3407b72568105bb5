"""Open requests to a sweep: counts by law where one holds, else point by point; time by running."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import torch

from flopscope.analysis.sweep.kept import Kept, kept_in
from flopscope.analysis.sweep.rows import Sweep
from flopscope.errors import UsageError
from flopscope.load.symbols import rebuilding, symbols_of
from flopscope.load.target import parse_target
from flopscope.points import Points
from flopscope.progress import Progress, silent
from flopscope.request import OpenRequest
from flopscope.units import many
from flopscope.varying import Varying
from flopscope.version import VERSION


def sweep(
    open_requests: Sequence[OpenRequest],
    figures: Sequence[str],
    progress: Progress = silent,
    *,
    again: bool = False,
) -> tuple[Sweep, list[Kept]]:
    """Count models at all combinations of sizes, and measure them where the requests ask for it.

    Args:
        open_requests: one for each target; every symbol of theirs varies over some sizes.
        figures: the figures that a law must give for a point not to be counted itself.
        progress: told what is being done, in a few words.
        again: forget what an interrupted run has finished.

    Returns:
        The rows, and what to forget once they are written.

    Raises:
        UsageError: a symbol has no sizes.
        FlopscopeError: see its subclasses: what failed and what to do.
    """
    swept = [_points(each, figures, progress, again=again) for each in open_requests]
    rows = tuple(row for points in swept for row in points.rows())
    notes = dict.fromkeys(note for points in swept for note in points.notes)
    return Sweep(tuple(swept[0].sizes), rows, tuple(notes)), [points.kept for points in swept]


def _points(
    open_request: OpenRequest, figures: Sequence[str], progress: Progress, *, again: bool
) -> Points:
    request = open_request.request

    def told(step: str) -> None:
        progress(f"{bar(points.done, len(points))} {step}")

    varying = Varying(open_request, told)
    kept = kept_in(_described(open_request, tuple(figures)))
    if again:
        kept.forget()
    points = Points(
        request.target,
        varying,
        _sizes(open_request),
        rebuilding(open_request),
        figures,
        varying.measured if request.time else None,
        kept,
    )
    if kept.rows:
        finished = f"{many(len(kept.rows), 'point')} of {request.target} finished in a run before"
        points.notes.append(f"{finished}; --again counts them anew")
    return points


def bar(done: int, total: int, cells: int = 20) -> str:
    """How much is done, as a bar of characters and as numbers."""
    filled = cells * done // max(total, 1)
    return f"{'█' * filled}{'░' * (cells - filled)} {done:,}/{total:,}"


def _sizes(open_request: OpenRequest) -> Mapping[str, Sequence[int]]:
    names = [symbol.name for symbol in symbols_of(open_request)]
    missing = [name for name in names if name not in open_request.vary]
    if missing:
        raise UsageError(
            f"no sizes are given for {' and '.join(missing)}",
            hint=f"--vary {missing[0]}=1,8 or --vary {missing[0]}=32..256:32",
        )
    return {name: open_request.vary[name] for name in names}


def _described(open_request: OpenRequest, figures: tuple[str, ...]) -> Mapping[str, object]:
    """All that determines what comes of a sweep, as far as it can be known before it is run."""
    place = Path(parse_target(open_request.request.target).place)
    digest = hashlib.sha256(place.read_bytes()).hexdigest() if place.is_file() else ""
    request = asdict(open_request.request)
    return {
        "request": request,
        "letters": [open_request.batch, open_request.seq],
        "vary": sorted(open_request.vary),
        "figures": figures,
        "file": digest,
        "folder": str(Path.cwd()),
        "versions": [VERSION, torch.__version__],
    }
