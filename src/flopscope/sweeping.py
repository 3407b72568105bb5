"""Open requests to a sweep: counts by law where one holds, else point by point; time by running."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import torch

from flopscope.analysis.formula.derive import derive
from flopscope.analysis.formula.figures import Figures, figures_of
from flopscope.analysis.formula.law import Laws
from flopscope.analysis.formula.samples import REFUSALS, Point, Samples, TooManyPointsError
from flopscope.analysis.sweep.kept import Kept, kept_in
from flopscope.analysis.sweep.plan import MANY_POINTS, Parts, parts_of
from flopscope.analysis.sweep.rows import Row, Sweep, counted_figures, lawful_figures, points_of
from flopscope.errors import InputError, UsageError
from flopscope.load.symbols import rebuilding, symbols_of
from flopscope.load.target import parse_target
from flopscope.measurements import median_error
from flopscope.opening import Progress, unheard
from flopscope.request import OpenRequest
from flopscope.tree import profile
from flopscope.units import many
from flopscope.varying import Varying, asked_about
from flopscope.version import VERSION


def sweep(
    open_requests: Sequence[OpenRequest],
    figures: Sequence[str],
    progress: Progress = unheard,
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
    targets = [_Target(each, tuple(figures), progress, again=again) for each in open_requests]
    rows = [row for target in targets for row in target.rows()]
    notes = dict.fromkeys(note for target in targets for note in target.notes)
    found = Sweep(tuple(targets[0].sizes), tuple(rows), tuple(notes))
    return found, [target.kept for target in targets]


class _Target:
    """The rows of one target."""

    def __init__(
        self,
        open_request: OpenRequest,
        figures: tuple[str, ...],
        progress: Progress,
        *,
        again: bool,
    ) -> None:
        self.open_request = open_request
        self.figures = figures
        self.progress = progress
        self.sizes = _sizes(open_request)
        self.done = 0
        self.notes: list[str] = []
        self.varying = Varying(open_request, self._counting)
        self.kept = kept_in(_described(open_request, figures))
        if again:
            self.kept.forget()
        if self.kept.rows:
            self.notes.append(
                f"{many(len(self.kept.rows), 'point')} of {open_request.request.target} finished in"
                " a run before; --again counts them anew"
            )

    def rows(self) -> Iterator[Row]:
        parts = parts_of(self.sizes, rebuilding(self.open_request))
        found: dict[tuple[int, ...], Row] = {}
        for outer in points_of(parts.outer):
            points: list[Point] = [{**outer, **each} for each in points_of(parts.inner)]
            missing = [point for point in points if point not in self.kept]
            laws = self._laws(outer, parts) if len(missing) > MANY_POINTS else None
            if laws is not None:
                by_law = (self._by_law(point, laws) for point in missing)
                self.kept.add(*(row for row in by_law if row is not None))
            for point in points:
                if point not in self.kept:
                    self.kept.add(self._counted(point))
                found[tuple(point[name] for name in self.sizes)] = self.kept.row(point)
                self.done += 1
        for place in points_of(self.sizes):
            yield found[tuple(place.values())]

    def _by_law(self, point: Point, laws: Laws) -> Row | None:
        inside = {name: point[name] for name in laws.symbols}
        if inside not in laws:
            return None
        figures = lawful_figures(laws, inside)
        if any(figure not in figures for figure in self.figures):
            return None
        return Row(self.open_request.request.target, point, "law", figures)

    def _counted(self, point: Point) -> Row:
        target = self.open_request.request.target
        try:
            trace = self.varying.trace(point)
        except REFUSALS as error:
            return Row(target, point, "refused", message=error.message)
        counted = profile(trace)
        figures = counted_figures(figures_of(counted, trace.inputs.values()))
        if not self.open_request.request.time:
            return Row(target, point, "count", figures)
        outcome = self.varying.measured(point, counted, trace)
        self.notes += [note for note in outcome.notes if note not in self.notes]
        if outcome.timing is None:
            return Row(target, point, "count", figures, message="; ".join(outcome.notes))
        if outcome.timing.is_interrupted:
            raise KeyboardInterrupt
        seconds = outcome.timing.seconds
        return Row(
            target,
            point,
            "count",
            figures,
            outcome.timing.median_seconds,
            median_error(seconds),
        )

    def _laws(self, outer: Point, parts: Parts) -> Laws | None:
        """Laws of the sizes that a law may cover, or None where they are not worth their points."""
        if self.open_request.request.time or not parts.inner:
            return None
        asked = [
            asked_about(symbol, tuple(parts.inner[symbol.name]))
            for symbol in self.varying.symbols
            if symbol.name in parts.inner
        ]

        def count(sizes: Point) -> Figures:
            return self.varying.figures({**outer, **sizes})

        samples = Samples(count, most=parts.inner_points // 2 + MANY_POINTS)
        one_by_one = f"{self.open_request.request.target}: every point was counted"
        try:
            laws = derive(samples, asked)
        except (InputError, TooManyPointsError) as error:
            self.notes.append(f"{one_by_one}, for want of a law: {error.message}")
            return None
        lacking = [name for name in self.figures if name not in lawful_figures(laws, laws.base)]
        if lacking:
            self.notes.append(f"{one_by_one}, for want of a law of {', '.join(lacking)}")
        return laws

    def _counting(self, step: str) -> None:
        total = math.prod(map(len, self.sizes.values()))
        self.progress(f"{bar(self.done, total)} {step}")


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
