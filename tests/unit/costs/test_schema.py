"""Rules are bound by name, so every name in them must be one of torch's."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
import torch
import torch.ao.quantization.fx._decomposed  # registers the quantized_decomposed operators

from flopscope.costs import FORMULAS, FREE, TRAFFIC, load_families

load_families()

SUPPLIED = {"out", "outputs"}
"""What a rule is given whatever the operator's schema."""

NOT_IN_EVERY_TORCH = {
    "aten.cholesky",  # until 2.13, the others after it
    "aten._foreach_mm",
    "aten._foreach_powsum",
    "aten._philox_randint",
    "aten.linalg__powsum",
    "aten.shallow_copy_data_",
}

RULES = [(op, rule) for table in (FORMULAS, TRAFFIC) for op, rule in table.items()]
OPERATORS = {*FORMULAS, *TRAFFIC, *FREE}


@cache
def schemas(op: str) -> tuple[Any, ...]:
    """The schemas of the forms that a dispatch mode sees; TorchScript has others beside."""
    namespace, _, name = op.partition(".")
    if namespace == "torchvision":
        pytest.importorskip("torchvision", reason="the operators come with it")
    packet = getattr(getattr(torch.ops, namespace), name, None)
    overloads = [] if packet is None else [getattr(packet, each) for each in packet.overloads()]
    return tuple(each._schema for each in overloads if torch._C._dispatch_has_kernel(each.name()))


def forms(op: str) -> Iterator[Any]:
    """What a rule is for: an operator, and its form in place where that has no rule itself."""
    yield from schemas(op)
    in_place = f"{op}_"
    if not op.endswith("_") and in_place not in FORMULAS and in_place not in TRAFFIC:
        yield from schemas(in_place)


def parameters(rule: Callable[..., Any], *, required: bool) -> set[str]:
    return {
        name
        for name, parameter in inspect.signature(rule).parameters.items()
        if name not in SUPPLIED and (parameter.default is parameter.empty) is required
    }


def names(schema: Any) -> set[str]:
    given = {argument.name for argument in schema.arguments}
    return given | ({"input"} if "self" in given else set())


def is_higher_order(op: str) -> bool:
    return op.startswith("higher_order.")


@pytest.mark.parametrize("namespace", sorted({op.partition(".")[0] for op in OPERATORS}))
def test_every_rule_is_for_an_operator_of_torch(namespace: str) -> None:
    ops = {op for op in OPERATORS - NOT_IN_EVERY_TORCH if op.startswith(f"{namespace}.")}
    if namespace == "higher_order":
        assert {op for op in ops if not hasattr(torch.ops.higher_order, op.split(".")[1])} == set()
    else:
        assert {op for op in ops if not list(forms(op))} == set()


@pytest.mark.parametrize(("op", "rule"), RULES)
def test_every_form_of_an_operator_has_the_arguments_that_its_rule_needs(
    op: str, rule: Callable[..., Any]
) -> None:
    if is_higher_order(op):
        pytest.skip("a higher-order operator has no schema")
    for schema in forms(op):
        assert parameters(rule, required=True) <= names(schema), str(schema)


@pytest.mark.parametrize("rule", {rule for _, rule in RULES})
def test_every_optional_argument_of_a_rule_is_one_of_some_operator_it_is_for(
    rule: Callable[..., Any],
) -> None:
    ops = [op for op, its_rule in RULES if its_rule is rule and not is_higher_order(op)]
    known = {name for op in ops for schema in forms(op) for name in names(schema)}
    assert parameters(rule, required=False) <= known


def test_no_operator_is_both_counted_and_free() -> None:
    assert not FREE & set(FORMULAS)
