"""Files of rows to devices, read when they are first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from flopscope.devices.device import Claim, Device, Sustained
from flopscope.files import parse_toml

_VENDORS = ("nvidia", "amd", "intel", "apple", "google")


@cache
def devices() -> tuple[Device, ...]:
    """Every device of the table, vendor by vendor."""
    return tuple(
        _device(row, table["vendor"]) for table in map(_read, _VENDORS) for row in table["device"]
    )


@cache
def tables() -> Mapping[str, str]:
    """The public tables that the devices' figures were read in: by short name, where they are."""
    return dict(_read("sources")["tables"])


def _device(row: Mapping[str, Any], vendor: str) -> Device:
    return Device(
        name=row["name"],
        vendor=vendor,
        patterns=tuple(row["patterns"]),
        flops_per_second=row["flops_per_second"],
        bytes_per_second=row["bytes_per_second"],
        memory_bytes=tuple(gibibytes * 2**30 for gibibytes in row["memory_gibibytes"]),
        source=row["source"],
        agreeing=tuple(row.get("agreeing", ())),
        conflicts=tuple(Claim(**claim) for claim in row.get("conflicts", ())),
        notes=row.get("notes", ""),
        watts=row.get("watts"),
        multiprocessors=row.get("multiprocessors"),
        cache_bytes=_scaled(row.get("cache_kibibytes"), 2**10),
        boost_hertz=_scaled(row.get("boost_megahertz"), 10**6),
        build_source=row.get("build_source", ""),
        sustained=tuple(
            Sustained(kind, rate, by)
            for by, rates in row.get("sustained", {}).items()
            for kind, rate in rates.items()
        ),
    )


def _scaled(figure: int | None, unit: int) -> int | None:
    return None if figure is None else figure * unit


def _read(name: str) -> dict[str, Any]:
    return parse_toml(
        files("flopscope.devices").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    )
