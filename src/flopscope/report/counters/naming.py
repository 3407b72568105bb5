"""What a counter is called, its figure in its own words, and the marks in tables."""

from __future__ import annotations

from flopscope.report.counters import Account
from flopscope.units import format_quantity

UNKNOWN = "-"
DIFFERS = "≠"
"""Behind a figure that is not ours."""


def titled(account: Account) -> str:
    """The counter with its version, where that is known."""
    version = account.reading.version if account.reading is not None else ""
    return f"{account.name} {version}".rstrip()


def printed(account: Account) -> str:
    """Its figure as it calls it: ``"11.29 G MACs"``, ``"11.29 G FLOPs, which are MACs"``."""
    if account.figure is None:
        return "no figure"
    meant = "" if account.label == account.unit else f", which are {account.unit}"
    return f"{format_quantity(account.figure, decimals=2)} {account.label}{meant}"
