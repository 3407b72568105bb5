"""A trace as the kernels of a device, each with the call that it is for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flopscope.analysis.prediction.kernel import Kernel
from flopscope.analysis.prediction.lowering import NEWEST, Torch, kernels_of
from flopscope.records import Operation, Scope, Trace


@dataclass(frozen=True, slots=True)
class Launch:
    """One run of a kernel.

    Attributes:
        kernel: what is run.
        operation: the operator that it is for.
        scope: of the module that called that.
    """

    kernel: Kernel
    operation: Operation
    scope: Scope


def launches(trace: Trace, torch: Torch = NEWEST) -> Iterator[Launch]:
    """Every kernel of a trace as a version of PyTorch runs it, in order."""
    known: dict[int, tuple[Kernel, ...]] = {}
    for call in trace.calls:
        operation = call.operation
        kernels = known.get(id(operation))
        if kernels is None:
            kernels = known[id(operation)] = kernels_of(operation, torch)
        for kernel in kernels:
            yield Launch(kernel, operation, call.scope)
