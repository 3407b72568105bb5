"""A device as its vendor rates it: how fast it computes, how fast its memory is, who says so."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from flopscope.devices.arithmetic import Arithmetic, matrix_arithmetic, vector_arithmetic


@dataclass(frozen=True, slots=True)
class Peak:
    """The highest rate of one kind of arithmetic, in FLOP/s."""

    arithmetic: Arithmetic
    flops_per_second: float


@dataclass(frozen=True, slots=True)
class Claim:
    """A figure that a public table prints otherwise, by more than 2 %.

    Attributes:
        figure: a kind of arithmetic, ``"bytes_per_second"`` or ``"memory_bytes"``.
        value: what the table prints, in FLOP/s, B/s or bytes.
        by: the table, one of :func:`flopscope.devices.tables`.
        why: what explains the difference, or "" where nothing does.
    """

    figure: str
    value: float
    by: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Sustained:
    """A rate of dense matrix products that somebody measured and published.

    Attributes:
        arithmetic: what the products ran in.
        flops_per_second: of the best shape that was found. Clocks above the datasheet's put it
            above the peak on some devices.
        by: who measured, one of :func:`flopscope.devices.tables`, which says how.
    """

    arithmetic: Arithmetic
    flops_per_second: float
    by: str


@dataclass(frozen=True, slots=True)
class Device:
    """One row of the table of devices.

    Attributes:
        name: what it is called here; unique.
        vendor: who makes it.
        patterns: regular expressions for the names that drivers report it by, each in full.
        flops_per_second: dense peak rates by kind of arithmetic; one that is not there is unknown.
        bytes_per_second: peak rate of reading and writing its own memory.
        memory_bytes: the sizes it is sold in. (What vendors call a GB of memory is a GiB.)
        source: the document that its figures go back to.
        agreeing: public tables that print some of these figures, to within 2 %.
        conflicts: what public tables print otherwise.
        notes: what a reader of its figures should know.
        watts: the most power that it may draw as it is shipped, by its vendor; None where unknown,
            as with the next three.
        multiprocessors: NVIDIA's SMs, AMD's compute units, the cores of Intel's and Apple's GPUs.
        cache_bytes: its last level of cache, all parts together.
        boost_hertz: the clock that its vector units' peak is reckoned at.
        build_source: the documents that these four go back to, or "" where none is known.
        sustained: rates of matrix products that were measured, those of one publisher together.
    """

    name: str
    vendor: str
    patterns: tuple[str, ...]
    flops_per_second: Mapping[Arithmetic, float]
    bytes_per_second: float
    memory_bytes: tuple[int, ...]
    source: str
    agreeing: tuple[str, ...] = ()
    conflicts: tuple[Claim, ...] = ()
    notes: str = ""
    watts: float | None = None
    multiprocessors: int | None = None
    cache_bytes: int | None = None
    boost_hertz: float | None = None
    build_source: str = ""
    sustained: tuple[Sustained, ...] = ()

    def is_reported_as(self, reported: str) -> bool:
        """Whether a driver's name for a device is one of this device's, to the letter."""
        return any(re.fullmatch(pattern, reported) for pattern in self.patterns)

    def matrix_peak(self, dtype: str) -> Peak | None:
        """The rate of matrix products of a type (``"tf32"`` among them); None where unknown."""
        return self._first(matrix_arithmetic(dtype))

    def sustained_rates(self, dtype: str) -> tuple[Sustained, ...]:
        """What was measured of matrix products of a type, in the arithmetic that they run in."""
        peak = self.matrix_peak(dtype)
        kind = None if peak is None else peak.arithmetic
        return tuple(rate for rate in self.sustained if rate.arithmetic == kind)

    def vector_peak(self, dtype: str) -> Peak | None:
        """The rate of elementwise arithmetic on a type, or None where unknown."""
        return self._first(vector_arithmetic(dtype))

    def _first(self, kinds: tuple[Arithmetic, ...]) -> Peak | None:
        rated = (kind for kind in kinds if kind in self.flops_per_second)
        kind = next(rated, None)
        return None if kind is None else Peak(kind, self.flops_per_second[kind])
