"""The calls of a trace as a compiler takes them apart: what each one makes, and of what."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from flopscope.analysis.prediction.lowering import kernels_of
from flopscope.analysis.prediction.lowering.normalizations import row_of
from flopscope.records import Call, Operation, Scope, TensorSpec, Trace, integers_in

Role: TypeAlias = Literal["pointwise", "join", "window", "reduction", "library"]
"""How the compiler treats a step.

``pointwise`` is made element by element, and fused with what it is made of and what is made of it.
``join`` is as well, but not with what is made of it: many tensors, copied into one.
``window`` is the other way round: it reads each element several times, so that what it reads is in
memory first. ``reduction`` makes one number of each row. ``library`` is a library's kernel.
"""

ROLES: Mapping[str, Role] = {
    **dict.fromkeys(("pointwise", "indexed pointwise", "cast", "copy", "join"), "pointwise"),
    **dict.fromkeys(("gather", "batch norm"), "pointwise"),
    **dict.fromkeys(("pool", "interpolation"), "window"),
    **dict.fromkeys(("layer norm", "group norm", "rms norm", "softmax", "reduction"), "reduction"),
}
"""By the kind of the kernel that an operator is without a compiler."""

NORMS = frozenset({"layer norm", "group norm", "rms norm", "softmax"})
"""Kinds of reductions that are applied to what they are of: taken apart into one and the other."""

LIBRARY = frozenset(
    {
        *("aten.sort", "aten.argsort", "aten.topk", "aten.cumsum", "aten.cumprod"),
        *("aten.masked_select", "aten.scatter", "aten.scatter_add", "aten.index_add"),
        "aten.grid_sampler",
    }
)
"""Operators of these kinds that the compiler leaves to libraries, or can't fuse."""

LARGEST_WINDOW = 25
"""Elements of a window up to which the compiler pools, rather than a library.

Source: ``should_fallback_max_pool_with_indices`` and ``_avg_poolnd`` in lowering.py of
torch/_inductor.
"""

MOST_JOINED = 8
"""Tensors up to which joining them is fused with what is made of them.

Source: ``max_pointwise_cat_inputs`` in torch/_inductor/config.py.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """A tensor that a node reads, and the place of the node that made it: None of a given one."""

    tensor: TensorSpec
    maker: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One step: an operator, or a part of one.

    Attributes:
        operation: the operator.
        scope: of the module that called it.
        role: how it is treated.
        readings: what it is made of.
        outputs: what it makes.
        rows: of a reduction, how many numbers it makes.
        depth: of a reduction, of how many elements each; otherwise 1.
    """

    operation: Operation
    scope: Scope
    role: Role
    readings: tuple[Reading, ...]
    outputs: tuple[TensorSpec, ...]
    rows: int = 0
    depth: int = 1

    @property
    def elements(self) -> int:
        """Of its largest output."""
        return max((output.numel for output in self.outputs), default=0)

    @property
    def op(self) -> str:
        """Its operator, without the underscore of those that write in place."""
        return self.operation.op.removesuffix("_")


def nodes_of(trace: Trace) -> Sequence[Node]:
    """The steps that lead to the model's result, views aside, each after what it is made of."""
    found: list[Node] = []
    makers: dict[int, int] = {}  # by memory, the node that wrote it last
    operations = {id(call.operation): call.operation for call in trace.calls if call.is_used}
    lowered = {key: kernels_of(operation) for key, operation in operations.items()}
    for call in trace.calls:
        kernels = lowered[id(call.operation)] if call.is_used else ()
        if kernels:
            has_products = any(kernel.macs for kernel in kernels)
            kind = "product" if has_products else kernels[-1].kind
            found.extend(_nodes(call, kind, _readings(call, makers), len(found)))
            makers.update((each, len(found) - 1) for each in call.written if each is not None)
    return found


def _readings(call: Call, makers: Mapping[int, int]) -> tuple[Reading, ...]:
    tensors = tuple(call.operation.tensors())
    numbers = call.read if len(call.read) == len(tensors) else (None,) * len(tensors)
    return tuple(
        Reading(tensor, None if number is None else makers.get(number))
        for tensor, number in zip(tensors, numbers, strict=True)
    )


def _nodes(call: Call, kind: str, readings: tuple[Reading, ...], place: int) -> Iterator[Node]:
    operation, scope = call.operation, call.scope
    role, outputs = _role(operation, kind), operation.outputs
    if role == "reduction":
        rows, depth = _loop(operation, kind)
        if kind in NORMS:
            made = (TensorSpec((rows,)),)
            yield Node(operation, scope, "reduction", readings[:1], made, rows, depth)
            both = 2 * (Reading(made[0], place),)  # a mean and a deviation, a maximum and a sum
            yield Node(operation, scope, "pointwise", (*readings, *both), outputs)
        else:
            yield Node(operation, scope, "reduction", readings, outputs, rows, depth)
        return
    yield Node(operation, scope, role, readings, outputs)
    bias = operation.args.get("bias")
    if role == "library" and "conv" in operation.op and isinstance(bias, TensorSpec):
        added = (*(Reading(output, place) for output in outputs), Reading(bias, None))
        yield Node(operation, scope, "pointwise", added, outputs)


def _role(operation: Operation, kind: str) -> Role:
    op = operation.op.removesuffix("_")
    if op in LIBRARY or (op.startswith("aten.adaptive") and not _is_global(operation)):
        return "library"
    if kind == "join" and sum(1 for _ in operation.tensors()) > MOST_JOINED:
        return "join"
    role = ROLES.get(kind, "library")
    return "library" if role == "window" and _window(operation) > LARGEST_WINDOW else role


def _is_global(operation: Operation) -> bool:
    return math.prod(operation.outputs[0].shape[2:]) == 1


def _window(operation: Operation) -> int:
    """How many elements a pooled one is of."""
    sides = integers_in(operation.args.get("kernel_size"))
    return math.prod(sides * (operation.outputs[0].ndim - 2) if len(sides) == 1 else sides)


def _loop(operation: Operation, kind: str) -> tuple[int, int]:
    """How many rows a reduction has, and how many elements each."""
    given, out = next(operation.tensors()), operation.outputs[0]
    depth = max(1, row_of(operation) if kind in NORMS else given.numel // max(1, out.numel))
    return given.numel // depth, depth


def readers_of(nodes: Sequence[Node]) -> Mapping[int, Sequence[int]]:
    """By place of a node, the places of those that read what it makes."""
    found: dict[int, list[int]] = {}
    for place, node in enumerate(nodes):
        for maker in dict.fromkeys(reading.maker for reading in node.readings):
            if maker is not None:
                found.setdefault(maker, []).append(place)
    return found
