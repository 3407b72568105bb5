"""Building a model without its weights: no memory for parameters, no time for initialising them."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from weakref import WeakSet

import torch
from torch.nn.modules.module import register_module_parameter_registration_hook
from torch.nn.parameter import UninitializedBuffer, UninitializedParameter, is_lazy
from torch.utils._python_dispatch import _disable_current_modes
from torch.utils._pytree import tree_map_only

from flopscope.records import Operation
from flopscope.trace.devices import EveryDeviceIsTheCPU
from flopscope.trace.evaluate import PartialEvaluation
from flopscope.trace.unknown import META, key_of, meta_tensor


@contextmanager
def building() -> Iterator[None]:
    """Modules constructed inside have their parameters on the meta device.

    Constants that a constructor computes (tables of indices, schedules) are real.
    """
    replaced: dict[int, tuple[torch.Tensor, torch.nn.Parameter]] = {}

    def without_values(_module: torch.nn.Module, _name: str, parameter: Any) -> Any:
        if type(parameter) is not torch.nn.Parameter or parameter.is_meta:
            return None
        if id(parameter) not in replaced:
            meta = torch.nn.Parameter(meta_tensor(key_of(parameter)), parameter.requires_grad)
            replaced[id(parameter)] = parameter, meta
        return replaced[id(parameter)][1]

    handle = register_module_parameter_registration_hook(without_values)
    try:
        with _WithoutValues(), _on_meta():
            yield
    finally:
        handle.remove()


class _WithoutValues(EveryDeviceIsTheCPU):
    """Parameters stay without values: initialisers return at once where there is nothing to write.

    What a constructor puts into a parameter's ``data`` gives it another shape. A deep copy of a
    real tensor is real, however large: its memory would be copied by an operator like others.
    """

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        if getattr(func, "__name__", "") in _INITIALISERS:
            tensor = args[0] if args else kwargs.get("tensor")
            if isinstance(tensor, torch.Tensor) and tensor.is_meta:
                return tensor
        if func == _SET_DATA and args[0].is_meta and not args[1].is_meta:
            args = args[0], meta_tensor(key_of(args[1]))
        if func == torch.Tensor.__deepcopy__ and not args[0].is_meta:
            with _disable_current_modes():
                return func(*args, **kwargs or {})
        return super().__torch_function__(func, types, args, kwargs)


_INITIALISERS = frozenset(
    ("constant_", "fill_", "kaiming_uniform_", "normal_", "uniform_", "zero_")
)
"""Functions that fill a tensor and ask nothing of it; torch's other initialisers call these.

By name, since they are methods as well as functions, and libraries put their own in their place.
"""

_SET_DATA = torch.Tensor.data.__set__  # type: ignore[attr-defined] # a property to a type checker


def materialized(
    model: torch.nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> torch.nn.Module:
    """A copy of a model on the meta device whose lazy modules have seen their first input."""
    copied = copy.deepcopy(model)
    _MATERIALIZED.update(module for module in copied.modules() if _holds_lazy(module))
    for module in copied.modules():
        for table, uninitialized in (
            (module._parameters, UninitializedParameter),
            (module._buffers, UninitializedBuffer),
        ):
            for name, tensor in table.items():
                if tensor is not None and is_lazy(tensor):
                    table[name] = uninitialized(device=META, dtype=tensor.dtype)  # type: ignore[assignment,call-arg] # torch types neither
    meta_args, meta_kwargs = tree_map_only(
        torch.Tensor, lambda tensor: meta_tensor(key_of(tensor)), (args, dict(kwargs))
    )
    with torch.no_grad(), _on_meta():
        copied(*meta_args, **meta_kwargs)
    return copied


_MATERIALIZED: WeakSet[torch.nn.Module] = WeakSet()


def was_lazy(module: torch.nn.Module) -> bool:
    """Whether a module was of a lazy class, whose sizes come from its first input, in the model."""
    return module in _MATERIALIZED


def _holds_lazy(module: torch.nn.Module) -> bool:
    held = (*module._parameters.values(), *module._buffers.values())
    return any(tensor is not None and is_lazy(tensor) for tensor in held)


def _on_meta() -> PartialEvaluation:
    return PartialEvaluation(_ignore, _ignore_assumption, make_unknown=meta_tensor)


def _ignore(_operation: Operation, _given: Iterable[Any], _returned: Any) -> None:
    """A constructor's operators are not part of the cost of a forward pass."""


def _ignore_assumption(_name: str, _op: str, _value: str) -> None:
    """Nor are the values that its initialisers branch on."""
