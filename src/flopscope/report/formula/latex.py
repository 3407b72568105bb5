"""Laws of cost as LaTeX: aligned equations for amsmath."""

from __future__ import annotations

from collections.abc import Iterator

from flopscope.analysis.formula.figures import PEAK
from flopscope.report import View
from flopscope.report.formula import ClosedForm
from flopscope.report.formula.expression import LATEX, escaped, expression
from flopscope.report.formula.words import TITLES, conditions, missing, short


def render(form: ClosedForm, view: View) -> str:
    """The totals, and a block for each of the view's figures by operator, with comments above."""
    comments = [f"% {form.target} {form.module}".rstrip(), *(f"% {text}" for text in form.inputs)]
    comments += [f"% {line}" for line in conditions(form.laws)]
    blocks = [_aligned(_totals(form))]
    for figure in view.columns or ("macs",):
        lines = list(_operators(form, figure))
        if lines:
            blocks += [f"% {TITLES[figure]} by operator", _aligned(lines)]
    return "\n".join([*comments, *blocks])


def _aligned(equations: Iterator[str] | list[str]) -> str:
    lines = " \\\\\n".join(f"  {equation}" for equation in equations)
    return f"\\begin{{align*}}\n{lines}\n\\end{{align*}}"


def _totals(form: ClosedForm) -> Iterator[str]:
    for figure in form.figures:
        law = form.total(figure)
        name = rf"\text{{{TITLES[figure]}}}"
        right = rf"\text{{{escaped(missing(form, figure))}}}"
        yield f"{name} &= {right if law is None else expression(law, LATEX)}"
    if form.laws.peak:
        moments = [expression(law, LATEX) for law in form.laws.peak]
        right = moments[0] if len(moments) == 1 else rf"\max({', '.join(moments)})"
        yield rf"\text{{{TITLES[PEAK.figure]}}} &= {right}"


def _operators(form: ClosedForm, figure: str) -> Iterator[str]:
    for operator in form.profile.operators:
        law = form.of_operator(operator.op, figure)
        if law is not None and not law.is_zero:
            yield rf"\text{{{escaped(short(operator.op))}}} &= {expression(law, LATEX)}"
