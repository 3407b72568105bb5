"""A device by the name that a driver reports, or by what somebody types."""

from __future__ import annotations

import re

from flopscope.devices.device import Device
from flopscope.devices.table import devices
from flopscope.errors import UsageError
from flopscope.spelling import did_you_mean

_FAMILY = frozenset(
    {
        *("nvidia", "geforce", "tesla", "rtx", "jetson"),
        *("amd", "instinct", "intel", "r", "data", "center", "gpu", "apple", "google"),
        *("edition", "generation"),
    }
)
"""Words that say who makes a device and for whom, without which it is known as well."""

_VERSION = re.compile(r"sxm\d*|pcie|nvl|\d+gb|blackwell|workstation|server|max|q")
"""Words that tell versions of a device apart, which nobody needs where there is but one."""


def reported_device(reported: str) -> Device | None:
    """The device that a driver reports under a name, such as ``"NVIDIA H100 80GB HBM3"``.

    Returns:
        None where no row has this very name: a device that is not in the table has no figures, and
        never those of one with a similar name.
    """
    return next((device for device in devices() if device.is_reported_as(reported)), None)


def typed_device(text: str) -> Device:
    """The device that somebody means by ``"RTX 4090"``, ``"h100 sxm"`` or a driver's name for it.

    Letter case, spaces and the vendor's name make no difference; nor does which version it is
    (``"SXM"``, ``"80GB"``), where the table has one alone.

    Raises:
        UsageError: there is no such device, or there are several.
    """
    meanings = (_is_reported_like, _is_called, _is_version_of)
    candidates = ([device for device in devices() if fits(device, text)] for fits in meanings)
    close = next(filter(None, candidates), [])
    if not close:
        meant = did_you_mean(text, (device.name for device in devices()))
        raise UsageError(
            f"no device is known by the name of '{text}'",
            hint=meant or "docs/devices.md lists them all",
        )
    if len(close) > 1:
        names = ", ".join(f"'{device.name}'" for device in close)
        raise UsageError(f"'{text}' could be several devices", hint=f"one of {names}")
    return close[0]


def _is_reported_like(device: Device, text: str) -> bool:
    return any(re.fullmatch(pattern, text, re.IGNORECASE) for pattern in device.patterns)


def _is_called(device: Device, text: str) -> bool:
    return not _spellings(device.name).isdisjoint(_spellings(text))


def _is_version_of(device: Device, text: str) -> bool:
    """Whether a text has every word of the device's name but those for the version."""
    typed, named = set(_words(text)), set(_words(device.name))
    needed = {word for word in named if not _VERSION.fullmatch(word)}
    return needed <= typed <= named


def _spellings(text: str) -> set[str]:
    """The text in one word, with and without who makes it: ``"rtx4090"``, ``"4090"``."""
    return {"".join(_every_word(text)), "".join(_words(text))} - {""}


def _words(text: str) -> list[str]:
    return [word for word in _every_word(text) if word not in _FAMILY]


def _every_word(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.lower())
