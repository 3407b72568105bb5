"""A trace as the kernels that ``torch.compile`` runs of it on a GPU.

Its compiler, Inductor, fuses what only moves data into kernels of its own, and leaves products,
convolutions and attention to the libraries that also run without it.
"""

from __future__ import annotations

from collections.abc import Iterator

from flopscope.analysis.prediction.compiled.fusion import groups_of
from flopscope.analysis.prediction.compiled.images import has_channels_first, lays_channels_last
from flopscope.analysis.prediction.compiled.kernels import fused_kernel, library_kernels
from flopscope.analysis.prediction.compiled.nodes import nodes_of
from flopscope.analysis.prediction.compiled.storing import edges, stored
from flopscope.analysis.prediction.lowering import NEWEST, Torch
from flopscope.analysis.prediction.stream import Launch
from flopscope.records import Trace


def compiled_launches(trace: Trace, torch: Torch = NEWEST) -> Iterator[Launch]:
    """Every kernel of a compiled trace, in order; one that is fused is for its first operator.

    Args:
        trace: of the stream ``"device:cuda"``.
        torch: the version whose libraries run what is not fused.
    """
    nodes = nodes_of(trace)
    is_last = lays_channels_last(nodes, sum(call.is_used for call in trace.calls))
    kept = stored(nodes)
    readers: dict[int, set[int]] = {}
    for place, each in kept.items():
        for maker, _ in edges(each):
            readers.setdefault(maker, set()).add(place)
    for group in groups_of(kept, is_turned=is_last and has_channels_first(nodes)):
        first = kept[group.members[0]]
        if first.node.role == "library":
            kernels = library_kernels(first, kept, torch, is_last=is_last)
        else:
            kernels = iter((fused_kernel(group, kept, readers),))
        node = nodes[first.members[0]]
        for kernel in kernels:
            yield Launch(kernel, node.operation, node.scope)
