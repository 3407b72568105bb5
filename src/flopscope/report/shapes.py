"""Shapes of tensors as text."""

from __future__ import annotations

from flopscope.records import TensorSpec


def format_shape(shape: tuple[int, ...]) -> str:
    """The sizes of a tensor: ``"2×384×32×32"``, or ``"scalar"``."""
    return "×".join(map(str, shape)) or "scalar"


def format_outputs(outputs: tuple[TensorSpec, ...]) -> str:
    """The first of several tensors and how many more there are: ``"1×35×512 +2"``."""
    if not outputs:
        return ""
    more = f" +{len(outputs) - 1}" if len(outputs) > 1 else ""
    return format_shape(outputs[0].shape) + more
