"""Operators that reshape a tensor in place touch no values: they run on unknown tensors, too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.parameter import is_lazy

from flopscope.trace.rules.table import RULES, overloads, rule
from flopscope.trace.unknown import Unknown, key_of

if TYPE_CHECKING:
    from flopscope.trace.evaluate import PartialEvaluation


def reshape_in_place(
    _mode: PartialEvaluation, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """Change the tensor's shape and strides, and what is remembered of them. Costs nothing."""
    tensor = args[0]
    with torch._C._DisableTorchDispatch():
        func(*args, **kwargs)
    if type(tensor) is Unknown:
        tensor.key = key_of(tensor)
    return tensor


@rule("detach")
def detach(
    mode: PartialEvaluation, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """A lazy parameter has no shape yet: it looks at its own device before it gets one."""
    return func(*args, **kwargs) if is_lazy(args[0]) else mode.evaluate(func, args, kwargs)


RULES.update(
    {
        overload: reshape_in_place
        for name in dir(torch.ops.aten)
        if name.endswith("_") and not name.startswith("__")
        for overload in overloads(name)
        if torch.Tag.inplace_view in overload.tags
    }
)
