"""How a counter's figure comes out of ours, as a bill: amounts with what each of them is for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flopscope.analysis.reconciliation import Reconciliation, Remainder, Term
from flopscope.records import Scope
from flopscope.report.counters import Account, CounterComparison
from flopscope.report.counters.naming import printed, titled
from flopscope.report.counters.places import places
from flopscope.units import format_fixed, many

OURS = "flopscope"
MOST_REMAINDERS = 3
"""Amounts that are unexplained whose modules are named; the JSON names all."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a bill.

    Attributes:
        sign: what is done with the amount: ``"-"``, ``"+"``, ``"="``, or "" for the first one.
        amount: not negative, in the counter's unit.
        share: the same as a part of our figure, or "" where that says nothing.
        words: what it is for.
        where: the modules that it comes from, as patterns.
    """

    sign: str
    amount: int
    share: str
    words: str
    where: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bill:
    """What there is to say of a counter: a line, and where it takes more, entries that add up."""

    title: str
    entries: tuple[Entry, ...] = ()
    said: tuple[str, ...] = ()


def bills(comparison: CounterComparison) -> tuple[Bill, ...]:
    """One for each counter."""
    return tuple(_bill(account, comparison.report.macs) for account in comparison.accounts)


def _bill(account: Account, macs: int) -> Bill:
    reading, found = account.reading, account.reconciliation
    if reading is not None and reading.value is None:
        return Bill(
            f"{titled(account)} has no figure: {'; '.join((*reading.notes, *_would(found)))}"
        )
    if found is None:
        return _unexplained(account, macs)
    title = f"{titled(account)} {_prints(account, found.ours)}"
    entries = () if _is_the_same(found) else tuple(_entries(found))
    said = reading.notes if reading is not None and found.remainder else ()
    return Bill(title, entries, said)


def _unexplained(account: Account, macs: int) -> Bill:
    """Of a counter whose rules are not written down here."""
    if account.reading is None:
        return Bill(f"{titled(account)} was not run, and what it would print is not known")
    ours = 2 * macs if account.unit == "FLOPs" else macs
    unknown = "" if account.figure == ours else "; that is not explained here"
    title = f"{titled(account)} {_prints(account, ours)}{unknown}"
    return Bill(title, said=account.reading.notes)


def _would(found: Reconciliation | None) -> Iterator[str]:
    """What a counter that failed would have printed, where that is known."""
    if found is not None:
        yield f"by its rules it would be {found.predicted:,} {found.unit}"


def _prints(account: Account, ours: int) -> str:
    """Its figure against our MACs in its unit."""
    figure = account.figure
    said = f"{'would print' if account.reading is None else 'prints'} {printed(account)}"
    if figure == ours:
        return f"{said}: what {OURS} counts, to the last operation"
    if figure is None or not ours:
        return said
    change = format_fixed(abs(100 * (figure / ours - 1)), 1, "%")
    return f"{said}: {change} {'more' if figure > ours else 'less'} than {OURS}"


def _is_the_same(found: Reconciliation) -> bool:
    return not found.terms and not found.remainder


def _entries(found: Reconciliation) -> Iterator[Entry]:
    of_unit = "MACs" if found.unit == "MACs" else "MACs, 2 for each"
    yield Entry("", found.ours, "", f"{OURS}'s {of_unit}")
    for term in found.terms:
        yield _entry(term.amount, found.ours, because(term), _places_of(term))
    if found.remainder:
        where = tuple(_where(found.remainders))
        yield _entry(found.remainder, found.ours, "not explained", where)
    if found.printed is None:
        yield Entry("=", found.predicted, "", "by its rules; it was not run")
    else:
        explained = "" if found.remainder else ": nothing is left unexplained"
        yield Entry("=", found.printed, "", f"as printed{explained}")


def _entry(amount: int, ours: int, words: str, where: tuple[str, ...]) -> Entry:
    sign = "-" if amount < 0 else "+"
    share = sign + format_fixed(100 * abs(amount) / ours, 1, "%") if ours else ""
    return Entry(sign, abs(amount), share, words, where)


def because(term: Term) -> str:
    """``"12 × linear: it has no rule for this operator"``."""
    return f"{_befell(term):,} × {term.what}: {term.cause.value}"


def _befell(term: Term) -> int:
    return len(term.scopes) if term.cause.befalls_modules else term.calls


def _places_of(term: Term) -> tuple[str, ...]:
    """The modules as patterns; how many they are is not said twice."""
    shown = places(term.scopes)
    if len(shown) == 1 and _befell(term) == len(term.scopes):
        return (shown[0].partition(" ×")[0],)
    return shown


def _where(remainders: tuple[Remainder, ...]) -> Iterator[str]:
    """Patterns of modules with what is unexplained in each, the largest first."""
    alike: dict[int, list[Scope]] = {}
    for remainder in sorted(remainders, key=lambda remainder: -abs(remainder.amount)):
        alike.setdefault(remainder.amount, []).append(remainder.scope)
    for amount, scopes in list(alike.items())[:MOST_REMAINDERS]:
        each = " each" if len(scopes) > 1 else ""
        yield f"{', '.join(places(scopes))} {amount:+,}{each}"
    left = sum(len(scopes) for scopes in list(alike.values())[MOST_REMAINDERS:])
    if left:
        yield many(left, "more module")
