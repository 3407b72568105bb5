"""Normalisation layers in the type of autocast, as they are run where speed is all that counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode

NORMS = frozenset(
    {
        *(functional.layer_norm, functional.group_norm, functional.rms_norm),
        *(torch.layer_norm, torch.group_norm, torch.rms_norm),
    }
)
"""Functions whose results autocast keeps in float32, and that have kernels for halves."""


class NormsInHalves(TorchFunctionMode):
    """Where autocast for CUDA is on, layer, group and RMS norms run in the type that it casts to.

    ``torch.autocast`` itself runs them in float32. timm's benchmarks have an option for this,
    ``--fast-norm``.
    """

    def __torch_function__(
        self,
        func: Any,
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        if func not in NORMS or not torch.is_autocast_enabled("cuda"):
            return func(*args, **kwargs)
        dtype = torch.get_autocast_dtype("cuda")
        halves = [_in(value, dtype) for value in args]
        named = {name: _in(value, dtype) for name, value in kwargs.items()}
        with _uncast():
            return func(*halves, **named)


def _in(value: Any, dtype: torch.dtype) -> Any:
    """A tensor of float32 as another type, and any other value as it is."""
    is_cast = isinstance(value, torch.Tensor) and value.dtype == torch.float32
    return value.to(dtype) if is_cast else value


@contextmanager
def _uncast() -> Iterator[None]:
    """What ``torch.autocast("cuda", enabled=False)`` does, also where there is no GPU."""
    torch.set_autocast_enabled("cuda", False)
    try:
        yield
    finally:
        torch.set_autocast_enabled("cuda", True)
