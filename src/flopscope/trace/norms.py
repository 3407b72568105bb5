"""Normalisation layers that offer to run in the type of autocast, as where speed counts most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from torch.nn.modules.module import (
    register_module_forward_hook,
    register_module_forward_pre_hook,
)
from torch.overrides import TorchFunctionMode

NORMS = frozenset(
    {
        *(functional.layer_norm, functional.group_norm, functional.rms_norm),
        *(torch.layer_norm, torch.group_norm, torch.rms_norm),
    }
)
"""Functions whose results autocast keeps in float32, and that have kernels for halves."""


OFFER = "_fast_norm"
"""The attribute of layers that do, timm's, whatever it is set to: ``timm.layers.set_fast_norm``."""


class NormsInHalves(TorchFunctionMode):
    """Where autocast for CUDA is on, norms of layers that offer it run in the type it casts to.

    ``torch.autocast`` itself runs them in float32, as it does those of torch's own layers here.
    timm's layers have a switch for this, which its benchmarks turn on with ``--fast-norm``.
    """

    def __init__(self) -> None:
        super().__init__()
        self._offers: list[bool] = []  # of the modules that are running, the innermost last

    def __enter__(self) -> NormsInHalves:
        self._hooks = (
            register_module_forward_pre_hook(self._begin),
            register_module_forward_hook(self._end, always_call=True),
        )
        super().__enter__()  # type: ignore[no-untyped-call] # torch's own
        return self

    def __exit__(self, *raised: Any) -> None:
        super().__exit__(*raised)  # type: ignore[no-untyped-call] # torch's own
        for hook in self._hooks:
            hook.remove()

    def _begin(self, module: nn.Module, _args: Any) -> None:
        self._offers.append(hasattr(module, OFFER))

    def _end(self, _module: nn.Module, _args: Any, _output: Any) -> None:
        self._offers.pop()

    def __torch_function__(
        self,
        func: Any,
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        is_offered = bool(self._offers) and self._offers[-1]
        if func not in NORMS or not is_offered or not torch.is_autocast_enabled("cuda"):
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
