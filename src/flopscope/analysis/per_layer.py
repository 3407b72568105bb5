"""The conventions of counters that add a small figure per output to the multiply-accumulates."""

from __future__ import annotations

from flopscope.costs import cost_of
from flopscope.records import Operation, TensorSpec


def pycls(operation: Operation) -> int:
    """Multiply-accumulates, and one per output for a bias (as ptflops counts layers, too)."""
    biased = isinstance(operation.args.get("bias"), TensorSpec)
    macs = cost_of(operation)[1].macs
    return macs + (operation.outputs[0].numel if biased and macs else 0)


ONE_PER_OUTPUT = frozenset(
    f"aten.{name}"
    for name in (
        *("batch_norm", "group_norm", "instance_norm", "layer_norm"),
        *(f"{kind}_pool{rank}d" for kind in ("avg", "adaptive_avg") for rank in (1, 2, 3)),
        *(f"upsample_{name}" for name in ("linear1d", "bilinear2d", "trilinear3d", "bicubic2d")),
        *("leaky_relu", "prelu"),
    )
)
"""What torchprofile counts beside contractions."""


def torchprofile(operation: Operation) -> int:
    """Multiply-accumulates, and one per output of normalisations and of average pooling."""
    if operation.op.removesuffix("_") in ONE_PER_OUTPUT:
        return operation.outputs[0].numel
    return cost_of(operation)[1].macs
