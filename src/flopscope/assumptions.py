"""The values that a trace supplies where a program asks for one that depends on the data."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flopscope.errors import UsageError
from flopscope.spelling import did_you_mean


@dataclass(frozen=True, slots=True)
class Rule:
    """What is assumed by default, and what the number means.

    Attributes:
        default: the number.
        meaning: of the number, in words.
        is_share: whether it is a part of the whole, from 0 to 1.
    """

    default: float
    meaning: str
    is_share: bool = True


RULES: Mapping[str, Rule] = {
    "integer": Rule(1, "an integer that is computed from other numbers", is_share=False),
    "item": Rule(0, "the value of .item(), and of a condition: true unless 0", is_share=False),
    "lengths": Rule(1, "the share of its padding that a packed sequence fills"),
    "nms": Rule(1, "the share of the boxes that survive non-maximum suppression"),
    "nonzero": Rule(1, "the share of the elements of a mask that are true"),
    "repeats": Rule(1, "how often an element is repeated", is_share=False),
    "unique": Rule(1, "the share of the values that are different from all before"),
}
"""By name. Choices (top-k, argmax, samples) are always balanced: round robin over what there is."""


def parse(options: Iterable[str]) -> dict[str, float]:
    """Numbers by rule, from options such as ``"nonzero=0.25"``.

    Raises:
        UsageError: there is no such rule, or its value is no number that it can take.
    """
    return dict(map(_parsed, options))


def _parsed(option: str) -> tuple[str, float]:
    name, _, text = option.partition("=")
    if name not in RULES:
        hint = did_you_mean(name, RULES) or f"rules: {', '.join(RULES)}"
        raise UsageError(f"there is no assumption '{name}'", hint=hint)
    try:
        value = {"true": 1.0, "false": 0.0}.get(text.lower()) if text.isalpha() else float(text)
    except ValueError:
        value = None
    rule = RULES[name]
    highest = 1 if rule.is_share else math.inf
    if value is None or not (0 <= value <= highest or name == "item"):
        raise UsageError(
            f"'{text}' cannot be assumed for '{name}', which is {rule.meaning}",
            hint=f"write --assume {name}={0.5 if rule.is_share else 2}",
        )
    return name, value
