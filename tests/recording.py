"""Programs run for real, as the operators that torch dispatched: fused kernels, gradients too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from flopscope.costs import Cost, cost_of
from flopscope.records import Operation
from flopscope.trace.specs import arguments_by_name, operation_of, schema_tags, spec_of


class Recording(TorchDispatchMode):
    """Keeps every operator that runs, with its specs."""

    def __init__(self) -> None:
        super().__init__()
        self.operations: list[Operation] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        returned = func(*args, **(kwargs or {}))
        tensors = (leaf for leaf in tree_leaves(returned) if isinstance(leaf, torch.Tensor))
        outputs = tuple(map(spec_of, tensors))
        tags = schema_tags(func) | ({"view"} if func.is_view else set())
        bound = arguments_by_name(func, args, kwargs or {})
        self.operations.append(operation_of(func, bound, outputs, tags))
        return returned


def executed(program: Callable[..., Any], *tensors: torch.Tensor) -> tuple[Cost, Mapping[str, int]]:
    """What a real run costs without its bytes, and how often each operator ran.

    Raises:
        LookupError: an operator that ran is not counted.
    """
    with Recording() as recording:
        program(*tensors)
    total = Cost()
    calls: dict[str, int] = {}
    for operation in recording.operations:
        coverage, found = cost_of(operation)
        if coverage == "uncounted":
            raise LookupError(operation.op)
        total += Cost(found.macs, found.other_flops)
        calls[operation.op] = calls.get(operation.op, 0) + 1
    return total, calls
