"""What is expected of a tensor, held against what it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch

from flopscope.records import TensorSpec
from flopscope.trace.diagnosis.finding import Finding, sizes
from flopscope.trace.diagnosis.misfits import Shape, Shaped, Size, Typed
from flopscope.trace.specs import dtype_name


def expects_size(shape: Iterable[int], dim: int, wanted: int, noun: str) -> Finding | None:
    """That a dimension has the wrong size, if it has."""
    shape = tuple(shape)
    if shape[dim] == wanted:
        return None
    says = f"expects {wanted} {noun}, got {shape[dim]} ({sizes(shape)})"
    return Finding(says, misfits=(Size(shape, dim, wanted),))


def expects_rank(
    shape: Iterable[int], allowed: tuple[int, ...], layout: str, *wanted: Shape
) -> Finding | None:
    """That there is a wrong number of dimensions, if there is.

    Args:
        shape: as it is.
        allowed: numbers of dimensions.
        layout: what they are: ``"[N×]3×H×W"``.
        wanted: shapes that would fit.
    """
    shape = tuple(shape)
    if len(shape) in allowed:
        return None
    counts = " or ".join(map(str, allowed))
    says = f"expects {counts} dimensions, {layout}, got {len(shape)} ({sizes(shape)})"
    return Finding(says, misfits=tuple(Shaped(shape, fitting) for fitting in wanted))


def with_channels(shape: Iterable[int], channels: int, sides: int) -> Shape:
    """A batch of one image, signal or video of that many channels, of the sides that it has."""
    shape = tuple(shape)
    inner = shape[-sides:] if len(shape) >= sides else _SIDES[sides]
    return (1, channels, *inner)


def expects_dtype(weight: torch.Tensor, given: TensorSpec) -> Finding | None:
    """That an input has another dtype than the weights that it meets, if it has."""
    wanted = dtype_name(weight.dtype)
    if given.dtype == wanted:
        return None
    says = f"has {wanted} weights, and got {given.dtype} ({sizes(given.shape)})"
    whole = given.dtype.startswith(("int", "uint", "bool"))
    hint = "" if whole else "the model and its input need one dtype, unless autocast casts both"
    return Finding(says, hint, misfits=(Typed(given.shape, given.dtype, wanted),))


_SIDES: Mapping[int, Shape] = {1: (1000,), 2: (224, 224), 3: (16, 112, 112)}
"""What to show where a signal, an image or a video is expected and there is none."""


LAYOUTS: Mapping[int, str] = {1: "L", 2: "H×W", 3: "D×H×W"}
"""The sides of a signal, of an image and of a video."""
