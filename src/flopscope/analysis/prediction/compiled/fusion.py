"""What the compiler makes one kernel of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flopscope.analysis.prediction.compiled.images import is_outer
from flopscope.analysis.prediction.compiled.nodes import Node
from flopscope.analysis.prediction.compiled.storing import Stored, edges

WIDEST = 8192
"""Elements of a row up to which it is still at hand when it has been reduced."""


MOST_FUSED = 64
"""Stored tensors that a kernel makes at most: ``max_fusion_size`` in torch/_inductor/config.py."""


@dataclass(frozen=True, eq=False)
class Group:
    """What runs as one kernel.

    Attributes:
        level: after how many kernels at least it runs, of those that lead to it.
        members: places of what it stores, in order.
        loop: rows and depth of its reductions, or None where it has none.
        is_closed: whether nothing joins it that goes over all elements of its rows again.
    """

    level: int
    members: tuple[int, ...]
    loop: tuple[int, int] | None = None
    is_closed: bool = False


def groups_of(kept: Mapping[int, Stored], *, is_turned: bool) -> list[Group]:
    """The kernels that make what is stored, each after those that it reads from.

    What is stored joins the kernels that made what it reads if it can be fused with all of those
    that have to run as late as it, so that no kernel ever waits for itself. Source: the scheduler
    of torch/_inductor, ``can_fuse`` in scheduler.py and codegen/simd.py.

    Args:
        kept: by place, what is stored.
        is_turned: whether the compiler puts the channels last of images that have them first.
    """
    owner: dict[int, Group] = {}
    groups: dict[Group, None] = {}
    for place, each in kept.items():
        group = _group(place, each, kept, owner, is_turned=is_turned)
        for other in {owner[member]: None for member in group.members if member in owner}:
            del groups[other]
        owner.update((member, group) for member in group.members)
        groups[group] = None
    return sorted(groups, key=lambda group: group.members[-1])


def _group(
    place: int,
    each: Stored,
    kept: Mapping[int, Stored],
    owner: Mapping[int, Group],
    *,
    is_turned: bool,
) -> Group:
    """The group of what is stored, with those that it joins."""
    node = each.node
    level, latest = 0, dict[Group, None]()
    for maker, reader in edges(each):
        made, group = kept[maker].node, owner[maker]
        is_apart = made.role in ("library", "join") or reader.role in ("library", "window")
        at = group.level + (is_apart and made.role != "library")
        if at > level:
            level, latest = at, {}
        if at == level and not is_apart:
            latest[group] = None
    is_outside = node.role == "reduction" and is_outer(node, is_turned=is_turned)
    loop = (node.rows, node.depth) if node.role == "reduction" else None
    is_closed = is_outside or node.depth > WIDEST
    if not latest:
        return Group(level, (place,), loop, is_closed)
    looped = [group for group in latest if group.loop]
    before = tuple(member for group in latest for member in group.members)
    is_apart = is_outside or len(before) >= MOST_FUSED or not _alike(looped)
    if is_apart or not all(_fits(node, group) for group in looped):
        return Group(level + 1, (place,), loop, is_closed)
    if looped:
        loop, is_closed = looped[0].loop, looped[0].is_closed
    return Group(level, tuple(sorted((*before, place))), loop, is_closed)


def _fits(node: Node, group: Group) -> bool:
    """Whether a node's loop is that of a group with reductions."""
    assert group.loop is not None
    if node.role == "reduction":
        return (node.rows, node.depth) == group.loop and not group.is_closed
    rows, depth = group.loop
    return node.elements == rows or (node.elements == rows * depth and not group.is_closed)


def _alike(groups: Sequence[Group]) -> bool:
    return len({group.loop for group in groups}) <= 1
