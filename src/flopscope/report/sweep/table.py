"""A sweep as a table in text, a line for each point."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from flopscope.analysis.sweep.rows import Row, Sweep
from flopscope.report.characters import printable, to_ascii
from flopscope.report.fitting import GAP, align
from flopscope.report.formula.facts import facts
from flopscope.report.sweep import SweepView
from flopscope.report.sweep.columns import columns_of
from flopscope.units import many

BEST = "*"


def render(sweep: Sweep, view: SweepView) -> str:
    """The points in order, a mark at those that no other one beats, and what to know of them."""
    spell = to_ascii if view.ascii else printable
    lines = [*_table(sweep, view), "", *facts(list(_below(sweep, view)), view.width)]
    return "\n".join(spell(line).rstrip() for line in lines).rstrip()


def _table(sweep: Sweep, view: SweepView) -> Iterator[str]:
    words, numbers = [], []
    if len(sweep.targets) > 1:
        words.append(("Target", [row.target for row in sweep.rows]))
    numbers += [(name, [f"{row.sizes[name]:,}" for row in sweep.rows]) for name in sweep.symbols]
    numbers += [(each.title, [each.cell(row) for row in sweep.rows]) for each in columns_of(view)]
    padded = [_left(title, cells) for title, cells in words]
    padded += [_right(title, align(cells)) for title, cells in numbers]
    if view.best is not None:
        marks = [BEST if place in view.best else "" for place in range(len(sweep.rows))]
        padded.append(_left("Best", marks))
    lines = [(" " * GAP).join(cells) for cells in zip(*padded, strict=True)]
    yield lines[0]
    yield "─" * len(lines[0])
    for line, row in zip(lines[1:], sweep.rows, strict=True):
        yield f"{line}{' ' * GAP}{row.message}" if row.message else line


def _left(title: str, cells: list[str]) -> list[str]:
    width = max(map(len, (title, *cells)))
    return [text.ljust(width) for text in (title, *cells)]


def _right(title: str, cells: list[str]) -> list[str]:
    width = max(map(len, (title, *cells)))
    return [text.rjust(width) for text in (title, *cells)]


def _below(sweep: Sweep, view: SweepView) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield "counted", (_origins(sweep.rows),)
    errors = [row.error for row in sweep.rows if row.error is not None]
    if errors:
        yield "time", (f"medians, at 95% within {max(errors):.0%} of the true ones at worst",)
    if view.best is not None:
        yield "best", (f"{BEST} no other point is as good in all that was asked for",)
    if sweep.notes:
        yield "notes" if len(sweep.notes) > 1 else "note", sweep.notes


def _origins(rows: tuple[Row, ...]) -> str:
    found = Counter(row.origin for row in rows)
    parts = []
    if found["law"]:
        parts.append(
            f"{many(found['law'], 'point')} by an exact law, which was held against counts, the"
            " ends among them"
        )
    if found["count"]:
        parts.append(f"{many(found['count'], 'point')} one by one")
    if found["refused"]:
        parts.append(f"{many(found['refused'], 'point')} refused by the model")
    return ", ".join(parts)
