"""Which parameters an operator is given: told by identity, also through views of them."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch.nn.parameter import is_lazy

from flopscope.naming import module_paths
from flopscope.records import Operation, ParameterUse, Scope, TensorSpec
from flopscope.trace.specs import spec_of, tensors_among


class Parameters:
    """A model's parameters and the views that its forward pass takes of them.

    Args:
        model: as it is before others are put into the place of its parameters for a trace.
    """

    def __init__(self, model: torch.nn.Module) -> None:
        held = ((scope, module._parameters) for scope, module in module_paths(model))
        self._trained = {
            _full_name(scope, name)
            for scope, table in held
            for name, tensor in table.items()
            if tensor is not None and tensor.requires_grad
        }
        self._uses: dict[int, tuple[weakref.ref[torch.Tensor], ParameterUse]] = {}

    def find(self, model: torch.nn.Module) -> None:
        """Know every parameter of a model, a shared one by its first name."""
        for scope, module in module_paths(model):
            held: Mapping[str, Any] = module._parameters
            for name, tensor in held.items():
                if tensor is None or id(tensor) in self._uses or is_lazy(tensor):
                    continue
                use = ParameterUse(_full_name(scope, name), tensor.numel(), spec_of(tensor))
                self._know(tensor, use)

    def is_trained(self, tensor: torch.Tensor) -> bool:
        """Whether a tensor is a parameter that is trained, or a view of one."""
        use = self._uses.get(id(tensor))
        return use is not None and use[1].name in self._trained

    def among(self, values: Iterable[Any]) -> tuple[ParameterUse, ...]:
        """The parameters and views of parameters among an operator's arguments."""
        known, found = self._uses, []
        for value in values:
            if id(value) in known:
                found.append(known[id(value)][1])
            elif isinstance(value, (list, tuple)):
                found += self.among(value)
        return tuple(found)

    def follow(self, use: ParameterUse, operation: Operation, returned: Any) -> None:
        """Know what an operator returned as views of the parameter that it was given."""
        plain = [str(value) for value in operation.args.values() if not _is_tensor(value)]
        taken = f"{operation.op}({', '.join(plain)})"
        for place, tensor in enumerate(tensors_among((returned,))):
            views = (*use.views, f"{taken}[{place}]")
            self._know(tensor, replace(use, given=spec_of(tensor), views=views))

    def _know(self, tensor: torch.Tensor, use: ParameterUse) -> None:
        """Know a tensor for as long as it lives: another may come to have its id then."""
        name = id(tensor)

        def forget(gone: object) -> None:
            if name in self._uses and self._uses[name][0] is gone:
                del self._uses[name]

        self._uses[name] = weakref.ref(tensor, forget), use


def _full_name(scope: Scope, name: str) -> str:
    return f"{scope}.{name}" if scope else name


def _is_tensor(value: object) -> bool:
    return isinstance(value, TensorSpec)
