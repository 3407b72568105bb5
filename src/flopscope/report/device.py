"""What a device attains at most, as text: measured, beside what its vendor rates it at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from flopscope.devices import Device, reported_device
from flopscope.measurements import Peaks
from flopscope.report.characters import printable, to_ascii
from flopscope.report.fitting import GAP, align
from flopscope.units import format_bytes, format_quantity, many

NOTHING = "-"


def render(peaks: Peaks, path: Path | None, *, ascii_only: bool) -> str:
    """A heading, a line for each type of matrices, and one for each size of stream.

    Args:
        peaks: as measured.
        path: where they were written to, or None where they were measured before.
        ascii_only: use ASCII characters alone.
    """
    spell = to_ascii if ascii_only else printable
    return "\n".join(spell(line).rstrip() for line in _lines(peaks, path))


def _lines(peaks: Peaks, path: Path | None) -> Iterator[str]:
    device = reported_device(peaks.device_name)
    threads = f", {many(peaks.threads, 'thread')}" if peaks.device == "cpu" else ""
    yield f"{peaks.device_name} · {peaks.device}{threads} · torch {peaks.torch}"
    yield ""
    peaks_by_vendor = [device and device.matrix_peak(dtype) for dtype in peaks.flops_per_second]
    rated = [peak.flops_per_second if peak else None for peak in peaks_by_vendor]
    yield from _table(
        ("matrix products", *peaks.flops_per_second),
        ("measured", *(_rate(rate, "FLOP/s") for rate in peaks.flops_per_second.values())),
        ("datasheet", *(_rate(rate, "FLOP/s") for rate in rated)),
    )
    yield ""
    last = len(peaks.bandwidths) - 1
    memory = _rate(device.bytes_per_second if device else None, "B/s")
    yield from _table(
        ("streams of", *(format_bytes(each.nbytes) for each in peaks.bandwidths)),
        ("measured", *(_rate(each.bytes_per_second, "B/s") for each in peaks.bandwidths)),
        ("datasheet", *(memory if place == last else "" for place in range(last + 1))),
    )
    yield ""
    yield f"an operator that does nothing takes {format_quantity(peaks.seconds_per_call, 's')}"
    if device:
        yield from _by_others(device, peaks.flops_per_second)
    source = device.source if device else "none known by this name"
    yield f"datasheet: {source}"
    yield f"written to {path}" if path else "measured before; --again measures anew"


def _by_others(device: Device, dtypes: Iterable[str]) -> Iterator[str]:
    """What others have measured of this device, a line for each type that somebody has."""
    for dtype in dtypes:
        rates = (
            f"{format_quantity(rate.flops_per_second, 'FLOP/s')} ({rate.by})"
            for rate in device.sustained_rates(dtype)
        )
        if measured := ", ".join(rates):
            yield f"others measured in {dtype}: {measured}"


def _rate(rate: float | None, unit: str) -> str:
    return NOTHING if rate is None else format_quantity(rate, unit)


def _table(*columns: Sequence[str]) -> Iterator[str]:
    """Columns of a title and cells, the first to the left and figures below each other."""
    first, *others = columns
    padded = [[title, *align(cells)] for title, *cells in others]
    left = max(map(len, first))
    widths = [max(map(len, cells)) for cells in padded]
    for name, *cells in zip(first, *padded, strict=True):
        shown = (cell.rjust(width) for cell, width in zip(cells, widths, strict=True))
        yield (" " * GAP).join((name.ljust(left), *shown))
