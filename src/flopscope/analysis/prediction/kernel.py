"""A kernel: what a device runs at once, as the amounts that its time depends on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kernel:
    """One kernel of a stream.

    Attributes:
        kind: which constants it is priced with: a row of ``priors.toml``.
        nbytes: read from memory and written there.
        scattered_nbytes: of these, what lies in another order than it is visited in.
        macs: multiply-accumulates.
        rows, columns, depth: of each of its matrix products, rows × depth by depth × columns; or
            how many rows of elements it normalises, each together.
        products: how many of them.
        padding: by which arithmetic grows where a device computes whole groups of channels.
        is_misaligned: 1 where rows of its operands don't start at whole groups of channels, else 0.
        tile_waste: by what part its matrices grow that are padded to whole tiles.
        dtype: torch's name of the type that it computes in.
        elements: that it takes steps of arithmetic for, which are no products, in rows.
        serial_steps: what one thread does after another for want of threads, or 0.
    """

    kind: str
    nbytes: float = 0
    scattered_nbytes: float = 0
    macs: float = 0
    rows: float = 1
    columns: float = 1
    depth: float = 1
    products: float = 1
    padding: float = 1
    is_misaligned: float = 0
    tile_waste: float = 0
    dtype: str = "float32"
    elements: float = 0
    serial_steps: float = 0
