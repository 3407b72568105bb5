"""What there is to say of laws beside the expressions: where they hold, and what has none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flopscope.analysis.formula.figures import total_key
from flopscope.analysis.formula.growth import Growth, growths
from flopscope.analysis.formula.law import End, Laws, Range
from flopscope.analysis.formula.polynomial import total
from flopscope.report.formula import ClosedForm
from flopscope.report.formula.expression import PLAIN, Style, expression
from flopscope.units import many

TITLES: Mapping[str, str] = {
    "macs": "MACs",
    "flops": "FLOPs",
    "bytes_moved": "moved",
    "params": "params",
    "activation_nbytes": "outputs",
    "held_nbytes": "held",
    "cache_nbytes": "cache",
    "peak_nbytes": "peak",
}
"""What figures are called."""

MEANINGS: Mapping[str, str] = {
    "bytes_moved": "bytes read and written",
    "activation_nbytes": "bytes that all layers return",
    "held_nbytes": "bytes of weights, buffers and inputs",
    "cache_nbytes": "bytes of keys, values and the like that are returned for a next step",
    "peak_nbytes": "bytes alive at once, beside weights and inputs",
}


def conditions(laws: Laws) -> Iterator[str]:
    """Where the laws hold: a line for each symbol, and what is known between the ends."""
    for each in laws.ranges:
        yield _range(each)
    yield (
        f"held against counts at {many(laws.points, 'point')} of these, the ends among them;"
        " of those between that is no proof"
    )
    if laws.refused is not None:
        sizes, message = laws.refused
        yield f"not everywhere: the model refuses {in_words(sizes)} ({message})"


def _range(each: Range) -> str:
    low, high = each.low.size, each.high.size
    text = f"{each.symbol} = {low:,} to {high:,}"
    if each.step > 1:
        text += (
            f", multiples of {each.step}"
            if low % each.step == 0
            else f", every {each.step} from {low:,}"
        )
    ends = [said for said in (_end(each.symbol, each.low), _end(each.symbol, each.high)) if said]
    if each.high.because == "tried":
        ends.append("nothing larger was tried")
    return "; ".join([text, *ends])


def _end(symbol: str, end: End) -> str:
    if end.because == "refused":
        return f"the model refuses {symbol} = {end.beyond:,} ({end.message})"
    if end.because == "law":
        figures = ", ".join(TITLES[figure] for figure in end.figures)
        return f"at {symbol} = {end.beyond:,} there are other laws ({figures})"
    if end.because == "slow":
        return "larger ones take long to count"
    return ""


def in_words(sizes: Mapping[str, int]) -> str:
    """``"B = 2, S = 1,024"``."""
    return ", ".join(f"{symbol} = {size:,}" for symbol, size in sizes.items())


def growth_lines(form: ClosedForm, style: Style = PLAIN) -> Iterator[str]:
    """Which operators overtake which, and where."""
    for growth in growths(form.laws):
        yield _overtakes(growth, style)


def _overtakes(growth: Growth, style: Style) -> str:
    many_fast, many_slow = len(growth.fastest) > 1, len(growth.slower) > 1
    fast = f"{short(growth.fastest[0])}{' and others' if many_fast else ''}"
    slow = f"{short(growth.slower[0])}{' and others' if many_slow else ''}"
    where = f" where {in_words(growth.others)}" if growth.others else ""
    return (
        f"{TITLES[growth.figure]} of {fast} overtake those of {slow} at"
        f" {growth.symbol} = {growth.crossover:,}{where}, and in the end are"
        f" {expression(growth.leading, style)}"
    )


def short(op: str) -> str:
    """An operator's name without its namespace where that is torch's."""
    return op.removeprefix("aten.")


def missing(form: ClosedForm, figure: str) -> str:
    """Why a figure of the whole model has no law."""
    key = total_key(figure)
    if key in form.laws.irregular:
        return "no polynomial of these sizes, nor of any multiples that were tried"
    where = form.laws.counterexamples.get(key)
    if where is None:
        return "no largest of polynomials"
    return (
        f"no polynomial: the one near {in_words(form.laws.base)} gives {where.expected:,} for"
        f" {in_words(where.sizes)}, where it is {where.counted:,}"
    )


def but_for(form: ClosedForm, figure: str, style: Style = PLAIN) -> str:
    """The law of a figure without the operators that have none, or "" where none is left."""
    laws = {
        operator.op: form.of_operator(operator.op, figure)
        for operator in form.profile.operators
        if operator.coverage == "counted"
    }
    names = [short(op) for op, law in laws.items() if law is None]
    rest = total(form.laws.symbols, (law for law in laws.values() if law is not None))
    if not names or rest.is_zero:
        return ""
    return f"without {', '.join(names)} it is {expression(rest, style)}"
