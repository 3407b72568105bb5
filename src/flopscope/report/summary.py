"""What a report says besides its rows: facts in words and figures, the same in every format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from flopscope.analysis.restatement import Restatement
from flopscope.measurements import Reading
from flopscope.records import Assumption, Scope
from flopscope.report.fit import fit_lines
from flopscope.report.shapes import format_shape
from flopscope.report.sizes import memory_lines, sizes_of
from flopscope.report.time_facts import limit_lines, other_times, time_line
from flopscope.report.training import step_lines, step_memory_lines
from flopscope.tree import Uncounted
from flopscope.units import format_bytes, format_fixed, format_mebibytes, many

if TYPE_CHECKING:
    from flopscope.report import Report
    from flopscope.report.several import Several

Tone: TypeAlias = Literal["plain", "good", "bad"]

CONVENTION = (
    "1 MAC = 2 FLOPs; FLOPs = 2 × MACs + norms, activations, bias, ... Both are counts, not rates."
)

SHARED_SHOWN = 3
"""Shared tensors that are named; the JSON names all."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something to know about a report.

    Attributes:
        label: what it is about, in a word.
        lines: what is the case.
        tone: whether that is as it should be.
    """

    label: str
    lines: tuple[str, ...]
    tone: Tone = "plain"


def heading(report: Report) -> tuple[Fact, ...]:
    """What was profiled: the inputs and the device."""
    inputs = tuple(
        f"{'' if name.isdigit() else name + ' '}{format_shape(tensor.shape)} {tensor.dtype}"
        for name, tensor in report.inputs
    )
    label = "input" if len(inputs) == 1 else "inputs"
    part = (Fact("module", (report.module,)),) if report.module else ()
    return (*part, Fact(label, inputs or ("none",)), Fact("device", (_device(report),)))


def _device(report: Report) -> str:
    named = (report.timing.device_name,) if report.timing and report.timing.device_name else ()
    return " · ".join((report.environment.device, *named, f"torch {report.environment.torch}"))


def summary(report: Report) -> Iterator[Fact]:
    """Totals, what they mean, how far to trust them, and what others say."""
    yield from _totals(report)
    if report.fit is not None:
        yield Fact("fits", tuple(fit_lines(report.fit)))
    yield Fact("convention", (CONVENTION,))
    yield _coverage(report)
    if report.assumptions:
        yield Fact("assumed", tuple(assumption_lines(report.assumptions)))
    if report.timing is not None:
        yield Fact("time", (time_line(report, report.timing), *other_times(report.timing)))
    if report.timing is not None:
        yield Fact("limits", tuple(limit_lines(report, report.timing)))
    for reading in report.readings:
        yield _reading(reading, report)
    yield from _notes(report)


def caveats(report: Report) -> Iterator[Fact]:
    """How far to trust the counts: what was left out or assumed, and what else is to be known."""
    if report.uncounted:
        yield _coverage(report)
    if report.assumptions:
        yield Fact("assumed", tuple(assumption_lines(report.assumptions)))
    yield from _notes(report)


def _notes(report: Report) -> Iterator[Fact]:
    notes = (*report.notes, *(report.timing.notes if report.timing else ()))
    if notes:
        yield Fact("note" if len(notes) == 1 else "notes", notes)


def complaints(facts: Iterable[Fact]) -> Iterator[str]:
    """What is not as it should be, a line each, for where there is no room for all facts."""
    for fact in facts:
        if fact.tone == "bad":
            yield from (f"{fact.label}: {line}" for line in fact.lines)


def summary_of_several(several: Several) -> Iterator[Fact]:
    """What holds for several reports, and what for one of them alone."""
    devices = dict.fromkeys(_device(report) for report in several.reports)
    if devices:
        yield Fact("device" if len(devices) == 1 else "devices", tuple(devices))
        yield Fact("convention", (CONVENTION,))
        yield from _conventions(several)
    incomplete = [report for report in several.reports if report.uncounted]
    for report in incomplete:
        fact = _coverage(report)
        yield replace(fact, lines=(f"{report.target}: {fact.lines[0]}", *fact.lines[1:]))
    if several.reports and not incomplete:
        yield Fact("coverage", ("every operator counted",), "good")
    told = [
        (note, report.target)
        for report in several.reports
        for note in (*report.notes, *(report.timing.notes if report.timing else ()))
    ]
    notes = {note: [target for said, target in told if said == note] for note, _ in told}
    lines = tuple(
        note if len(targets) == len(several.reports) else f"{', '.join(targets)}: {note}"
        for note, targets in notes.items()
    )
    if lines:
        yield Fact("note" if len(lines) == 1 else "notes", lines)
    for failure in several.failures:
        hint = (f"{failure.hint}",) if failure.hint else ()
        yield Fact("failed", (f"{failure.target}: {failure.message}", *hint), "bad")


def _conventions(several: Several) -> Iterator[Fact]:
    """Where the rules of another convention are written down."""
    restatements = (report.restatement for report in several.reports)
    sources = {found.name: found.convention.source for found in restatements if found is not None}
    for name, source in sources.items():
        yield Fact(f"as {name}", (f"counted by the rules of {source}",))


def _totals(report: Report) -> Iterator[Fact]:
    least = "at least " if report.uncounted else ""
    frozen = report.params - report.trainable_params
    params = f"{report.params:,} = {report.trainable_params:,} trainable + {frozen:,} frozen"
    yield Fact("params", (params, *_shared(report)))
    yield Fact("MACs", (f"{least}{report.macs:,}",))
    yield Fact("FLOPs", (f"{least}{report.flops:,}",))
    if report.restatement is not None:
        yield _restated(report.restatement)
    intensity = report.flops / report.bytes_moved if report.bytes_moved else 0
    moved = f"{format_bytes(report.bytes_moved)} read and written"
    yield Fact("moved", (f"{moved} · {least}{format_fixed(intensity, 1)} FLOP/B",))
    if report.training is not None:
        yield Fact("training", tuple(step_lines(report, report.training)))
        yield Fact("memory", tuple(step_memory_lines(report, report.training)))
        return
    memory = tuple(memory_lines(report))
    if memory:
        yield Fact("memory", memory)
    yield Fact("sizes", (_sizes(report),))


def _restated(restatement: Restatement) -> Fact:
    """The total in another convention, and what that is."""
    convention = restatement.convention
    meant = "" if convention.label == convention.unit else f", which are {convention.unit}"
    figure = f"{restatement.value:,} {convention.label}{meant}"
    return Fact(
        f"as {restatement.name}", (f"{figure} · counted by the rules of {convention.source}",)
    )


def _sizes(report: Report) -> str:
    sizes = sizes_of(report)
    return (
        f"{format_mebibytes(sizes.inputs)} input"
        f" + {format_mebibytes(sizes.activations)} forward/backward"
        f" + {format_mebibytes(sizes.params)} params"
        f" = {format_mebibytes(sizes.total)} estimated total"
    )


def _shared(report: Report) -> Iterator[str]:
    """The first few of the tensors that belong to another module as well."""
    pairs = tuple(report.profile.shared.items())
    if pairs:
        some = ", ".join(f"{name} is {owner}" for name, owner in pairs[:SHARED_SHOWN])
        more = f", and {len(pairs) - SHARED_SHOWN} more" if len(pairs) > SHARED_SHOWN else ""
        yield f"{some}{more}: counted once"


def _coverage(report: Report) -> Fact:
    counted = f"{report.profile.counted_calls:,} counted, {report.profile.free_calls:,} free"
    if not report.uncounted:
        return Fact("coverage", (f"every operator counted: {counted}",), "good")
    calls = sum(entry.calls for entry in report.uncounted)
    total = f"{many(calls, 'call')} NOT counted ({counted}): MACs and FLOPs are lower bounds"
    return Fact("coverage", (total, *map(_left_out, report.uncounted)), "bad")


def _left_out(entry: Uncounted) -> str:
    return (
        f"{entry.op}: {many(entry.calls, 'call')} in {_places(entry.scopes)},"
        f" {many(entry.elements, 'element')}, {format_bytes(entry.nbytes)}"
    )


def assumption_lines(assumptions: tuple[Assumption, ...]) -> Iterator[str]:
    """One line for every value that was supplied, however many modules asked for it."""
    alike: dict[tuple[str, str, str], list[Assumption]] = {}
    for assumption in assumptions:
        key = (assumption.name, assumption.value, assumption.op)
        alike.setdefault(key, []).append(assumption)
    for (name, value, op), group in alike.items():
        calls = sum(assumption.calls for assumption in group)
        places = _places(tuple(assumption.scope for assumption in group))
        yield f"{name}: {value} ({op}, {many(calls, 'call')} in {places})"


def _reading(reading: Reading, report: Report) -> Fact:
    if reading.value is None:
        return Fact(reading.name, ("no figure", *reading.notes), "bad")
    ours = report.macs if reading.unit == "MACs" else report.flops
    parts = [f"{reading.value:,} {reading.unit} {_against(reading.value, ours)}"]
    if reading.params is not None:
        parts.append(f"{reading.params:,} params {_against(reading.params, report.params)}")
    if reading.version:
        parts.append(f"version {reading.version}")
    return Fact(reading.name, (" · ".join(parts), *reading.notes))


def _against(theirs: int, ours: int) -> str:
    if theirs == ours:
        return "(same as ours)"
    return f"({theirs / ours - 1:+.2%} against ours)" if ours else "(ours: 0)"


def _places(scopes: tuple[Scope, ...]) -> str:
    named = [scope or "the model itself" for scope in dict.fromkeys(scopes)]
    more = f" and {many(len(named) - 1, 'other module')}" if len(named) > 1 else ""
    return named[0] + more
