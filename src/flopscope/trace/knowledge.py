"""What is known of the tensors in a program: whose they are, and what their values rest on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

import torch

from flopscope.trace.specs import map_tensors, tensors_among
from flopscope.trace.unknown import CPU, KNOWN_ELEMENTS, Unknown, address_of, memory_of

Supposition: TypeAlias = tuple[str, str, str]
"""An assumption's rule, the operator that needed it, and what was assumed in words."""


class Knowledge:
    """Keeps track of memory, by address: a tensor and its views stand and fall together.

    Args:
        foreign: tensors of the caller, which must never be written to.
    """

    def __init__(self, foreign: Iterable[torch.Tensor]) -> None:
        self._copies: dict[int, torch.UntypedStorage | None] = {
            address_of(tensor): None for tensor in foreign if _has_memory(tensor)
        }
        # The memory itself is kept too, lest another tensor come to lie at its address.
        self._overwritten: dict[int, torch.UntypedStorage] = {}
        self._supposed: dict[int, tuple[torch.UntypedStorage, Supposition]] = {}

    def is_unknown(self, tensor: torch.Tensor) -> bool:
        """Whether a tensor's values must not be looked at."""
        if type(tensor) is Unknown or tensor.is_meta or isinstance(tensor, torch.nn.Parameter):
            return True
        if tensor.numel() > KNOWN_ELEMENTS:
            return True
        return bool(self._overwritten) and address_of(tensor) in self._overwritten

    def compact(self, tensor: torch.Tensor) -> torch.Tensor | None:
        """What a tensor repeats, such as the rows of a mask that was expanded: itself, if nothing.

        None where those values must not be looked at, either.
        """
        if type(tensor) is Unknown or isinstance(tensor, torch.nn.Parameter):
            return None
        if tensor.layout is not torch.strided:
            return None
        once = [slice(1) if stride == 0 else slice(None) for stride in tensor.stride()]
        repeated = tensor[tuple(once)]
        return None if self.is_unknown(repeated) else repeated

    def forget(self, tensors: Iterable[torch.Tensor]) -> None:
        """Tensors that something unknown was written to are unknown from here on, to any bound."""
        for tensor in tensors:
            vars(tensor).pop("least", None)
            if _has_memory(tensor):
                self._overwritten[address_of(tensor)] = memory_of(tensor)

    def own(self, value: Any) -> Any:
        """An argument with copies of the caller's tensors, and the CPU for every device."""
        return CPU if isinstance(value, torch.device) else map_tensors(self._own_tensor, value)

    def _own_tensor(self, tensor: torch.Tensor) -> torch.Tensor:
        address = address_of(tensor)
        if address not in self._copies or tensor.layout is not torch.strided:
            return tensor
        storage = self._copies[address]
        if storage is None:
            storage = self._copies[address] = tensor.untyped_storage().clone()
        mine = torch.empty(0, dtype=tensor.dtype)
        return mine.set_(storage, tensor.storage_offset(), tensor.shape, tensor.stride())

    def suppose(self, tensor: torch.Tensor, supposition: Supposition) -> None:
        """Remember that a known tensor's values rest on an assumption."""
        self._supposed[address_of(tensor)] = memory_of(tensor), supposition

    def suppositions(self, values: Iterable[Any]) -> set[Supposition]:
        """The assumptions that some values rest on."""
        if not self._supposed:
            return set()
        addresses = (address_of(tensor) for tensor in tensors_among(values))
        return {self._supposed[address][1] for address in addresses if address in self._supposed}

    def inherit(self, results: Iterable[Any], values: Iterable[Any]) -> None:
        """What is computed from supposed values is supposed, too."""
        for supposition in self.suppositions(values):
            for tensor in tensors_among(results):
                self.suppose(tensor, supposition)


def _has_memory(tensor: torch.Tensor) -> bool:
    return type(tensor) is not Unknown and not tensor.is_meta and tensor.layout is torch.strided
