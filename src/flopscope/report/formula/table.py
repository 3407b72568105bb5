"""Laws of cost as text: totals, where they hold, what grows, and a line for each module."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flopscope.analysis.formula.figures import OF_COSTS, PEAK
from flopscope.analysis.formula.polynomial import Polynomial, total
from flopscope.report import View
from flopscope.report.characters import spelling
from flopscope.report.fitting import GAP
from flopscope.report.formula import ClosedForm
from flopscope.report.formula.expression import ASCII, PLAIN, Style, expression
from flopscope.report.formula.facts import facts
from flopscope.report.formula.words import (
    MEANINGS,
    TITLES,
    but_for,
    conditions,
    growth_lines,
    missing,
    short,
)
from flopscope.report.rows import Row, row_of

NO_LAW = "no law"


def render(form: ClosedForm, view: View) -> str:
    """A heading and the totals, then modules and operators with the view's columns as figures."""
    spell = spelling(view)
    style = ASCII if view.ascii else PLAIN
    lines = [
        f"{form.target} {form.module}".rstrip(),
        *facts([("input", form.inputs), ("holds", tuple(conditions(form.laws)))], view.width),
        "",
        *facts(list(_totals(form, style)), view.width),
        "",
        *_table(form, view, style),
        "",
        *facts(list(_below(form, style)), view.width),
    ]
    return "\n".join(spell(line).rstrip() for line in lines).rstrip()


def _totals(form: ClosedForm, style: Style) -> Iterator[tuple[str, tuple[str, ...]]]:
    for figure in form.figures:
        law = form.total(figure)
        if law is None:
            rest = but_for(form, figure, style) if figure in OF_COSTS else ""
            yield TITLES[figure], (missing(form, figure), *([rest] if rest else []))
            continue
        meaning = f"  ({MEANINGS[figure]})" if figure in MEANINGS else ""
        yield TITLES[figure], (expression(law, style) + meaning,)
    if form.profile.peak is not None:
        yield TITLES[PEAK.figure], (_peak(form, style),)


def _peak(form: ClosedForm, style: Style) -> str:
    if not form.laws.peak:
        return missing(form, PEAK.figure)
    moments = [expression(law, style) for law in form.laws.peak]
    text = moments[0] if len(moments) == 1 else f"the largest of {', '.join(moments)}"
    return f"{text}  ({MEANINGS[PEAK.figure]})"


def _below(form: ClosedForm, style: Style) -> Iterator[tuple[str, tuple[str, ...]]]:
    lines = tuple(growth_lines(form, style))
    if lines:
        yield "growth", lines
    if form.profile.uncounted:
        names = ", ".join(entry.op for entry in form.profile.uncounted)
        yield "coverage", (f"NOT counted: {names}. The laws of MACs and FLOPs are lower bounds",)
    assumed = dict.fromkeys(f"{each.name}: {each.value} ({each.op})" for each in form.assumptions)
    if assumed:
        yield "assumed", tuple(assumed)
    if form.notes:
        yield "notes" if len(form.notes) > 1 else "note", form.notes


def _table(form: ClosedForm, view: View, style: Style) -> Iterator[str]:
    figures = view.columns or ("macs",)
    rows = [("Module", "Type", *(TITLES[figure] for figure in figures))]
    root = row_of(form.profile.root, view)
    rows += _rows(form, root, figures, style, ("", ""))
    of_costs = [figure for figure in figures if figure in OF_COSTS]
    operators = [("Operator", "", *(TITLES[figure] for figure in of_costs))]
    for operator in form.profile.operators:
        laws = [form.of_operator(operator.op, figure) for figure in of_costs]
        if operator.coverage == "counted" and not all(law and law.is_zero for law in laws):
            operators.append((short(operator.op), "", *(_cell(law, style) for law in laws)))
    yield from _columns(rows)
    if len(operators) > 1:
        yield ""
        yield from _columns(operators)


def _rows(
    form: ClosedForm, row: Row, figures: Sequence[str], style: Style, guides: tuple[str, str]
) -> Iterator[tuple[str, ...]]:
    """A line for a row and for every one below it, under strokes that lead there."""
    cells = [_law(form, row, figure) for figure in figures]
    name = f"{guides[0]}{row.name} {row.times}".rstrip()
    kind = row.spec.kind if row.kind == "module" else ""
    yield name, kind, *(_cell(cell, style) for cell in cells)
    shown = [
        child for child in row.children if child.kind == "module" or _adds(form, child, figures)
    ]
    for child in shown:
        last = child is shown[-1]
        strokes = guides[1] + ("└─ " if last else "├─ "), guides[1] + ("   " if last else "│  ")
        yield from _rows(form, child, figures, style, strokes)


def _adds(form: ClosedForm, row: Row, figures: Sequence[str]) -> bool:
    laws = [_law(form, row, figure) for figure in figures]
    return any(law is not None and not law.is_zero for law in laws)


def _law(form: ClosedForm, row: Row, figure: str) -> Polynomial | None:
    """The law of a row: the sum over its modules, without their children for their own work."""
    parts = []
    for node in row.nodes:
        law = form.of_module(node.scope, figure)
        inside = [form.of_module(child.scope, figure) for child in node.children]
        if law is None or (row.kind == "own" and None in inside):
            return None
        parts.append(law)
        if row.kind == "own":
            parts += [each.scaled(-1) for each in inside if each is not None]
    return total(form.laws.symbols, parts)


def _cell(law: Polynomial | None, style: Style) -> str:
    return NO_LAW if law is None else expression(law, style)


def _columns(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Left-aligned columns under a rule; those that are empty but for their title are left out."""
    kept = [column for column in zip(*rows, strict=True) if any(column[1:]) or column[0]]
    widths = [max(map(len, column)) for column in kept]
    for place, row in enumerate(zip(*kept, strict=True)):
        yield (" " * GAP).join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        if place == 0:
            yield "─" * (sum(widths) + GAP * (len(widths) - 1))
