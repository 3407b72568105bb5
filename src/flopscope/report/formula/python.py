"""Laws of cost as a module of Python that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flopscope.analysis.formula.figures import OF_COSTS, PEAK
from flopscope.analysis.formula.polynomial import Polynomial
from flopscope.report import View
from flopscope.report.formula import ClosedForm
from flopscope.report.formula.expression import PYTHON, expression
from flopscope.report.formula.words import conditions, missing


def render(form: ClosedForm, view: View) -> str:
    """A function for each total, and tables of functions by module and by operator.

    A function refuses sizes that the laws were not found to hold for.
    """
    del view  # all of it, as in JSON
    return "\n".join(_lines(form))


def _lines(form: ClosedForm) -> Iterator[str]:
    names = ", ".join(PYTHON.symbol(symbol) for symbol in form.laws.symbols)
    yield f'"""Cost of {_quotable(form.target)} for {_quotable("; ".join(form.inputs))}.'
    yield ""
    yield from (_quotable(line) for line in conditions(form.laws))
    yield '"""'
    yield ""
    yield f"RANGES = {_ranges(form)}"
    yield ""
    yield ""
    yield f"def check({names}):"
    yield '    """Raise ValueError for sizes that the laws were not found to hold for."""'
    yield f"    for name, size in dict({_keywords(form)}).items():"
    yield "        if size not in RANGES[name]:"
    yield '            raise ValueError(f"{name} = {size} is not in {RANGES[name]}")'
    for figure in form.figures:
        law = form.total(figure)
        if law is None:
            yield f"\n\n# {figure}: {missing(form, figure)}"
        else:
            yield from _function(figure, names, expression(law, PYTHON))
    if form.laws.peak:
        moments = [expression(law, PYTHON) for law in form.laws.peak]
        text = moments[0] if len(moments) == 1 else f"max({', '.join(moments)})"
        yield from _function(PEAK.figure, names, text)
    modules = {
        scope: {figure: form.of_module(scope, figure) for figure in (*OF_COSTS, "params")}
        for scope in form.profile.nodes
    }
    operators = {
        operator.op: {figure: form.of_operator(operator.op, figure) for figure in OF_COSTS}
        for operator in form.profile.operators
        if operator.coverage == "counted"
    }
    yield from _table("MODULES", modules, names)
    yield from _table("OPERATORS", operators, names)


def _function(figure: str, names: str, text: str) -> Iterator[str]:
    yield f"\n\ndef {figure}({names}):"
    yield f"    check({names})"
    yield f"    return {text}"


def _table(
    title: str, rows: Mapping[str, Mapping[str, Polynomial | None]], names: str
) -> Iterator[str]:
    yield f"\n\n{title} = {{"
    for name, laws in rows.items():
        yield f"    {name!r}: {{"
        for figure, law in laws.items():
            if law is not None:
                yield f"        {figure!r}: lambda {names}: {expression(law, PYTHON)},"
        yield "    },"
    yield "}"


def _ranges(form: ClosedForm) -> str:
    spans = (
        f"{PYTHON.symbol(each.symbol)!r}: range({each.low.size}, {each.high.size + 1}, {each.step})"
        for each in form.laws.ranges
    )
    return f"{{{', '.join(spans)}}}"


def _keywords(form: ClosedForm) -> str:
    names = map(PYTHON.symbol, form.laws.symbols)
    return ", ".join(f"{name}={name}" for name in names)


def _quotable(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"""', "'''")
