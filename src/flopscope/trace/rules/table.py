"""The table of rules, and how to enter one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import torch

if TYPE_CHECKING:
    from flopscope.trace.evaluate import PartialEvaluation

Rule: TypeAlias = Callable[["PartialEvaluation", Any, tuple[Any, ...], Mapping[str, Any]], Any]

RULES: dict[Any, Rule] = {}
"""The rule of each operator overload that has one."""


def overloads(*names: str) -> list[Any]:
    """Every overload of the named operators that this torch has: ``"nms"`` is ``aten``'s."""
    found = []
    for name in names:
        namespace, _, operator = name.rpartition(".")
        packet = getattr(getattr(torch.ops, namespace or "aten"), operator, None)
        if packet is not None:
            found += [getattr(packet, overload) for overload in packet.overloads()]
    return found


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Register a rule for every overload of operators."""

    def decorate(function: Rule) -> Rule:
        RULES.update(dict.fromkeys(overloads(*names), function))
        return function

    return decorate


RANDOM = frozenset(
    overloads(
        *("bernoulli", "bernoulli_", "cauchy_", "empty", "empty_like", "empty_permuted"),
        *("empty_strided", "exponential_", "geometric_", "log_normal_", "new_empty"),
        *("new_empty_strided", "normal", "normal_", "normal_functional", "poisson", "rand"),
        *("rand_like", "randint", "randint_like", "randn", "randn_like", "random", "random_"),
        *("randperm", "rrelu_with_noise", "uniform", "uniform_"),
    )
)
"""Operators whose results are chance or uninitialised memory: unknown whatever their arguments."""
