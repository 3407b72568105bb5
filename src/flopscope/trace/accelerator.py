"""A program as an accelerator would run it that is not here: what autocast casts, how memory lies.

Unknown tensors tell the program that they are on the accelerator, and known ones are taken for as
much. What autocast would do with an operator there is asked of torch's own rules, on stand-ins.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache, partial
from typing import Any

import torch

from flopscope.trace.casting import Casting, asked
from flopscope.trace.evaluate import PartialEvaluation
from flopscope.trace.layouts import laid_out
from flopscope.trace.rules.table import overloads
from flopscope.trace.specs import map_tensors, op_name, tensors_among
from flopscope.trace.steps import Step
from flopscope.trace.unknown import Unknown

CUDA = torch.device("cuda", 0)


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
    """Partial evaluation in which all tensors are taken to be on a GPU: arguments as of its base.

    Operators are cast as autocast would cast them there, where it is on, and what they return is
    laid out as there.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.make_unknown = partial(Unknown, device=CUDA)
        self._castings: dict[Any, Casting] = {}

    def evaluate(self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        if is_cast(func) and _autocast_is_on():
            if func in CAST_INSIDE:
                with self.taking_apart(op_name(func)), self:
                    return taken_apart(func, args, kwargs)
            if func in _RECURRENT:
                args = map_tensors(self._in_half, args)
            else:
                func, args, kwargs = self._cast(func, args, kwargs)
        return super().evaluate(func, args, kwargs)

    def learn(self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Step:
        return laid_out(super().learn(func, args, kwargs), func, args, kwargs)

    def _cast(
        self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> tuple[Any, tuple[Any, ...], Mapping[str, Any]]:
        """An operator and its arguments as autocast hands them on."""
        dtype = torch.get_autocast_dtype("cuda")
        key = self._key(func, args, kwargs)[0], dtype
        casting = self._castings.get(key)
        if casting is None:
            casting = self._castings[key] = asked(func, args, kwargs)
        return casting.applied(tensors_among((*args, *kwargs.values())), self._as)

    def _in_half(self, tensor: torch.Tensor) -> torch.Tensor:
        """A tensor as ``_cudnn_rnn_cast_reflatten`` of ATen casts all those of a layer."""
        if tensor.dtype != torch.float32:
            return tensor
        return self._as(tensor, torch.get_autocast_dtype("cuda"))

    def _as(self, tensor: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
        """A tensor cast, each time anew: in inference mode autocast remembers no weights."""
        with self:
            return tensor.to(dtype)


@cache
def is_cast(func: Any) -> bool:
    """Whether autocast has a rule for an operator, or for what a GPU runs in its place."""
    if func in _RECURRENT or func in CAST_INSIDE:
        return True
    return _has_rule(func)


def _has_rule(func: Any) -> bool:
    return torch._C._dispatch_has_kernel_for_dispatch_key(func.name(), "AutocastCUDA")


def _autocast_is_on() -> bool:
    """Whether the program runs in a region of autocast: torch turns it off inside of a mode."""
    with torch._C._RestorePythonTLSSnapshot():  # type: ignore[attr-defined] # not in torch's stubs
        return torch.is_autocast_enabled("cuda")


def taken_apart(func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """What an operator returns that is run as others, by torch's code and not its compiler's."""
    return func._op_dk(torch._C.DispatchKey.CompositeImplicitAutograd, *args, **kwargs)


_RECURRENT = frozenset(overloads("lstm", "gru", "rnn_tanh", "rnn_relu"))
"""Layers that a GPU runs as one kernel, which autocast casts as a whole."""

CAST_INSIDE = frozenset(
    overload
    for overload in overloads(
        *("conv1d", "conv2d", "conv3d", "inner", "square", "square_", "upsample_bicubic2d"),
        *("upsample_bilinear2d", "upsample_linear1d", "upsample_nearest1d", "upsample_nearest2d"),
        *("upsample_nearest3d", "upsample_trilinear3d", "_upsample_bicubic2d_aa"),
        *("_upsample_bilinear2d_aa", "_upsample_nearest_exact1d", "_upsample_nearest_exact2d"),
        "_upsample_nearest_exact3d",
    )
    if overload._overloadname in ("default", "padding", "vec") and not _has_rule(overload)
)
"""Operators with a formula that autocast knows only in parts: ``padding="same"``, a new size."""
