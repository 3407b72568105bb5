"""Operators that partial evaluation treats by a rule of their own, one file per reason.

A rule that supplies a value no trace can know says so through ``mode.assume``.
"""

from flopscope.trace.rules import (
    factories,
    grouped,
    indices,
    integers,
    lookups,
    metadata,
    packed,
    selection,
    values,
    workspaces,
)
from flopscope.trace.rules.table import RANDOM, RULES

__all__ = [
    "RANDOM",
    "RULES",
    "factories",
    "grouped",
    "indices",
    "integers",
    "lookups",
    "metadata",
    "packed",
    "selection",
    "values",
    "workspaces",
]
