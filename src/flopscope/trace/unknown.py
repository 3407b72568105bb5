"""A tensor that has a shape and no values: what the tracer puts where arithmetic would be."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import torch

from flopscope.errors import NeedsValuesError

SpecKey: TypeAlias = tuple[torch.Size, tuple[int, ...], torch.dtype]
"""Shape, strides and dtype: all that an unknown tensor is."""

CPU = torch.device("cpu")
META = torch.device("meta")

KNOWN_ELEMENTS = 1 << 20
"""A tensor with more elements than this is unknown, whatever it is made of."""


class Unknown(torch.Tensor):
    """A tensor without memory whose values depend on parameters, inputs or chance.

    It claims to live on the CPU, beside the known tensors, so that a program that compares or
    copies devices sees one device everywhere; or on a device that is not here, which is then what
    a program is told.
    """

    __module__ = "torch"  # what opt_einsum and its like tell torch's tensors from NumPy's arrays by

    key: SpecKey
    claimed: torch.device = CPU
    """The device that a program is told it is on. To torch it is always on the CPU."""

    least: float = -math.inf
    """No value is below this."""

    @staticmethod
    def __new__(
        cls, key: SpecKey, *, is_parameter: bool = False, device: torch.device = CPU
    ) -> Unknown:
        shape, strides, dtype = key
        tensor: Unknown = torch.Tensor._make_wrapper_subclass(
            cls, shape, strides=strides, dtype=dtype, device=CPU
        )
        tensor.key = key
        if device != CPU:
            tensor.claimed = device
        if is_parameter:
            tensor._is_param = True  # what isinstance(tensor, nn.Parameter) looks at
        return tensor

    __torch_function__ = torch._C._disabled_torch_function_impl  # type: ignore[assignment] # as torch says to

    @classmethod
    def __torch_dispatch__(  # type: ignore[override] # torch types its own default, not the protocol
        cls, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        raise NeedsValuesError(f"{func} ran where a trace cannot see it")

    def __repr__(self, *, tensor_contents: Any = None) -> str:  # type: ignore[override] # as torch calls it
        shape, _, dtype = self.key
        return f"Unknown({list(shape)}, {dtype})"

    def __deepcopy__(self, memo: dict[int, Any]) -> Unknown:
        is_parameter = getattr(self, "_is_param", False)
        copied = Unknown(self.key, is_parameter=is_parameter, device=self.claimed)
        memo[id(self)] = copied
        return copied

    @property
    def device(self) -> torch.device:  # type: ignore[override] # writeable only to a type checker
        return self.claimed

    def as_subclass(self, cls: Any) -> Any:  # noqa: ARG002 - a subclass would hide what this is
        """The tensor itself."""
        return self

    def tolist(self) -> Any:
        """Nested lists of the values, each of them assumed as ``item()`` is."""
        if self.dim() == 0:
            return self.item()
        return [row.tolist() for row in self.unbind(0)]

    def numpy(self, **_options: Any) -> Any:
        raise NeedsValuesError("NumPy needs the values of a tensor")


def key_of(tensor: torch.Tensor) -> SpecKey:
    """The shape, strides and dtype of a tensor; a sparse one's strides are those of a dense one."""
    if tensor.layout is not torch.strided:
        return tensor.shape, torch.empty(tensor.shape, device=META).stride(), tensor.dtype
    return tensor.shape, tensor.stride(), tensor.dtype


def least_of(tensor: torch.Tensor) -> float:
    """What no value of an unknown tensor is below, as far as is known."""
    return getattr(tensor, "least", -math.inf)


def note_least(tensor: torch.Tensor, least: float) -> None:
    """Note what no value of a tensor is below, if a trace made it: others are somebody's."""
    is_on_meta = tensor.is_meta and not isinstance(tensor, torch.nn.Parameter)
    if type(tensor) is Unknown or is_on_meta:
        tensor.least = least  # type: ignore[attr-defined] # a plain tensor has no such attribute


def stored_elements(tensor: torch.Tensor) -> int | None:
    """How many values a sparse tensor holds, or None for one that is not sparse."""
    if tensor.layout is torch.strided or tensor.is_meta or tensor.is_nested:
        return None
    if tensor.layout is torch.sparse_coo:
        return int(tensor._nnz()) * math.prod(tensor.shape[tensor.sparse_dim() :])
    return int(tensor.values().numel())


def memory_of(tensor: torch.Tensor) -> torch.UntypedStorage:
    """The memory behind a tensor and all its views; behind a sparse one, that of its values."""
    if tensor.layout is torch.sparse_coo:
        tensor = tensor._values()
    elif tensor.layout not in (torch.strided, torch.jagged):
        tensor = tensor.values()
    return tensor.untyped_storage()


def address_of(tensor: torch.Tensor) -> int:
    """What identifies the memory behind a tensor and all its views."""
    address: int = memory_of(tensor)._cdata
    return address


def takes_itself_apart(kind: type[torch.Tensor]) -> bool:
    """Whether a tensor subclass turns operators on itself into others, which are then seen."""
    return kind.__torch_dispatch__ is not torch.Tensor.__torch_dispatch__


def meta_tensor(key: SpecKey) -> torch.Tensor:
    """A tensor on the meta device with this shape, these strides and this dtype."""
    shape, strides, dtype = key
    return torch.empty_strided(shape, strides, dtype=dtype, device=META)
