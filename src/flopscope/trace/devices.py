"""Programs that name an accelerator on a machine without one: every device is the CPU to them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from flopscope.trace.unknown import CPU

_ACCELERATOR = re.compile(r"(cuda|hip|xpu|mps|hpu|npu|mtia)(:\d+)?")
_MISSING = re.compile(
    r"not compiled with \w+ enabled|no NVIDIA driver|No \w+ GPUs are available|No \w+ devices"
    r"|no XPU devices|MPS backend|CUDA driver",
    re.IGNORECASE,
)


def wants_missing_device(error: BaseException) -> bool:
    """Whether an exception is torch's word that there is no such accelerator."""
    return isinstance(error, (AssertionError, RuntimeError)) and bool(_MISSING.search(str(error)))


class EveryDeviceIsTheCPU(TorchFunctionMode):
    """Replaces the devices that a program names, before torch goes looking for them.

    It costs a microsecond or two at every call, so it is used where a program has failed without.
    """

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        if func in (torch.Tensor.cuda, torch.Tensor.xpu):
            return args[0]
        return func(*map(_on_cpu, args), **(_named_on_cpu(kwargs) if kwargs else {}))


def _on_cpu(value: Any) -> Any:
    if isinstance(value, torch.device) and value.type not in ("cpu", "meta"):
        return CPU
    if isinstance(value, str) and _ACCELERATOR.fullmatch(value):
        return CPU
    return value


def _named_on_cpu(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    placed = {name: _on_cpu(value) for name, value in kwargs.items()}
    if isinstance(placed.get("device"), int):  # the index of an accelerator
        placed["device"] = CPU
    return placed
