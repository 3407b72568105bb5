"""The commonest operators' output specs, by rules of our own.

On the meta device torch runs a Python decomposition of a norm, of a linear layer or of an
activation, for a millisecond at each new shape. These say the same in microseconds, for the plain
case: dense tensors of one dtype whose shapes fit. Everything else, and every error message, is left
to torch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import torch

from flopscope.trace.unknown import SpecKey

aten = torch.ops.aten

Shape: TypeAlias = tuple[int, ...]
ShapeRule: TypeAlias = Callable[[Mapping[str, Any]], "Shape | None"]


def derived(func: Any, bound: Mapping[str, Any]) -> SpecKey | None:
    """The spec of an operator's only output, or None where torch has to be asked.

    Args:
        func: the operator.
        bound: its arguments by name, defaults filled in.
    """
    rule = _RULES.get(func)
    if rule is None:
        return None
    tensors = [value for value in bound.values() if isinstance(value, torch.Tensor)]
    dtype = tensors[0].dtype
    plain = dtype.is_floating_point and all(tensor.dtype == dtype for tensor in tensors)
    laid_out = func in _CONTIGUOUS or all(tensor.is_contiguous() for tensor in tensors)
    shape = rule(bound) if plain and laid_out else None
    if shape is None:
        return None
    size = torch.Size(shape)
    return size, _contiguous_strides(size), dtype


def _same(bound: Mapping[str, Any]) -> Shape | None:
    """Elementwise: the output is like the input."""
    if bound.get("dtype") is not None:
        return None
    return tuple(next(iter(bound.values())).shape)


def _broadcast(bound: Mapping[str, Any]) -> Shape | None:
    """Elementwise on two tensors, the smaller of which is repeated."""
    if isinstance(bound["other"], (int, float)):
        return tuple(bound["self"].shape)
    if not isinstance(bound["other"], torch.Tensor):
        return None
    first, second = tuple(bound["self"].shape), tuple(bound["other"].shape)
    if len(first) < len(second):
        first, second = second, first
    padded = (1,) * (len(first) - len(second)) + second
    pairs = list(zip(first, padded, strict=True))
    if any(a != b and 1 not in (a, b) for a, b in pairs):
        return None
    return tuple(b if a == 1 else a for a, b in pairs)


def _softmax(bound: Mapping[str, Any]) -> Shape | None:
    sides = bound["self"].dim()
    return _same(bound) if -sides <= bound["dim"] < sides else None


def _batch_norm(bound: Mapping[str, Any]) -> Shape | None:
    shape = tuple(bound["input"].shape)
    vectors = (bound[name] for name in ("weight", "bias", "running_mean", "running_var"))
    fits = len(shape) >= 2 and all(
        vector is None or tuple(vector.shape) == shape[1:2] for vector in vectors
    )
    return shape if fits and not bound["training"] else None


def _layer_norm(bound: Mapping[str, Any]) -> Shape | None:
    shape, normalized = tuple(bound["input"].shape), tuple(bound["normalized_shape"])
    scales = (bound.get(name) for name in ("weight", "bias"))
    fits = shape[len(shape) - len(normalized) :] == normalized and all(
        scale is None or tuple(scale.shape) == normalized for scale in scales
    )
    return shape if fits and normalized else None


def _roll(bound: Mapping[str, Any]) -> Shape | None:
    shape, dims = tuple(bound["self"].shape), bound["dims"]
    fits = len(dims) == len(bound["shifts"]) and all(0 <= dim < len(shape) for dim in dims)
    return shape if fits and dims else None


def _attention(bound: Mapping[str, Any]) -> Shape | None:
    query, key, value = (tuple(bound[name].shape) for name in ("query", "key", "value"))
    mask = bound["attn_mask"]
    scores = (*query[:-1], key[-2])
    fits = (
        len(query) == 4
        and key[:-2] == query[:-2]
        and key[-1] == query[-1]
        and value[:-1] == key[:-1]
        and (mask is None or _fits_into(tuple(mask.shape), scores))
        and not (mask is not None and bound["is_causal"])
    )
    return (*query[:-1], value[-1]) if fits else None


def _fits_into(shape: Shape, whole: Shape) -> bool:
    """Whether repeating a tensor makes it as large as another."""
    pairs = zip(reversed(shape), reversed(whole), strict=False)
    return len(shape) <= len(whole) and all(size in (1, full) for size, full in pairs)


def _linear(bound: Mapping[str, Any]) -> Shape | None:
    shape, weight, bias = bound["input"].shape, bound["weight"].shape, bound["bias"]
    fits = (
        len(shape) >= 2
        and len(weight) == 2
        and shape[-1] == weight[1]
        and (bias is None or bias.shape == weight[:1])
    )
    return (*shape[:-1], weight[0]) if fits else None


def _convolution(bound: Mapping[str, Any]) -> Shape | None:
    shape, weight, bias = bound["input"].shape, bound["weight"].shape, bound["bias"]
    sides = len(weight) - 2
    fits = (
        len(shape) == len(weight)
        and shape[1] == weight[1] * bound["groups"]
        and weight[0] % bound["groups"] == 0
        and (bias is None or bias.shape == weight[:1])
    )
    if not fits:
        return None
    steps, edges, gaps = (_each(bound[name], sides) for name in ("stride", "padding", "dilation"))
    if min((*steps, *gaps), default=1) < 1 or min(edges, default=0) < 0:
        return None
    spatial = [
        (size + 2 * edge - gap * (kernel - 1) - 1) // step + 1
        for size, kernel, step, edge, gap in zip(
            shape[2:], weight[2:], steps, edges, gaps, strict=True
        )
    ]
    return (shape[0], weight[0], *spatial) if min(spatial) > 0 and math.prod(shape) else None


def _each(values: list[int], sides: int) -> list[int]:
    return list(values) * sides if len(values) == 1 else list(values)


def _contiguous_strides(shape: torch.Size) -> tuple[int, ...]:
    strides, step = [], 1
    for size in reversed(shape):
        strides.append(step)
        step *= max(size, 1)
    return tuple(reversed(strides))


_ELEMENTWISE = (
    *("relu", "gelu", "silu", "sigmoid", "tanh", "hardswish", "hardsigmoid", "leaky_relu", "elu"),
    *("mish", "softplus", "exp", "neg", "sqrt", "rsqrt"),
)

_RULES: Mapping[Any, ShapeRule] = {
    **{getattr(aten, name).default: _same for name in _ELEMENTWISE},
    **{getattr(aten, name).Tensor: _broadcast for name in ("add", "sub", "mul", "div")},
    aten.softmax.int: _softmax,
    aten.log_softmax.int: _softmax,
    aten.batch_norm.default: _batch_norm,
    aten.layer_norm.default: _layer_norm,
    aten.rms_norm.default: _layer_norm,
    aten.roll.default: _roll,
    aten.scaled_dot_product_attention.default: _attention,
    aten.linear.default: _linear,
    aten.conv1d.default: _convolution,
    aten.conv2d.default: _convolution,
    aten.conv3d.default: _convolution,
}

_CONTIGUOUS = frozenset(
    (aten.layer_norm.default, aten.roll.default, aten.scaled_dot_product_attention.default)
)
"""Operators whose output is contiguous, however their input is laid out."""
