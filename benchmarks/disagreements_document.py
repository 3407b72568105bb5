"""The document of disagreements, from the rows that the benchmark wrote."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from itertools import groupby
from pathlib import Path

from benchmarks.disagreement_rows import Comparison, Row

TEMPLATE = Path(__file__).with_name("disagreements.md")
LIBRARIES = ("torch", "torchvision", "timm", "transformers", "thop", "fvcore", "ptflops")
TERMS_SHOWN = 6


def document(rows: Sequence[Row]) -> str:
    """All of it."""
    versions = ", ".join(f"{name} {version(name).partition('+')[0]}" for name in LIBRARIES)
    places = {
        "models": len({(row.chosen, row.model) for row in rows}),
        "versions": f"{versions} and Python {platform.python_version()}",
        "summary": "\n".join(summary(rows)),
        "exceptions": "\n".join(exceptions(rows)),
        "every_model": "\n".join(every_model(rows)).strip(),
    }
    return TEMPLATE.read_text(encoding="utf-8").format(**places).rstrip()


def summary(rows: Sequence[Row]) -> Iterator[str]:
    """How many of each list are explained, by counter."""
    yield "| models | counter | of | gave a figure | unlike ours | all explained |"
    yield "|---|---|--:|--:|--:|--:|"
    for (chosen, counter), group in _grouped(rows):
        of = len(group)
        answered = [row for row in group if row.macs is not None and row.macs.printed is not None]
        differ = sum(row.macs.printed != row.macs.ours for row in answered if row.macs)
        exact = sum(row.macs.remainder == 0 for row in answered if row.macs)
        yield f"| {chosen} | {counter} | {of} | {len(answered)} | {differ} | {exact} |"
    yield ""
    yield "| models | counter | modules compared | equal | params explained |"
    yield "|---|---|--:|--:|--:|"
    for (chosen, counter), group in _grouped(rows):
        modules = sum(row.modules for row in group)
        off = sum(len(row.modules_off) for row in group)
        params = [row.params for row in group if row.params and row.params.printed is not None]
        exact = sum(comparison.remainder == 0 for comparison in params)
        of = f"{exact} of {len(params)}" if params else "it counts none"
        yield f"| {chosen} | {counter} | {modules:,} | {modules - off:,} | {of} |"


def _grouped(rows: Sequence[Row]) -> list[tuple[tuple[str, str], list[Row]]]:
    found: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        found.setdefault((row.chosen, row.counter), []).append(row)
    return list(found.items())


def exceptions(rows: Sequence[Row]) -> Iterator[str]:
    """Models with a remainder, and counters that gave nothing."""
    yield "| model | counter | what happened |"
    yield "|---|---|---|"
    for row in rows:
        if row.macs is None or row.macs.printed is None:
            yield f"| {row.model} | {row.counter} | no figure: {_short('; '.join(row.notes))} |"
            continue
        if row.macs.remainder:
            part = row.macs.remainder / row.macs.ours if row.macs.ours else 1
            where = ", ".join(f"`{scope or 'the model'}`" for scope, _ in row.macs.remainders[:5])
            left = f"{row.macs.remainder:+,} ({part:+.3%}) in {where}"
            yield f"| {row.model} | {row.counter} | {left} |"
        if row.params is not None and row.params.remainder:
            yield f"| {row.model} | {row.counter} | {row.params.remainder:+,} params |"


def every_model(rows: Sequence[Row]) -> Iterator[str]:
    """A section for each list, a table for each model."""
    for chosen, of_list in groupby(rows, key=lambda row: row.chosen):
        yield from ("", f"### {chosen.capitalize()}")
        for model, of_model in groupby(of_list, key=lambda row: row.model):
            yield from ("", f"**{model}**", "")
            yield "| counter | ours | terms | printed | remainder |"
            yield "|---|--:|---|--:|--:|"
            for row in of_model:
                yield f"| {row.counter} | {' | '.join(_cells(row))} |"


def _cells(row: Row) -> Iterator[str]:
    if row.macs is None or row.macs.printed is None:
        yield from ("", f"no figure: {_short('; '.join(row.notes))}", "", "")
        return
    yield f"{row.macs.ours:,}"
    terms = list(_terms(row.macs))
    if row.params is not None and row.params.terms:
        terms.append(f"params {row.params.ours:,}: {', '.join(_terms(row.params))}")
    yield "<br>".join(terms) or "none"
    yield f"{row.macs.printed:,}"
    yield f"{row.macs.remainder:,}"


def _terms(comparison: Comparison) -> Iterator[str]:
    """The largest terms in words, and the rest together."""
    for amount, calls, what, why in comparison.terms[:TERMS_SHOWN]:
        yield f"{amount:+,} {calls} × `{what}`: {why}"
    rest = comparison.terms[TERMS_SHOWN:]
    if rest:
        yield f"{sum(amount for amount, *_ in rest):+,} in {len(rest)} smaller terms"


def _short(text: str) -> str:
    return re.sub(r" at 0x[0-9a-f]+", "", text.replace("|", "\\|")).partition(". ")[0][:160]
