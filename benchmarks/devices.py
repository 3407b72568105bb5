"""Write docs/devices.md: what every device can do by its vendor's figures, and who says so.

    python -m benchmarks.devices > docs/devices.md       # from the root

The text around the tables is ``devices.md``, beside this file.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from flopscope.devices import Arithmetic, Claim, Device, Sustained, devices, tables
from flopscope.units import format_quantity

TEMPLATE = Path(__file__).with_suffix(".md")

PEAKS: dict[str, tuple[Arithmetic, ...]] = {
    "fp64": ("fp64_vector", "fp64_matrix"),
    "fp32": ("fp32_vector", "fp32_matrix"),
    "tf32": ("tf32_matrix",),
    "fp16": ("fp16_vector", "fp16_matrix"),
    "fp16, fp16 sums": ("fp16_matrix_fp16_accumulate",),
    "bf16": ("bf16_matrix",),
    "fp8": ("fp8_matrix",),
    "fp8, fp16 sums": ("fp8_matrix_fp16_accumulate",),
    "fp4": ("fp4_matrix",),
    "int8": ("int8_matrix",),
    "int4": ("int4_matrix",),
}
"""The columns of rates, by their titles."""

OF_MEMORY = {"bytes_per_second": ("bandwidth", "B/s"), "memory_bytes": ("memory", "B")}
"""What figures that are no rates of arithmetic are called, and their units."""


def document() -> str:
    """The whole page, in Markdown."""
    vendors = dict.fromkeys(device.vendor for device in devices())
    sections = (
        section(vendor, [device for device in devices() if device.vendor == vendor])
        for vendor in vendors
    )
    return TEMPLATE.read_text(encoding="utf-8").format(
        devices="".join(sections),
        tables=table("table | where", ([name, where] for name, where in tables().items())).rstrip(),
    )


def section(vendor: str, made: Sequence[Device]) -> str:
    """The devices of one vendor: what they can do, and where that is from."""
    rated = {kind for device in made for kind in device.flops_per_second}
    shown = {title: kinds for title, kinds in PEAKS.items() if not rated.isdisjoint(kinds)}
    figures = table(
        " | ".join(("device", *shown, "10⁹ B/s", "GiB")),
        ([device.name, *figures_of(device, shown.values())] for device in made),
    )
    origins = table(
        "device | reported as | source | agreeing | notes and conflicts",
        ([device.name, *origins_of(device)] for device in made),
    )
    return f"\n## {vendor}\n\nPeaks in 10¹² FLOP/s.\n\n{figures}\n{origins}{builds(made)}"


def builds(made: Iterable[Device]) -> str:
    """What the devices of a vendor are built of and have sustained, where something is known."""
    known = [device for device in made if device.build_source or device.sustained]
    if not known:
        return ""
    titles = "device | W | multiprocessors | MiB of cache | MHz | sustained, 10¹² FLOP/s | source"
    return f"\n{table(titles, ([device.name, *build_of(device)] for device in known))}"


def build_of(device: Device) -> Iterable[str]:
    yield scaled(device.watts, 1)
    yield scaled(device.multiprocessors, 1)
    yield scaled(device.cache_bytes, 2**20)
    yield scaled(device.boost_hertz, 1e6)
    publishers = dict.fromkeys(rate.by for rate in device.sustained)
    yield "; ".join(published(device.sustained, by) for by in publishers)
    yield device.build_source


def scaled(figure: float | None, unit: float) -> str:
    return "" if figure is None else f"{figure / unit:g}"


def published(rates: Iterable[Sustained], by: str) -> str:
    """What one publisher measured: ``"MAMF: bf16 794.5, fp8 1402.6"``."""
    theirs = {rate.arithmetic: rate.flops_per_second for rate in rates if rate.by == by}
    measured = (
        f"{kind.removesuffix('_matrix').replace('_', ' ')} {rate / 1e12:g}"
        for kind, rate in theirs.items()
    )
    return f"{by}: {', '.join(measured)}"


def figures_of(device: Device, shown: Iterable[tuple[Arithmetic, ...]]) -> Iterable[str]:
    yield from (rates_of(device, kinds) for kinds in shown)
    yield f"{device.bytes_per_second / 1e9:g}"
    yield ", ".join(f"{nbytes // 2**30}" for nbytes in device.memory_bytes)


def rates_of(device: Device, kinds: tuple[Arithmetic, ...]) -> str:
    rates = [device.flops_per_second.get(kind) for kind in kinds]
    cell = " / ".join("-" if rate is None else f"{rate / 1e12:g}" for rate in rates)
    return cell if any(rates) else ""


def origins_of(device: Device) -> Iterable[str]:
    yield ", ".join(f"`{pattern}`" for pattern in device.patterns).replace("|", r"\|")
    yield device.source
    yield ", ".join(device.agreeing)
    reasons = dict.fromkeys((claim.by, claim.why) for claim in device.conflicts)
    conflicts = [conflict(device.conflicts, by, why) for by, why in reasons]
    yield ". ".join([device.notes, *conflicts] if device.notes else conflicts)


def conflict(claims: Iterable[Claim], by: str, why: str) -> str:
    """What one table prints otherwise for one reason."""
    alike = (claim for claim in claims if (claim.by, claim.why) == (by, why))
    said = f"{by} has {', '.join(map(figure, alike))}"
    return f"{said}: {why}" if why else said


def figure(claim: Claim) -> str:
    name, unit = OF_MEMORY.get(claim.figure, (claim.figure.replace("_", " "), "FLOP/s"))
    return f"{name} {format_quantity(claim.value, unit)}"


def table(titles: str, rows: Iterable[list[str]]) -> str:
    """A table in Markdown of a line of titles and a list of cells per row."""
    rule = "|".join("---" for _ in titles.split(" | "))
    lines = (f"| {' | '.join(cells)} |\n" for cells in rows)
    return f"| {titles} |\n|{rule}|\n{''.join(lines)}"


if __name__ == "__main__":
    print(document(), end="")
