"""Torch's values as the plain ones that a trace is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

import torch

from flopscope.records import Argument, Operation, TensorSpec
from flopscope.trace.unknown import stored_elements


def dtype_name(dtype: torch.dtype) -> str:
    """``"float32"`` for ``torch.float32``."""
    return str(dtype).removeprefix("torch.")


def spec_of(tensor: torch.Tensor) -> TensorSpec:
    """Shape, dtype and, where they aren't the contiguous ones, strides."""
    shape, dtype, layout = tuple(tensor.shape), dtype_name(tensor.dtype), tensor.layout
    if layout is not torch.strided and layout is not torch.jagged:
        return TensorSpec(shape, dtype, stored=stored_elements(tensor))
    if layout is not torch.strided or tensor.is_nested or tensor.is_contiguous():
        return TensorSpec(shape, dtype)
    return TensorSpec(shape, dtype, tuple(tensor.stride()))


def map_tensors(function: Callable[[torch.Tensor], Any], values: Any) -> Any:
    """An operator's arguments with every tensor replaced, also inside lists and tuples."""
    if isinstance(values, torch.Tensor):
        return function(values)
    if isinstance(values, (list, tuple)):
        return type(values)([map_tensors(function, value) for value in values])
    return values


def tensors_among(values: Iterable[Any]) -> list[torch.Tensor]:
    """Every tensor among an operator's arguments or results, also inside lists and tuples."""
    found: list[torch.Tensor] = []
    for value in values:
        if isinstance(value, torch.Tensor):
            found.append(value)
        elif isinstance(value, (list, tuple)):
            found += tensors_among(value)
    return found


def named_specs(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, TensorSpec]:
    """The tensors among a module's arguments: as ``"0"``, ``"mask"``, ``"targets[0].boxes"``."""
    named = [*((str(place), value) for place, value in enumerate(args)), *kwargs.items()]
    return dict(pair for name, value in named for pair in _specs_inside(name, value))


def _specs_inside(name: str, value: Any) -> Iterator[tuple[str, TensorSpec]]:
    if isinstance(value, torch.Tensor):
        yield name, spec_of(value)
    elif isinstance(value, (list, tuple)):
        for place, item in enumerate(value):
            yield from _specs_inside(f"{name}[{place}]", item)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _specs_inside(f"{name}.{key}", item)


def argument_of(value: Any) -> Argument:
    """Any value that an operator takes or returns, without a torch object left in it."""
    if isinstance(value, torch.Tensor):
        return spec_of(value)
    if value is None or isinstance(value, (bool, int, float, complex, str)):
        return value
    if isinstance(value, (list, tuple)):
        return tuple(argument_of(item) for item in value)
    if isinstance(value, torch.dtype):
        return dtype_name(value)
    if isinstance(value, torch.ScriptObject) and hasattr(value, "unpack"):
        return argument_of(value.unpack())  # the weights of a quantised layer
    return str(value)


def arguments_by_name(
    func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> dict[str, Any]:
    """What an operator was called with, by its schema's names and with its defaults."""
    names, defaults = _signature(func)
    bound = dict(zip(names, args, strict=False))
    for name in names[len(args) :]:
        if name in kwargs:
            bound[name] = kwargs[name]
        elif name in defaults:
            bound[name] = defaults[name]
    return bound


@cache
def _signature(func: Any) -> tuple[tuple[str, ...], Mapping[str, Any]]:
    """The names of an operator's arguments, and the defaults of those that have one."""
    arguments = func._schema.arguments
    return tuple(argument.name for argument in arguments), {
        argument.name: argument.default_value
        for argument in arguments
        if argument.has_default_value()
    }


def operation_of(
    func: Any, bound: Mapping[str, Any], outputs: tuple[TensorSpec, ...], tags: frozenset[str]
) -> Operation:
    """The record of one operator on its arguments by name."""
    return Operation(
        op=op_name(func),
        overload=func._overloadname,
        args={name: argument_of(value) for name, value in bound.items()},
        outputs=outputs,
        tags=tags,
    )


def op_name(func: Any) -> str:
    """``"aten.add"`` for every overload of it."""
    return str(func._schema.name).replace("::", ".")


def schema_tags(func: Any) -> frozenset[str]:
    """What torch's schema says that costs depend on."""
    tags = set()
    if torch.Tag.pointwise in func.tags:
        tags.add("pointwise")
    if torch.Tag.reduction in func.tags:
        tags.add("reduction")
    if func._schema.is_mutable:
        tags.add("inplace")
    return frozenset(tags)
