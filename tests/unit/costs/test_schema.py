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
    "aten._cudnn_attention_forward_no_dropout_inplace",
    "aten._foreach_mm",
    "aten._foreach_powsum",
    "aten._philox_randint",
    "aten._scaled_addmm",
    "aten.linalg__powsum",
    "aten.shallow_copy_data_",
}

RULES = [(op, rule) for table in (FORMULAS, TRAFFIC) for op, rule in table.items()]
OPERATORS = {*FORMULAS, *TRAFFIC, *FREE}


NAMESPACES = sorted({op.partition(".")[0] for op in OPERATORS} - {"higher_order"})
"""Those whose operators have schemas."""


@cache
def schemas(op: str) -> tuple[Any, ...]:
    """The schemas of the forms that a dispatch mode sees; TorchScript has others beside."""
    namespace, _, name = op.partition(".")
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


def rules_of(namespace: str) -> list[tuple[str, Callable[..., Any]]]:
    """Its rules in the tables of arithmetic and bytes.

    torchvision's operators come with torchvision.
    """
    if namespace == "torchvision":
        pytest.importorskip("torchvision", reason="torchvision is not installed")
    return [(op, rule) for op, rule in RULES if op.startswith(f"{namespace}.")]


def test_every_higher_order_operator_is_one_of_torch() -> None:
    ops = {op.partition(".")[2] for op in OPERATORS if op.startswith("higher_order.")}
    assert {op for op in ops if not hasattr(torch.ops.higher_order, op)} == set()


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_every_rule_is_for_an_operator_of_torch(namespace: str) -> None:
    ops = {op for op, _ in rules_of(namespace)} | {
        op for op in FREE if op.startswith(f"{namespace}.")
    }
    assert {op for op in ops - NOT_IN_EVERY_TORCH if not list(forms(op))} == set()


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_every_form_of_an_operator_has_the_arguments_that_its_rule_needs(namespace: str) -> None:
    missing = {
        str(schema): parameters(rule, required=True) - names(schema)
        for op, rule in rules_of(namespace)
        for schema in forms(op)
    }
    assert {schema: lacks for schema, lacks in missing.items() if lacks} == {}


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_every_optional_argument_of_a_rule_is_one_of_some_operator_it_is_for(
    namespace: str,
) -> None:
    known: dict[Callable[..., Any], set[str]] = {}
    for op, rule in rules_of(namespace):
        for schema in forms(op):
            known.setdefault(rule, set()).update(names(schema))
    unknown = {rule: parameters(rule, required=False) - has for rule, has in known.items()}
    assert {rule: extra for rule, extra in unknown.items() if extra} == {}


def test_no_operator_is_both_counted_and_free() -> None:
    assert not FREE & set(FORMULAS)
