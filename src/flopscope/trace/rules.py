"""Operators that partial evaluation treats by a rule of their own: factories, randomness, and
programs that ask for a value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import torch

from flopscope.trace.specs import op_name
from flopscope.trace.unknown import CPU, KNOWN_ELEMENTS, Unknown, key_of

if TYPE_CHECKING:
    from flopscope.trace.evaluate import PartialEvaluation

aten = torch.ops.aten

Rule: TypeAlias = Callable[["PartialEvaluation", Any, tuple[Any, ...], Mapping[str, Any]], Any]

RULES: dict[Any, Rule] = {}
"""The rule of each operator overload that has one."""


def overloads(*names: str) -> list[Any]:
    """Every overload of the named operators of ``aten`` that this torch has."""
    packets = [getattr(aten, name) for name in names if hasattr(aten, name)]
    return [getattr(packet, overload) for packet in packets for overload in packet.overloads()]


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Register a rule for every overload of operators."""

    def decorate(function: Rule) -> Rule:
        RULES.update(dict.fromkeys(overloads(*names), function))
        return function

    return decorate


RANDOM = frozenset(
    overloads(
        "bernoulli", "bernoulli_", "cauchy_", "empty", "empty_like", "empty_permuted", "empty_strided",
        "exponential_", "geometric_", "log_normal_", "multinomial", "new_empty", "new_empty_strided",
        "normal", "normal_", "normal_functional", "poisson", "rand", "rand_like", "randint", "randint_like",
        "randn", "randn_like", "random", "random_", "randperm", "rrelu_with_noise", "uniform", "uniform_",
    )
)  # fmt: skip
"""Operators whose results are chance or uninitialised memory: unknown whatever their arguments."""


@rule("zeros_like", "ones_like", "full_like", "new_zeros", "new_ones", "new_full")
def like(
    mode: PartialEvaluation, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """Constants in the shape of another tensor are known, whatever that one holds."""
    template = args[0]
    if mode.is_unknown(template) and template.numel() <= KNOWN_ELEMENTS:
        shape, strides, dtype = key_of(template)
        template = torch.empty_strided(shape, strides, dtype=dtype, device=CPU)
    return mode.evaluate(func, (template, *args[1:]), kwargs)


@rule("_local_scalar_dense", "item", "is_nonzero")
def item(
    mode: PartialEvaluation, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """``.item()``, ``int()``, ``bool()`` and ``if`` on a tensor: 0 and False where it is unknown."""
    tensor = args[0]
    if not mode.is_unknown(tensor):
        return mode.compute(func, args, kwargs)
    value: bool | int | float
    if tensor.dtype == torch.bool or func is aten.is_nonzero.default:
        value = False
    else:
        value = 0.0 if tensor.dtype.is_floating_point else 0
    mode.assume("item", op_name(func), f"{value} for a value that depends on the data")
    return value


@rule("nonzero", "argwhere")
def nonzero(
    mode: PartialEvaluation, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """Where an unknown tensor is nonzero: everywhere."""
    tensor = args[0]
    if mode.is_unknown(tensor):
        mode.assume("nonzero", op_name(func), "every element is nonzero")
        tensor = torch.ones(tensor.shape, dtype=torch.bool)
    return mode.compute_and_record(func, (tensor,), kwargs)


@rule("masked_select")
def masked_select(
    mode: PartialEvaluation, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """What an unknown mask selects: everything."""
    source, mask = args[:2]
    if not mode.any_unknown(source, mask):
        return mode.compute_and_record(func, args, kwargs)
    with mode:
        return source.expand(torch.broadcast_shapes(source.shape, mask.shape))[mask]


@rule("index", "index_put", "index_put_", "_index_put_impl_", "_unsafe_index", "_unsafe_index_put")
def index(
    mode: PartialEvaluation, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """Masks among the indices become the positions where they are true."""
    positions: list[Any] = []
    for entry in args[1]:
        if entry is None or entry.dtype not in (torch.bool, torch.uint8):
            positions.append(entry)
            continue
        if mode.is_unknown(entry):
            mode.assume("nonzero", op_name(func), "every element of the mask is true")
            entry = torch.ones(entry.shape, dtype=torch.bool)
        positions.extend(entry.nonzero(as_tuple=True))
    return mode.evaluate(func, (args[0], positions, *args[2:]), kwargs)


def metadata_write(
    mode: PartialEvaluation, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """Operators that reshape a tensor in place touch no values: they run as they are."""
    if not mode.is_unknown(args[0]) or type(args[0]) is not Unknown:
        return mode.evaluate(func, args, kwargs)
    with torch._C._DisableTorchDispatch():  # type: ignore[attr-defined]  # not in torch's stubs
        func(*args, **kwargs)
    args[0].key = key_of(args[0])
    return args[0]


RULES.update(
    {
        overload: metadata_write
        for name in dir(aten)
        if name.endswith("_") and not name.startswith("__")
        for overload in overloads(name)
        if torch.Tag.inplace_view in overload.tags
    }
)
