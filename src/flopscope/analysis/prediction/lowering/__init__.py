"""Operators as the kernels that PyTorch runs for them on a GPU, without a compiler."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import import_module

from flopscope import costs
from flopscope.analysis.prediction.kernel import Kernel
from flopscope.analysis.prediction.lowering.table import (
    NEWEST,
    RULES,
    Torch,
    lowered,
    one_pass,
    rule_for,
)
from flopscope.records import Operation

__all__ = ["FAMILIES", "NEWEST", "RULES", "Torch", "kernels_of", "load_families", "lowered"]

FAMILIES = (
    "attention",
    "convolutions",
    "movement",
    "normalizations",
    "products",
    "reductions",
    "windows",
)


def kernels_of(operation: Operation, torch: Torch = NEWEST) -> tuple[Kernel, ...]:
    """The kernels of an operator in a version of PyTorch, in order; none of a view, nor of nothing.

    An operator without a rule is one pass over what it reads and writes: an elementwise one where
    torch calls it that, otherwise of the kind ``"unknown"``.
    """
    if "view" in operation.tags or not any(out.numel for out in operation.outputs):
        return ()
    return tuple(kernel for kernel in _kernels(operation, torch) if kernel.nbytes or kernel.macs)


def _kernels(operation: Operation, torch: Torch) -> Iterable[Kernel]:
    load_families()
    rule = rule_for(operation.op.removesuffix("_"), torch)
    if rule is not None:
        return rule(operation)
    return (one_pass(_kind(operation), operation),)


def _kind(operation: Operation) -> str:
    if "pointwise" in operation.tags:
        return _elementwise(operation)
    if "reduction" in operation.tags:
        return "reduction"
    coverage, cost = costs.cost_of(operation)
    if coverage == "free":
        return "copy"
    elements = sum(output.numel for output in operation.outputs)
    return (
        _elementwise(operation)
        if coverage == "counted" and _is_light(cost, elements)
        else "unknown"
    )


def _elementwise(operation: Operation) -> str:
    """Whether operands are read as one stretch of memory, or each element's place is sought.

    Source: ``gpu_kernel_impl`` in ATen/native/cuda/CUDALoops.cuh, which reads several at once where
    operands are contiguous and of one type.
    """
    out = operation.outputs[0]
    operands = [tensor for tensor in operation.tensors() if tensor.ndim]
    is_one = all(
        (tensor.shape, tensor.dtype, tensor.strides) == (out.shape, out.dtype, out.strides)
        for tensor in operands
    )
    return "pointwise" if is_one else "indexed pointwise"


def _is_light(cost: costs.Cost, elements: int) -> bool:
    """Whether an operator does so little for each element that memory is what it waits for."""
    return cost.macs == 0 and cost.other_flops <= LIGHT_FLOPS * elements


LIGHT_FLOPS = 16


@cache
def load_families() -> None:
    """Import every module of rules, so that the table of them is full."""
    for family in FAMILIES:
        import_module(f"flopscope.analysis.prediction.lowering.{family}")
