"""What the device that a model runs on is called."""

from __future__ import annotations

import platform
import re
from pathlib import Path

import torch


def named_device(name: str) -> torch.device:
    """The device that torch means by a name: ``"cuda"`` is the current card, ``"cuda:1"``."""
    if name == "cuda":
        return torch.device("cuda", torch.cuda.current_device())
    return torch.device(name)


def device_name(device: torch.device) -> str:
    """The processor's or the card's own name, such as ``"AMD EPYC 7763"`` or ``"NVIDIA H200"``."""
    if device.type == "cuda":
        return str(torch.cuda.get_device_name(device))
    return processor_name()


def processor_name(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """The processor's name from Linux, elsewhere from Python, else its architecture."""
    if cpuinfo.exists():
        # ARM's table has no such line.
        found = re.search(r"^model name\s*:\s*(.+)$", cpuinfo.read_text(), re.MULTILINE)
        if found:
            return found[1].strip()
    return platform.processor() or platform.machine()
