"""What autocast does with an operator on a GPU, asked of torch: no GPU is needed for the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any, TypeAlias

import torch

from flopscope.trace.specs import map_tensors
from flopscope.trace.unknown import CPU, SpecKey, key_of

Cast: TypeAlias = Callable[[torch.Tensor, torch.dtype], torch.Tensor]

_GPU = torch.device("cuda", 0)
_AUTOCAST = torch._C.DispatchKey.AutocastCUDA


@dataclass(frozen=True, slots=True)
class _Place:
    """In the place of a tensor: which of the operator's it is, and the dtype that it gets."""

    number: int
    dtype: torch.dtype


@dataclass(frozen=True, slots=True)
class Casting:
    """What autocast makes of an operator: often the same one, on tensors of another dtype.

    Attributes:
        func: the operator that it hands on to.
        args, kwargs: that one's arguments, with places for the tensors.
    """

    func: Any
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]

    def applied(
        self,
        tensors: Sequence[torch.Tensor],
        cast: Cast,
    ) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
        """The operator and its arguments, cast by a function where they have to be."""
        # From last to first, as autocast happens to do it.
        args = tuple([_filled(value, tensors, cast) for value in reversed(self.args)][::-1])
        kwargs = {name: _filled(value, tensors, cast) for name, value in self.kwargs.items()}
        return self.func, args, kwargs


def _filled(value: Any, tensors: Sequence[torch.Tensor], cast: Cast) -> Any:
    """A value with tensors in its places. No function in a method, whose cycle kept them alive."""
    if isinstance(value, _Place):
        tensor = tensors[value.number]
        return tensor if tensor.dtype == value.dtype else cast(tensor, value.dtype)
    if isinstance(value, (list, tuple)):
        return type(value)([_filled(item, tensors, cast) for item in value])
    return value


def asked(func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Casting:
    """What autocast makes of an operator that it has a rule for, in the dtype that it is set to."""
    numbers = count()

    def stand_in(tensor: torch.Tensor) -> torch.Tensor:
        # A scalar is mostly on the CPU, also in a program on a GPU.
        is_there = tensor.dim() > 0 or type(tensor) is not torch.Tensor
        return _StandIn(key_of(tensor), next(numbers), _GPU if is_there else CPU)

    given = map_tensors(stand_in, args)
    named = {name: map_tensors(stand_in, value) for name, value in kwargs.items()}
    with autocast_included():
        try:
            func(*given, **named)
        except _Reached as reached:
            func, given, named = reached.call
    return Casting(func, _placed(given), {name: _placed(value) for name, value in named.items()})


def _placed(value: Any) -> Any:
    return map_tensors(_place, value)


def _place(tensor: torch.Tensor) -> _Place:
    assert isinstance(tensor, _StandIn)  # autocast makes no tensors but by casting these
    return _Place(tensor.number, tensor.dtype)


class _Reached(Exception):  # noqa: N818 - no error: autocast has handed an operator on
    def __init__(self, *call: Any) -> None:
        super().__init__()
        self.call = call


class _StandIn(torch.Tensor):
    """A tensor on a GPU that autocast casts as it likes; the next operator on it is what is sought.

    Attributes:
        number: which of an operator's tensors it stands for.
    """

    number: int

    @staticmethod
    def __new__(cls, key: SpecKey, number: int, device: torch.device) -> _StandIn:
        shape, strides, dtype = key
        tensor: _StandIn = torch.Tensor._make_wrapper_subclass(
            cls, shape, strides=strides, dtype=dtype, device=device
        )
        tensor.number = number
        return tensor

    __torch_function__ = torch._C._disabled_torch_function_impl  # type: ignore[assignment] # as torch says to

    @classmethod
    def __torch_dispatch__(  # type: ignore[override] # torch types its own default, not the protocol
        cls, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        if func is not torch.ops.aten.to.dtype:
            raise _Reached(func, args, kwargs or {})
        tensor, dtype = args[:2]
        shape, strides, _ = key_of(tensor)
        return _StandIn((shape, strides, dtype), tensor.number, _GPU)


@contextmanager
def autocast_included() -> Iterator[None]:
    """Let autocast see operators inside of a mode, where it is turned off."""
    was_excluded = torch._C._dispatch_tls_is_dispatch_key_excluded(_AUTOCAST)
    torch._C._dispatch_tls_set_dispatch_key_excluded(_AUTOCAST, False)
    try:
        yield
    finally:
        torch._C._dispatch_tls_set_dispatch_key_excluded(_AUTOCAST, was_excluded)
