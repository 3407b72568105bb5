"""What each module of a model is and owns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch.nn.parameter import is_lazy

from flopscope.naming import kind_of, module_paths
from flopscope.records import ModuleSpec, Scope
from flopscope.trace.scopes import Visits


@dataclass
class _Holdings:
    """The tensors that one module owns, and those it shares with their owner."""

    params: list[torch.Tensor] = field(default_factory=list)
    buffers: list[torch.Tensor] = field(default_factory=list)
    shared: list[tuple[str, str]] = field(default_factory=list)


def module_specs(model: torch.nn.Module, visits: Mapping[Scope, Visits]) -> tuple[ModuleSpec, ...]:
    """Every module with what it owns and what a forward pass saw of it, parents first.

    A tensor held by several modules belongs to the first of them that ran.
    """
    paths = list(module_paths(model))
    holdings: dict[Scope, _Holdings] = {scope: _Holdings() for scope, _ in paths}
    owner: dict[int, str] = {}
    for scope, module in sorted(paths, key=lambda path: path[0] not in visits):
        _claim(scope, module, holdings[scope], owner)
    return tuple(
        _spec(scope, module, holdings[scope], visits.get(scope, Visits()))
        for scope, module in paths
    )


def _claim(scope: Scope, module: torch.nn.Module, held: _Holdings, owner: dict[int, str]) -> None:
    for table, owned in ((module._parameters, held.params), (module._buffers, held.buffers)):
        for name, tensor in table.items():
            if tensor is None:
                continue
            full_name = f"{scope}.{name}" if scope else name
            if id(tensor) in owner:
                held.shared.append((name, owner[id(tensor)]))
            else:
                owner[id(tensor)] = full_name
                owned.append(tensor)


def _spec(scope: Scope, module: torch.nn.Module, held: _Holdings, visits: Visits) -> ModuleSpec:
    return ModuleSpec(
        scope=scope,
        kind=kind_of(module),
        calls=visits.calls,
        outputs=visits.outputs,
        output_nbytes=visits.output_nbytes,
        params=sum(_numel(tensor) for tensor in held.params),
        trainable_params=sum(_numel(tensor) for tensor in held.params if tensor.requires_grad),
        buffers=sum(_numel(tensor) for tensor in held.buffers),
        param_nbytes=sum(_nbytes(tensor) for tensor in held.params),
        buffer_nbytes=sum(_nbytes(tensor) for tensor in held.buffers),
        shared=tuple(held.shared),
    )


def _numel(tensor: torch.Tensor) -> int:
    return 0 if is_lazy(tensor) else tensor.numel()


def _nbytes(tensor: torch.Tensor) -> int:
    return _numel(tensor) * tensor.element_size()
