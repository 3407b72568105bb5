"""What a counter is called, its figure in its own words, and the marks in tables."""

from __future__ import annotations

from flopscope.report.counters import Account
from flopscope.units import format_quantity

UNKNOWN = "-"
DIFFERS = "≠"
"""Behind a figure that is not ours."""


def titled(account: Account) -> str:
    """The counter with its version, where that is known, and whose that is: ``"thop 0.1.1"``."""
    reading = account.reading
    if reading is None or not reading.version:
        return account.name
    if reading.distribution in {"", account.name}:
        return f"{account.name} {reading.version}"
    return f"{account.name} ({reading.distribution} {reading.version})"


def printed(account: Account) -> str:
    """Its figure as it calls it: ``"11.29 G MACs"``, ``"11.29 G FLOPs, which are MACs"``."""
    if account.figure is None:
        return "no figure"
    meant = "" if account.label == account.unit else f", which are {account.unit}"
    stated = account.reading.stated_macs if account.reading is not None else None
    beside = "" if stated is None else f", {format_quantity(stated, decimals=2)} MACs"
    return f"{format_quantity(account.figure, decimals=2)} {account.label}{meant}{beside}"
