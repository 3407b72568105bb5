"""What devices can do by their vendors' figures, one cited row each, and which of them is meant."""

from __future__ import annotations

from flopscope.devices.arithmetic import Arithmetic
from flopscope.devices.device import Claim, Device, Peak, Sustained
from flopscope.devices.lookup import reported_device, typed_device
from flopscope.devices.table import devices, tables

__all__ = [
    "Arithmetic",
    "Claim",
    "Device",
    "Peak",
    "Sustained",
    "devices",
    "reported_device",
    "tables",
    "typed_device",
]
