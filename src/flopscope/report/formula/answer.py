"""The largest size within budgets, as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict

from flopscope.analysis.formula.budget import MEMORY, Answer, Counted
from flopscope.report.formula.words import TITLES
from flopscope.units import format_quantity

NAMES: Mapping[str, str] = {**TITLES, MEMORY: "memory"}

SCHEMA = "flopscope.answer/1"


def render_answer(answer: Answer, target: str) -> str:
    """The size, what it costs, and why no larger one will do."""
    return "\n".join(_lines(answer, target))


def answer_json(answer: Answer, target: str) -> str:
    """The same for programs."""
    return json.dumps({"schema": SCHEMA, "target": target, **asdict(answer)}, indent=2)


def _lines(answer: Answer, target: str) -> Iterator[str]:
    symbol = answer.symbol
    if answer.largest is None:
        yield f"{target}: no {symbol} is small enough"
        if answer.next_larger is not None:
            yield f"{symbol} = {answer.next_larger.size:,}: {_costs(answer, answer.next_larger)}"
        return
    yield f"{target}: {symbol} = {answer.largest.size:,}"
    yield f"{symbol} = {answer.largest.size:,}: {_costs(answer, answer.largest)}"
    if answer.next_larger is not None:
        yield f"{symbol} = {answer.next_larger.size:,}: {_costs(answer, answer.next_larger)}"
    elif answer.refusal:
        yield f"larger: the model refuses it ({answer.refusal})"
    else:
        yield "larger: not looked at"
    if not answer.by_law:
        yield "found by trying sizes, between which cost is taken to grow: there is no law of them"


def _costs(answer: Answer, counted: Counted) -> str:
    return ", ".join(
        f"{_quantity(counted.figures[budget.figure], budget.figure)}"
        f" {'of' if counted.figures[budget.figure] <= budget.most else 'are more than'}"
        f" {_quantity(budget.most, budget.figure)}"
        for budget in answer.budgets
    )


def _quantity(value: float, figure: str) -> str:
    if figure == MEMORY or figure.startswith("bytes"):
        return f"{format_quantity(value, 'B')} {'' if figure == MEMORY else 'moved'}".rstrip()
    return f"{format_quantity(value)} {NAMES[figure]}"
