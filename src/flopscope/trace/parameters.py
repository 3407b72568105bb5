"""Which parameters an operator is given: told by identity, also through views of them."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch.nn.parameter import is_lazy

from flopscope.naming import module_paths
from flopscope.records import Operation, ParameterUse, TensorSpec
from flopscope.trace.specs import spec_of, tensors_among


class Parameters:
    """A model's parameters and the views that its forward pass takes of them."""

    def __init__(self) -> None:
        self._uses: dict[int, tuple[weakref.ref[torch.Tensor], ParameterUse]] = {}

    def find(self, model: torch.nn.Module) -> None:
        """Know every parameter of a model, a shared one by its first name."""
        for scope, module in module_paths(model):
            held: Mapping[str, Any] = module._parameters
            for name, tensor in held.items():
                if tensor is None or id(tensor) in self._uses or is_lazy(tensor):
                    continue
                full_name = f"{scope}.{name}" if scope else name
                use = ParameterUse(full_name, tensor.numel(), spec_of(tensor))
                self._know(tensor, use)

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


def _is_tensor(value: object) -> bool:
    return isinstance(value, TensorSpec)
