"""A program as an accelerator would run it that is not here: what autocast casts, how memory lies.

Unknown tensors claim to be on the accelerator, so that torch itself casts operators for it. What
torch cannot see is done here: known tensors are on the CPU, which autocast of another device leaves
alone, and the meta device lays some results out in another way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, partial
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from flopscope.trace.evaluate import PartialEvaluation
from flopscope.trace.layouts import laid_out
from flopscope.trace.rules.table import overloads
from flopscope.trace.specs import map_tensors, op_name, tensors_among
from flopscope.trace.steps import Step
from flopscope.trace.unknown import SpecKey, Unknown, key_of

CUDA = torch.device("cuda", 0)
_AUTOCAST = torch._C.DispatchKey.AutocastCUDA


@contextmanager
def cuda_autocast(dtype: torch.dtype) -> Iterator[None]:
    """What ``torch.autocast("cuda", dtype)`` does, which refuses where there is no GPU."""
    was_enabled, was = torch.is_autocast_enabled("cuda"), torch.get_autocast_dtype("cuda")
    torch.set_autocast_enabled("cuda", True)
    torch.set_autocast_dtype("cuda", dtype)
    torch.autocast_increment_nesting()
    try:
        yield
    finally:
        if torch.autocast_decrement_nesting() == 0:
            torch.clear_autocast_cache()
        torch.set_autocast_enabled("cuda", was_enabled)
        torch.set_autocast_dtype("cuda", was)


class AcceleratorEvaluation(PartialEvaluation):
    """Partial evaluation in which unknown tensors are on a GPU, known ones as if they were.

    It takes the arguments of its base, and looks at whether autocast is on when it is made.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, make_unknown=partial(Unknown, device=CUDA), **kwargs)
        self._casts = torch.is_autocast_enabled("cuda")

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        if self._casts and func in CAST_INSIDE:
            with self.taking_apart(op_name(func)), self:
                return taken_apart(func, args, kwargs)
        if self._casts and is_cast(func):
            tensors = tensors_among((*args, *kwargs.values()))
            if func in _RECURRENT and torch.is_autocast_enabled("cuda"):
                args = self._cast_whole(args)
            elif any(map(_escapes_autocast, tensors)) and _is_autocast_wanted(tensors):
                func, args, kwargs = self._cast(func, args, kwargs)
        return super().__torch_dispatch__(func, types, args, kwargs)

    def learn(self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Step:
        return laid_out(super().learn(func, args, kwargs), func, args, kwargs)

    def _cast(
        self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
        """An operator and its arguments as autocast hands them on, were all on the GPU."""
        probe = _Probe()
        asked_args = map_tensors(probe.stand_in, args)
        asked_kwargs = {name: map_tensors(probe.stand_in, value) for name, value in kwargs.items()}
        with _autocast_included(), probe:
            try:
                func(*asked_args, **asked_kwargs)
            except _Reached as reached:
                call = reached.call
        made = partial(map_tensors, partial(self._as_wanted, probe))
        func, args, kwargs = call
        return func, made(args), {name: made(value) for name, value in kwargs.items()}

    def _as_wanted(self, probe: _Probe, tensor: torch.Tensor) -> torch.Tensor:
        original = probe.originals.get(id(tensor), tensor)
        if original.dtype == tensor.dtype:
            return original
        with self:
            return original.to(tensor.dtype)

    def _cast_whole(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        """All floating-point tensors cast, as ``_cudnn_rnn_cast_reflatten`` of ATen does it."""
        dtype = torch.get_autocast_dtype("cuda")

        def cast(tensor: torch.Tensor) -> torch.Tensor:
            with self:
                return tensor.to(dtype) if tensor.dtype == torch.float32 else tensor

        cast_values: tuple[Any, ...] = map_tensors(cast, values)
        return cast_values


class _Reached(Exception):  # noqa: N818 - no error: autocast has handed an operator on
    def __init__(self, *call: Any) -> None:
        super().__init__()
        self.call = call


class _Probe(TorchDispatchMode):
    """Sees what autocast makes of an operator's arguments: it runs neither that nor the casts."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # untyped in torch
        self.originals: dict[int, torch.Tensor] = {}
        self._kept: list[torch.Tensor] = []

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """No: wrapping this mode for the compiler would import the compiler."""
        return False

    def stand_in(self, tensor: torch.Tensor) -> torch.Tensor:
        """A tensor on the GPU in the place of one that autocast would leave alone."""
        return self._made(tensor, key_of(tensor)) if _escapes_autocast(tensor) else tensor

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        if func is not torch.ops.aten.to.dtype:
            raise _Reached(func, args, kwargs or {})
        tensor, dtype = args[:2]
        shape, strides, _ = key_of(tensor)
        return self._made(self.originals.get(id(tensor), tensor), (shape, strides, dtype))

    def _made(self, original: torch.Tensor, key: SpecKey) -> torch.Tensor:
        made = Unknown(key, device=CUDA)
        self._kept.append(made)  # lest another tensor come to have its id
        self.originals[id(made)] = original
        return made


def _escapes_autocast(tensor: torch.Tensor) -> bool:
    """Whether autocast leaves a tensor alone because it is on the CPU, as few would be.

    A scalar may well be, also in a program on a GPU.
    """
    return (
        type(tensor) is not Unknown
        and tensor.dtype.is_floating_point
        and tensor.dtype is not torch.float64
        and tensor.dim() > 0
        and tensor.layout is torch.strided
    )


def taken_apart(func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """What an operator returns that is run as others: torch's own code, not that for its compiler."""
    return func._op_dk(torch._C.DispatchKey.CompositeImplicitAutograd, *args, **kwargs)


def _is_autocast_wanted(tensors: Iterable[torch.Tensor]) -> bool:
    """Whether an operator that autocast has a rule for is to be cast.

    In an operator that autocast hands on it says that it is off: it was on where some of the
    operands are now of another type than others. Where it is off, torch refuses most such mixtures.
    """
    if torch.is_autocast_enabled("cuda"):
        return True
    return len({tensor.dtype for tensor in tensors if tensor.dtype.is_floating_point}) > 1


@cache
def is_cast(func: Any) -> bool:
    """Whether autocast has a rule for an operator, or for what a GPU runs in its place."""
    if func in _RECURRENT:
        return True
    return torch._C._dispatch_has_kernel_for_dispatch_key(func.name(), "AutocastCUDA")


@contextmanager
def _autocast_included() -> Iterator[None]:
    """Let autocast see operators again inside of one that it has handed on."""
    was_excluded = torch._C._dispatch_tls_is_dispatch_key_excluded(_AUTOCAST)
    torch._C._dispatch_tls_set_dispatch_key_excluded(_AUTOCAST, False)
    try:
        yield
    finally:
        torch._C._dispatch_tls_set_dispatch_key_excluded(_AUTOCAST, was_excluded)


_RECURRENT = frozenset(overloads("lstm", "gru", "rnn_tanh", "rnn_relu"))
"""Layers that a GPU runs as one kernel, which autocast casts as a whole."""

CAST_INSIDE = frozenset(
    overload
    for overload in overloads(
        *("conv1d", "conv2d", "conv3d", "square", "square_", "upsample_bicubic2d"),
        *("upsample_bilinear2d", "upsample_linear1d", "upsample_nearest1d", "upsample_nearest2d"),
        *("upsample_nearest3d", "upsample_trilinear3d", "_upsample_bicubic2d_aa"),
        *("_upsample_bilinear2d_aa", "_upsample_nearest_exact1d", "_upsample_nearest_exact2d"),
        "_upsample_nearest_exact3d",
    )
    if not is_cast(overload)
)
"""Operators with a formula that autocast knows only in parts: ``padding="same"``, a size to reach."""
