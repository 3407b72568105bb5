"""What a program is given in a trace: its state and its inputs, without their values."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, cast

import torch
from torch.utils._pytree import tree_leaves, tree_map

from flopscope.naming import module_paths
from flopscope.trace.specs import tensors_among
from flopscope.trace.unknown import CPU, KNOWN_ELEMENTS, Unknown, key_of, takes_itself_apart


def replace_state(model: torch.nn.Module, device: torch.device = CPU) -> None:
    """Put unknown tensors in the place of those on the meta device, which claims another device.

    In the place of all parameters where gradients can be computed, lest they be given some, and
    where another device than the CPU is claimed, on which they are then, too.
    """
    every_parameter = device != CPU or torch.is_grad_enabled()
    made: dict[int, Unknown] = {}
    for _, module in module_paths(model):
        for table, is_parameter in ((module._parameters, True), (module._buffers, False)):
            for name, tensor in table.items():
                if tensor is None or type(tensor) not in _PLAIN:
                    continue
                if tensor.is_meta or (is_parameter and every_parameter):
                    if id(tensor) not in made:
                        made[id(tensor)] = _unknown_state(tensor, device, is_parameter)
                    table[name] = made[id(tensor)]  # type: ignore[assignment]  # see Unknown


def _unknown_state(tensor: torch.Tensor, device: torch.device, is_parameter: bool) -> Unknown:  # noqa: FBT001 - of a private call
    unknown = Unknown(key_of(tensor), is_parameter=is_parameter, device=device)
    unknown.requires_grad = tensor.requires_grad and torch.is_grad_enabled()
    return unknown


_PLAIN = (torch.Tensor, torch.nn.Parameter)


def inputs_without_values(
    args: tuple[Any, ...], kwargs: dict[str, Any], device: torch.device = CPU
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The inputs for a trace, and copies of the objects among them, such as a cache to fill."""
    replaced = {
        id(tensor): _without_values(tensor, device)
        for tensor in tree_leaves((args, kwargs))
        if isinstance(tensor, torch.Tensor)
    }
    given = tree_map(lambda leaf: replaced.get(id(leaf), leaf), (args, kwargs))
    as_they_are = {id(value): value for value in replaced.values()}
    with suppress(Exception):  # what cannot be copied is given as it is
        given = copy.deepcopy(given, as_they_are)
    return cast("tuple[tuple[Any, ...], dict[str, Any]]", given)


def _without_values(value: Any, device: torch.device) -> Any:
    """Floating-point inputs become unknown; integers and booleans are kept while they are small."""
    if not isinstance(value, torch.Tensor) or takes_itself_apart(type(value)):
        return value
    if value.dtype.is_floating_point or value.dtype.is_complex or value.is_meta:
        unknown = Unknown(key_of(value), device=device)
        unknown.requires_grad = value.requires_grad
        return unknown
    if value.numel() > KNOWN_ELEMENTS:
        return Unknown(key_of(value), device=device)
    return value.detach().cpu()


def tensors_of(
    model: torch.nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Iterator[torch.Tensor]:
    """Every tensor of the caller's with values that could be computed with, and so written to."""
    for _, module in module_paths(model):
        yield from tensors_among(module._buffers.values())
        yield from tensors_among(module.__dict__.values())
    for leaf in tree_leaves((args, kwargs)):
        if isinstance(leaf, torch.Tensor):
            yield leaf
