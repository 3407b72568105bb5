"""An exported program as torch reads it to the model that is counted and run in its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import torch
from torch import fx, nn
from torch.export import ExportedProgram
from torch.export.graph_signature import ConstantArgument, InputKind, InputSpec, OutputKind

from flopscope.replay.bodies import Ref, State, body_of
from flopscope.replay.graphs import Flattening
from flopscope.replay.modules import Program, Replayed, Shared, with_signature
from flopscope.replay.parameters import signature_of
from flopscope.replay.sizes import Size, Taken

_STATE = (InputKind.PARAMETER, InputKind.BUFFER)


def replayed(exported: ExportedProgram) -> Program:
    """A model with the modules, parameters and buffers of the one that was exported.

    Its operators are those of the program, each run by the module that it was in. Parameters that
    were shared are so again. No tensor is copied.

    Raises:
        TargetError: the program calls something that is no operator.
    """
    graph, signature = exported.graph_module, exported.graph_signature
    placeholders = [node for node in graph.graph.nodes if node.op == "placeholder"]
    pairs = list(zip(signature.input_specs, placeholders, strict=True))
    values: dict[fx.Node, Any] = {}
    taken, constants = [], {}
    for spec, node in pairs:
        if spec.kind is InputKind.USER_INPUT:
            one = _taken(spec, node, exported.range_constraints)
            taken.append(one)
            values[node] = one.value if one.is_fixed else Ref(node.name)
        elif spec.kind in _STATE or spec.target in exported.constants:
            values[node] = State(node.name)
            if spec.kind not in _STATE:
                constants[node.name] = exported.constants[spec.target]
    flat = Flattening(constants=constants)
    returned = flat.add(graph, values)
    gives = tuple(
        value
        for value, spec in zip(returned, signature.output_specs, strict=True)
        if spec.kind is OutputKind.USER_OUTPUT
    )
    body = body_of(flat.steps, [one.name for one in taken if not one.is_fixed], gives)
    places = {
        node.name: _place(spec.target)
        for spec, node in pairs
        if spec.kind in _STATE and spec.target
    }
    shared = Shared()
    kind = flat.kinds.get("", "Module")
    make = with_signature(kind, signature_of(exported, taken))
    program = make(kind, shared, body, taken, flat.constants, places)
    held = {**exported.constants, **exported.state_dict}
    targets = {spec.target for spec, _ in pairs if spec.kind in _STATE} | set(exported.state_dict)
    _grow(program, shared, flat.kinds, {name: held[name] for name in held if name in targets})
    nn.Module.train(program, mode=False)
    return program


def _grow(
    program: Program,
    shared: Shared,
    kinds: Mapping[str, str],
    state: Mapping[str, Any],
) -> None:
    """Give a program its modules, and them their parameters and buffers."""
    for scope in kinds:
        if scope and not scope.startswith("_empty_nn_module_stack"):  # what torch writes for none
            _module(program, shared, kinds, scope)
    for name, tensor in zip(state, _tied(state.values()), strict=True):
        scope, held_as = _place(name)
        module = _module(program, shared, kinds, scope)
        if isinstance(tensor, nn.Parameter):
            module.register_parameter(held_as, tensor)
        else:
            module.register_buffer(held_as, tensor)


def _module(program: Program, shared: Shared, kinds: Mapping[str, str], scope: str) -> Replayed:
    if not scope:
        return program
    if scope not in shared.modules:
        parent, name = _place(scope)
        module = shared.modules[scope] = Replayed(kinds.get(scope, "Module"), shared)
        _module(program, shared, kinds, parent).add_module(name, module)
    return shared.modules[scope]


def _place(name: str) -> tuple[str, str]:
    scope, _, last = name.rpartition(".")
    return scope, last


def _tied(tensors: Iterable[torch.Tensor]) -> Iterator[torch.Tensor]:
    """The tensors, with one in the place of all that are the same stretch of memory."""
    first: dict[Any, torch.Tensor] = {}
    for tensor in tensors:
        memory = tensor.untyped_storage()
        if memory.nbytes() == 0:
            yield tensor
            continue
        stretch = memory._cdata, tensor.storage_offset(), tensor.shape, tensor.stride()
        yield first.setdefault((stretch, tensor.dtype, type(tensor)), tensor)


def _taken(spec: InputSpec, node: fx.Node, ranges: Mapping[Any, Any]) -> Taken:
    if isinstance(spec.arg, ConstantArgument):
        return Taken(spec.arg.name, value=spec.arg.value, is_fixed=True)
    example = node.meta.get("val")
    if not isinstance(example, torch.Tensor):
        return Taken(node.name)
    return Taken(node.name, tuple(_size(size, ranges) for size in example.shape))


def _size(size: int | torch.SymInt, ranges: Mapping[Any, Any]) -> Size:
    if isinstance(size, int):
        return Size(number=size)
    expression = size.node.expr
    if not expression.is_Symbol:
        return Size(symbol=expression)
    known = ranges.get(expression)
    if known is None:
        return Size(symbol=expression)
    low = int(known.lower) if known.lower.is_Integer else None
    high = int(known.upper) if known.upper.is_Integer else None
    # torch writes 2 where it found no lower end, and lets such a size be 0 or 1 all the same.
    return Size(symbol=expression, low=low if low is not None and low > 2 else None, high=high)
