"""What the compiler keeps in memory, and what it makes anew wherever that is read.

Source: ``StorageBox.should_realize_on_reuse`` and ``has_exceeded_max_reads`` in
torch/_inductor/ir.py, ``realize_reads_threshold``, ``realize_acc_reads_threshold`` and
``realize_opcount_threshold`` in config.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from flopscope.analysis.prediction.compiled.nodes import Node, Reading, readers_of
from flopscope.analysis.prediction.layout import dense_nbytes
from flopscope.dtypes import BITS

MOST_REREAD = 4
"""Tensors that something may be made of, and yet is made anew wherever it is read."""

MOST_READ = 8
"""Tensors that something may be made of, and yet is made where it is read, only there."""

MOST_STEPS = 30
"""Steps that something may be made by before it is kept."""

IN_FLOAT32 = frozenset(
    {
        *("aten.silu", "aten.hardswish", "aten.gelu", "aten.mish", "aten.leaky_relu", "aten.elu"),
        *("aten.softplus", "aten.celu", "aten.selu", "aten.log_sigmoid"),
    }
)
"""Operators on halves that are taken apart into steps, the first of which casts to float32.

What is kept of them where two kernels read their result is that. Source: ``pw_cast_for_opmath`` in
torch/_decomp/decompositions.py.
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """What is kept in memory, and how it is made.

    Attributes:
        node: that makes it.
        members: places of all nodes that are run for it, itself the last.
        readings: of what is in memory before, each with the node that reads it; their makers are
            places of nodes that are stored.
        nbytes: that it takes up.
        share: by which that is more than its tensors have.
    """

    node: Node
    members: tuple[int, ...]
    readings: tuple[tuple[Reading, Node], ...]
    nbytes: int
    share: float = 1.0


def stored(nodes: Sequence[Node]) -> Mapping[int, Stored]:
    """By place, the nodes whose result is kept, each after those that it is made of."""
    readers = readers_of(nodes)
    wide = _kept_wide(nodes, readers)
    kept: dict[int, Stored] = {}
    parts: dict[int, tuple[tuple[int, ...], tuple[tuple[Reading, Node], ...]]] = {}
    for place, node in enumerate(nodes):
        members: list[int] = []
        readings: list[tuple[Reading, Node]] = []
        for reading in node.readings:
            if reading.maker is None or reading.maker in kept:
                readings.append((reading, node))
            else:
                members += parts[reading.maker][0]
                readings += parts[reading.maker][1]
        made = tuple(dict.fromkeys((*members, place)))
        read = tuple(dict.fromkeys(readings))
        if place in wide and _count(read) > MOST_REREAD:
            kept[place] = _store(node, made, read, is_wide=True)
        elif len(made) > MOST_STEPS or _is_kept(
            node, [nodes[reader] for reader in readers.get(place, ())], _count(read)
        ):
            kept[place] = _store(node, made, read)
        else:
            parts[place] = made, read
    return kept


def _store(
    node: Node,
    members: tuple[int, ...],
    readings: tuple[tuple[Reading, Node], ...],
    *,
    is_wide: bool = False,
) -> Stored:
    nbytes = sum(map(dense_nbytes, node.outputs))
    bits = BITS[node.outputs[0].dtype]
    share = BITS["float32"] / bits if is_wide else 1.0
    return Stored(node, members, readings, int(nbytes * share), share)


def _kept_wide(nodes: Sequence[Node], readers: Mapping[int, Sequence[int]]) -> set[int]:
    """What the operators are made of that cast it to float32, and use that twice."""
    return {
        reading.maker
        for place, node in enumerate(nodes)
        if node.op in IN_FLOAT32 and len(readers.get(place, ())) > 1
        for reading in node.readings
        if reading.maker is not None
        and nodes[reading.maker].role == "pointwise"
        and readers[reading.maker] == [place]
        and BITS[reading.tensor.dtype] < BITS["float32"]
    }


def _is_kept(node: Node, readers: Sequence[Node], reads: int) -> bool:
    if node.role != "pointwise" or not readers:
        return True
    if any(reader.role in ("library", "window") for reader in readers):
        return True
    return reads > (MOST_REREAD if len(readers) > 1 else MOST_READ)


def _count(readings: Sequence[tuple[Reading, Node]]) -> int:
    """How many tensors, of given ones each time they are read."""
    made = {reading.maker for reading, _ in readings if reading.maker is not None}
    return len(made) + sum(reading.maker is None for reading, _ in readings)


def edges(each: Stored) -> Iterator[tuple[int, Node]]:
    """What was made before, each with the node that reads it."""
    for reading, reader in each.readings:
        if reading.maker is not None:
            yield reading.maker, reader
