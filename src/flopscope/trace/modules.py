"""What each module of a model is and owns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import torch
from torch.nn.parameter import is_lazy

from flopscope.naming import kind_of, library_of, module_paths
from flopscope.records import ModuleSpec, Scope
from flopscope.trace.building import was_lazy
from flopscope.trace.scopes import Visits


@dataclass
class _Holdings:
    """What one module owns, in elements and bytes, and the tensors that another one owns."""

    params: int = 0
    trainable_params: int = 0
    buffers: int = 0
    param_nbytes: int = 0
    buffer_nbytes: int = 0
    shared: list[tuple[str, str]] = field(default_factory=list)

    def own_parameter(self, tensor: torch.Tensor) -> None:
        elements = _numel(tensor)
        self.params += elements
        self.trainable_params += elements if tensor.requires_grad else 0
        self.param_nbytes += elements * tensor.element_size()

    def own_buffer(self, tensor: torch.Tensor) -> None:
        elements = _numel(tensor)
        self.buffers += elements
        self.buffer_nbytes += elements * tensor.element_size()


def module_specs(
    model: torch.nn.Module, visits: Mapping[Scope, Visits], peaks: Mapping[Scope, int]
) -> tuple[ModuleSpec, ...]:
    """Every module with what it owns and what a forward pass saw of it, parents first.

    A tensor held by several modules belongs to the first of them that ran.
    """
    paths = module_paths(model, visits)
    holdings: dict[Scope, _Holdings] = {scope: _Holdings() for scope, _ in paths}
    owner: dict[int, str] = {}
    never = Visits()
    for scope, module in sorted(paths, key=lambda path: path[0] not in visits):
        _claim(scope, module, holdings[scope], owner)
    first: dict[int, Scope] = {}
    specs = []
    for scope, module in paths:
        named = first.setdefault(id(module), scope)
        spec = _spec(scope, module, holdings[scope], visits.get(scope, never), peaks.get(scope, 0))
        specs.append(spec if named == scope else replace(spec, same_as=named))
    return tuple(specs)


def _claim(scope: Scope, module: torch.nn.Module, held: _Holdings, owner: dict[int, str]) -> None:
    for table, own in (
        (module._parameters, held.own_parameter),
        (module._buffers, held.own_buffer),
    ):
        for name, tensor in table.items():
            if tensor is None:
                continue
            full_name = f"{scope}.{name}" if scope else name
            if id(tensor) in owner:
                held.shared.append((name, owner[id(tensor)]))
            else:
                owner[id(tensor)] = full_name
                own(tensor)


def _spec(
    scope: Scope, module: torch.nn.Module, held: _Holdings, visits: Visits, peak_nbytes: int
) -> ModuleSpec:
    return ModuleSpec(
        scope=scope,
        kind=kind_of(module),
        calls=visits.calls,
        outputs=visits.outputs,
        output_nbytes=visits.output_nbytes,
        peak_nbytes=peak_nbytes,
        params=held.params,
        trainable_params=held.trainable_params,
        buffers=held.buffers,
        param_nbytes=held.param_nbytes,
        buffer_nbytes=held.buffer_nbytes,
        shared=tuple(held.shared),
        library=library_of(module),
        held_params=_held(module),
        is_lazy=was_lazy(module),
    )


def _held(module: torch.nn.Module) -> int:
    held = {id(tensor): tensor for tensor in module._parameters.values() if tensor is not None}
    return sum(map(_numel, held.values()))


def _numel(tensor: torch.Tensor) -> int:
    return 0 if is_lazy(tensor) else tensor.numel()
