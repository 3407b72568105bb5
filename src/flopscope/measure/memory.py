"""Whether a forward pass fits: the memory that it needs, estimated, and the memory there is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import torch

from flopscope.records import Step, TensorSpec
from flopscope.tree import Node, Profile

_ROOT = Path("/")


def forward_bytes(profile: Profile, inputs: Iterable[TensorSpec]) -> int:
    """Bytes that timing a forward pass takes beside the weights: an estimate on the large side.

    It is the copies of inputs and buffers that measuring makes, and an estimate of the most that is
    alive at once: of common vision and language models mostly twice what it really is, never less.
    """
    given = sum(tensor.nbytes for tensor in inputs)
    return 2 * given + profile.root.buffer_nbytes + _most_alive(profile.root)


def needed_bytes(profile: Profile, inputs: Iterable[TensorSpec]) -> int:
    """Bytes that building the model and timing a forward pass take, as :func:`forward_bytes`."""
    weights = profile.root.param_nbytes + profile.root.buffer_nbytes
    return weights + forward_bytes(profile, inputs)


def step_bytes(profile: Profile, step: Step, inputs: Iterable[TensorSpec]) -> int:
    """Bytes that building the model and timing training steps of a copy of it take."""
    weights = profile.root.param_nbytes + profile.root.buffer_nbytes
    given = sum(tensor.nbytes for tensor in inputs)
    made = 0 if profile.peak is None else profile.peak.nbytes
    return 2 * (weights + given) + step.state_nbytes + made


def _most_alive(node: Node) -> int:
    """Bytes while a module runs: of its own operators at once, or of its dearest child.

    While a child runs its parent keeps one result, as for a shortcut: the largest it has.
    """
    own = _per_call(node, node.own_cost.bytes_moved)
    kept = max((_per_call(child, child.spec.output_nbytes) for child in node.children), default=0)
    return max(own, kept + max(map(_most_alive, node.children), default=0))


def _per_call(node: Node, nbytes: int) -> int:
    return nbytes // max(node.spec.calls, 1)


def available_bytes(device: str) -> int | None:
    """Bytes that can be allocated on a device without swapping, or None where that is unknown."""
    kind = torch.device(device).type
    if kind == "cuda":
        return _available_on_card(device)
    if kind == "cpu":
        return available_to_process()
    return None


def _available_on_card(device: str) -> int:
    free, _ = torch.cuda.mem_get_info(device)
    # torch keeps what it has freed, to use it again.
    cached = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return int(free) + cached


def available_to_process(root: Path = _ROOT) -> int | None:
    """What Linux has left for this process: of the machine's memory and of its control groups'.

    Args:
        root: the file system to look in.

    Returns:
        bytes, or None where there is no ``/proc/meminfo`` to tell.
    """
    machine = _machine_bytes(root / "proc/meminfo")
    if machine is None:
        return None
    return max(0, min([machine, *_control_group_bytes(root)]))


def _machine_bytes(meminfo: Path) -> int | None:
    if not meminfo.exists():
        return None
    for line in meminfo.read_text().splitlines():
        name, _, amount = line.partition(":")
        if name == "MemAvailable":
            return int(amount.removesuffix("kB")) * 1024
    return None


def _control_group_bytes(root: Path) -> Iterator[int]:
    """What is left of each limit on the group that the process is in, and on those around it."""
    membership = root / "proc/self/cgroup"
    if not membership.exists():
        return
    for line in membership.read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            yield from _left(root / "sys/fs/cgroup", path, *_VERSION_2)
        elif "memory" in controllers.split(","):
            yield from _left(root / "sys/fs/cgroup/memory", path, *_VERSION_1)


_VERSION_1 = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
_VERSION_2 = ("memory.max", "memory.current", "inactive_file")
"""A control group's files for its limit and its use, and what memory.stat calls droppable."""


def _left(mount: Path, path: str, limit: str, used: str, droppable: str) -> Iterator[int]:
    inside = mount / path.lstrip("/")
    # A container may see its own group at the mount and yet be told the path outside of it.
    for group in [inside, *inside.parents]:
        if not group.is_relative_to(mount):
            return
        if (group / limit).exists() and (most := (group / limit).read_text().strip()) != "max":
            entries = (group / "memory.stat").read_text().splitlines()
            statistics = dict(entry.split() for entry in entries)
            cache = int(statistics.get(droppable, 0))
            yield int(most) - int((group / used).read_text()) + cache
