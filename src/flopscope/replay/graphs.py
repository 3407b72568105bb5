"""The graph of an exported program to its operators in order, each with the modules it ran in."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import fx
from torch._ops import HigherOrderOperator, OpOverload

from flopscope.errors import TargetError
from flopscope.replay.bodies import Entry, Inner, Ref, State, Step, body_of

_CHECKS = ("_assert", "sym_constrain_range", "_functional_assert", "_functional_sym_constrain")
"""What the names of operators begin with that only check what export found out."""


@dataclass
class Flattening:
    """Collects the operators of a graph and of those inside it.

    Attributes:
        steps: in order.
        kinds: the classes of modules by scope, as far as operators ran in them.
        constants: tensors that a graph holds itself, by name.
    """

    steps: list[Step] = field(default_factory=list)
    kinds: dict[str, str] = field(default_factory=dict)
    constants: dict[str, torch.Tensor] = field(default_factory=dict)

    def add(
        self,
        graph: fx.GraphModule,
        values: dict[fx.Node, Any],
        prefix: str = "",
        autocast: tuple[str, Any, bool] | None = None,
    ) -> Any:
        """Take the operators of a graph, and say what it returns: one value or a tuple of them.

        Args:
            graph: what runs.
            values: what stands for its placeholders.
            prefix: of the names of what it makes.
            autocast: what is cast in it.

        Raises:
            TargetError: it calls something that is no operator.
        """
        for node in graph.graph.nodes:
            if node.op == "get_attr":
                values[node] = self._held(graph, node.target, prefix)
            elif node.op == "output":
                return _translated(node.args[0], values)
            elif node.op == "call_function":
                values[node] = self._called(node, values, prefix, autocast)
        return ()

    def _held(self, graph: fx.GraphModule, target: str, prefix: str) -> Any:
        held = operator.attrgetter(target)(graph)
        if isinstance(held, torch.Tensor):
            self.constants[prefix + target] = held
            return State(prefix + target)
        return held

    def _called(
        self,
        node: fx.Node,
        values: Mapping[fx.Node, Any],
        prefix: str,
        autocast: tuple[str, Any, bool] | None,
    ) -> Any:
        args = _translated(node.args, values)
        name = prefix + node.name
        target: Any = node.target
        if isinstance(target, HigherOrderOperator) and target.name() in _REGIONS:
            region, given, cast = _REGIONS[target.name()](args, autocast)
            return self.add(region, _bound(region, given), f"{name}.", cast)
        if target is operator.getitem and isinstance(args[0], tuple):
            return args[0][args[1]]  # what a region returned
        if isinstance(target, OpOverload) and target._opname.startswith(_CHECKS):
            return None
        path = self._path(node)
        target, floats = _callable(target)
        args = self._inner(args, path, f"{name}.", autocast)
        kwargs = _translated(dict(node.kwargs), values)
        self.steps.append(Step(name, target, args, kwargs, path, floats, autocast))
        return Ref(name)

    def _inner(
        self,
        args: tuple[Any, ...],
        path: tuple[Entry, ...],
        prefix: str,
        autocast: tuple[str, Any, bool] | None,
    ) -> tuple[Any, ...]:
        """The arguments with what they run in the place of graphs."""
        found: list[Any] = []
        for place, value in enumerate(args):
            if isinstance(value, fx.GraphModule):
                inside = Flattening(kinds=self.kinds, constants=self.constants)
                names = [f"{prefix}{place}.{node.name}" for node in _placeholders(value)]
                bound = _bound(value, [Ref(name) for name in names])
                returned = inside.add(value, bound, f"{prefix}{place}.", autocast)
                is_single = not isinstance(returned, (tuple, list))
                gives = (returned,) if is_single else tuple(returned)
                found.append(Inner(body_of(inside.steps, names, gives, len(path)), is_single))
            else:
                found.append(value)
        return tuple(found)

    def _path(self, node: fx.Node) -> tuple[Entry, ...]:
        stack: Mapping[str, tuple[str, Any]] = node.meta.get("nn_module_stack") or {}
        path = []
        for key, (scope, kind) in stack.items():
            self.kinds.setdefault(scope, _class_name(kind))
            if scope:
                path.append(Entry(key, scope))
        return tuple(path)


def _class_name(kind: Any) -> str:
    name = kind if isinstance(kind, str) else kind.__qualname__
    return name.rpartition(".")[2]


def _placeholders(graph: fx.GraphModule) -> list[fx.Node]:
    return [node for node in graph.graph.nodes if node.op == "placeholder"]


def _bound(graph: fx.GraphModule, given: Sequence[Any]) -> dict[fx.Node, Any]:
    return dict(zip(_placeholders(graph), given, strict=True))


def _translated(values: Any, known: Mapping[fx.Node, Any]) -> Any:
    """Arguments of a node with what stands for other nodes, in plain lists and tuples."""
    if isinstance(values, fx.Node):
        return known[values]
    if isinstance(values, tuple):
        return tuple(_translated(value, known) for value in values)
    if isinstance(values, list):
        return [_translated(value, known) for value in values]
    if isinstance(values, dict):
        return {name: _translated(value, known) for name, value in values.items()}
    return values


def _without_gradients(args: tuple[Any, ...], autocast: Any) -> tuple[Any, Sequence[Any], Any]:
    return args[1], args[2:], autocast


def _with_autocast(args: tuple[Any, ...], _autocast: Any) -> tuple[Any, Sequence[Any], Any]:
    device_type, dtype, enabled = args[:3]
    return args[4], args[5:], (device_type, dtype, enabled)


_REGIONS: Mapping[str, Callable[[tuple[Any, ...], Any], tuple[Any, Sequence[Any], Any]]] = {
    "wrap_with_set_grad_enabled": _without_gradients,
    "wrap_with_autocast": _with_autocast,
}
"""Operators that run a graph once: to that graph, what it is given, and what is cast in it."""


def _cond(predicate: Any, then: Any, otherwise: Any, operands: Sequence[Any] = ()) -> Any:
    return (then if predicate else otherwise)(*operands)


def _while_loop(go_on: Any, step: Any, carried: Sequence[Any], others: Sequence[Any] = ()) -> Any:
    values = tuple(carried)
    while go_on(*values, *others):
        values = step(*values, *others)
    return values


_CONTROL: Mapping[str, Callable[..., Any]] = {"cond": _cond, "while_loop": _while_loop}
"""Operators that choose what to run, as the Python that they stand for."""

_SYMBOLIC: Mapping[str, Callable[..., Any]] = {
    "sym_size": lambda tensor, dim: tensor.size(dim),
    "sym_stride": lambda tensor, dim: tensor.stride(dim),
    "sym_numel": lambda tensor: tensor.numel(),
    "sym_storage_offset": lambda tensor: tensor.storage_offset(),
}
"""Operators that read a number off a tensor, which is no work."""


_OF_CONSTANTS = (torch.ops.aten.lift_fresh_copy.default, torch.ops.aten.detach_.default)
"""What export writes for torch.tensor() in a model, which makes one without an operator."""


def _itself(tensor: torch.Tensor) -> torch.Tensor:
    return tensor


def _callable(target: Any) -> tuple[Callable[..., Any], bool]:
    """What to call for an operator, and whether that is bookkeeping.

    Raises:
        TargetError: it is no operator; an exported program calls nothing else.
    """
    if target in _OF_CONSTANTS:
        return _itself, True
    if isinstance(target, OpOverload):
        reads = target._opname in _SYMBOLIC and target.namespace == "aten"
        return (_SYMBOLIC[target._opname], True) if reads else (target, False)
    if isinstance(target, HigherOrderOperator):
        return _CONTROL.get(target.name(), target), False
    if target in _scalar_functions():
        return target, True
    raise TargetError(
        f"the exported program calls {target}, which is no operator",
        hint="save it anew with torch.export.save",
    )


def _scalar_functions() -> Iterator[Any]:
    """What works on sizes: of the operator module, of math, and torch's own of these."""
    yield from (value for name, value in vars(operator).items() if not name.startswith("__"))
    yield from (value for name, value in vars(math).items() if callable(value))
    yield from (value for name, value in vars(torch).items() if name.startswith(("sym_", "_sym_")))
