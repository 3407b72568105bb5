"""Operators that refuse their operands, by what they expect of them: a row for each kind."""

from __future__ import annotations

import math
import re

import torch

from flopscope.trace.diagnosis.expectations import (
    LAYOUTS,
    expects_dtype,
    expects_rank,
    expects_size,
    with_channels,
)
from flopscope.trace.diagnosis.finding import Finding, Row, sizes
from flopscope.trace.diagnosis.misfits import Flattened, Shape, Shaped, Size, TooSmall
from flopscope.trace.diagnosis.scene import Scene
from flopscope.trace.diagnosis.tables import embedding, index, lookup


def _convolution(scene: Scene) -> Finding | None:
    given, weight = scene.operands["input"], scene.operands["weight"]
    sides = weight.dim() - 2
    if sides not in LAYOUTS:
        return None
    turned = "transpose" in str(scene.op)
    channels = weight.shape[0] if turned else weight.shape[1] * scene.operands["groups"]
    layout = f"[N×]{channels}×{LAYOUTS[sides]}"
    fitting = with_channels(given.shape, channels, sides)
    found = expects_rank(given.shape, (sides + 1, sides + 2), layout, fitting)
    if found is None and _lacks_a_side(given.shape, channels, sides):
        fitting = (*given.shape, given.shape[-1])
        found = expects_rank(given.shape, (sides + 2,), f"N×{channels}×{LAYOUTS[sides]}", fitting)
    found = found or expects_size(given.shape, -sides - 1, channels, "channels")
    if found or turned or isinstance(scene.operands["padding"], str):
        return found
    kernel = [
        step * (size - 1) + 1
        for step, size in zip(_each(scene, "dilation", sides), weight.shape[2:], strict=False)
    ]
    return _too_small(given.shape, kernel, _each(scene, "padding", sides))


def _lacks_a_side(shape: Shape, channels: int, sides: int) -> bool:
    """Whether channels stand where they do in a batch, though there are too few dimensions."""
    return sides > 1 and len(shape) == sides + 1 and shape[0] != channels == shape[1]


def _pooling(scene: Scene) -> Finding | None:
    given = scene.operands["self"]
    sides = int(str(scene.op)[-2])
    padded = (1,) * (sides + 2 - given.dim()) + tuple(given.shape)
    layout = f"[N×]C×{LAYOUTS[sides]}"
    found = expects_rank(given.shape, (sides + 1, sides + 2), layout, padded)
    if found:
        return found
    if "kernel_size" not in scene.operands:
        return None
    return _too_small(
        given.shape, _each(scene, "kernel_size", sides), _each(scene, "padding", sides)
    )


def _too_small(shape: Shape, kernel: list[int], padding: list[int]) -> Finding | None:
    inner = shape[-len(kernel) :]
    padded = [size + 2 * edge for size, edge in zip(inner, padding, strict=False)]
    if all(size >= width for size, width in zip(padded, kernel, strict=False)):
        return None
    says = f"got {sizes(inner)}, too small for its kernel of {sizes(kernel)} ({sizes(shape)})"
    return Finding(says, misfits=(TooSmall(),))


def _padding(scene: Scene) -> Finding | None:
    """A reflection takes fewer elements than there are, a circle no more; all else may be had."""
    mode = scene.operands.get("mode", str(scene.op))
    if "reflect" not in mode and "circular" not in mode:
        return None
    shape = tuple(scene.operands["self"].shape)
    edges = scene.operands["pad" if "pad" in scene.operands else "padding"]
    inner = list(reversed(shape))[: len(edges) // 2]
    spare = 1 if "reflect" in mode else 0
    if all(max(edges[2 * i : 2 * i + 2]) + spare <= size for i, size in enumerate(inner)):
        return None
    says = f"got {sizes(reversed(inner))}, too small to be padded by {max(edges)} ({sizes(shape)})"
    return Finding(says, misfits=(TooSmall(),))


def _linear(scene: Scene) -> Finding | None:
    given, wanted = scene.operands["input"], scene.operands["weight"].shape[-1]
    if not given.dim():
        wish = Shaped((), (1, wanted))
        return Finding(f"expects {wanted} features, got a scalar", misfits=(wish,))
    found = expects_size(given.shape, -1, wanted, "features")
    if found is None:
        return None
    shape = tuple(given.shape)
    others = (Shaped(shape, (1, *shape)), Flattened(shape[-1], wanted))
    return Finding(found.says, misfits=(*found.misfits, *others))


def _layer_norm(scene: Scene) -> Finding | None:
    given, wanted = scene.operands["input"], tuple(scene.operands["normalized_shape"])
    shape = tuple(given.shape)
    if len(wanted) == 1 and shape:
        return expects_size(shape, -1, wanted[0], "features")
    if shape[-len(wanted) :] == wanted:
        return None
    fitting = (*shape[: -len(wanted)], *wanted)
    says = f"expects a shape that ends in {sizes(wanted)}, got {sizes(shape)}"
    return Finding(says, misfits=(Shaped(shape, fitting),))


def _channel_vectors(scene: Scene) -> Finding | None:
    """A scale, or a mean, for each channel: the second dimension."""
    given = scene.operands["input" if "input" in scene.operands else "self"]
    vectors = (scene.operands.get(name) for name in ("weight", "running_mean"))
    wanted = next((vector.numel() for vector in vectors if vector is not None), None)
    if wanted is None or given.dim() < 2 or (wanted == 1 and "prelu" in str(scene.op)):
        return None
    return expects_size(given.shape, 1, wanted, "channels")


def _group_norm(scene: Scene) -> Finding | None:
    found = _channel_vectors(scene)
    return found or _divisible(scene, 1, scene.operands["num_groups"], "channels")


def _pixel_shuffle(scene: Scene) -> Finding | None:
    return _divisible(scene, -3, scene.operands["upscale_factor"] ** 2, "channels")


def _pixel_unshuffle(scene: Scene) -> Finding | None:
    factor = scene.operands["downscale_factor"]
    return _divisible(scene, -1, factor, "columns") or _divisible(scene, -2, factor, "rows")


def _channel_shuffle(scene: Scene) -> Finding | None:
    return _divisible(scene, 1, scene.operands["groups"], "channels")


def _glu(scene: Scene) -> Finding | None:
    return _divisible(scene, scene.operands["dim"], 2, "features")


def _divisible(scene: Scene, dim: int, divisor: int, noun: str) -> Finding | None:
    given = scene.operands["input" if "input" in scene.operands else "self"]
    shape = tuple(given.shape)
    if not -len(shape) <= dim < len(shape) or shape[dim] % divisor == 0:
        return None
    wanted = -(-shape[dim] // divisor) * divisor
    says = f"divides its {noun} by {divisor}, got {shape[dim]} ({sizes(shape)})"
    fitting = list(shape)
    fitting[dim] = wanted
    return Finding(says, misfits=(Shaped(shape, tuple(fitting)), Size(shape, dim, wanted)))


def _reshape(scene: Scene) -> Finding | None:
    """As many elements as the new shape has, where it leaves none open."""
    shape = tuple(scene.operands["self"].shape)
    size = tuple(scene.operands["size" if "size" in scene.operands else "shape"])
    if not shape or min(size, default=0) < 0 or math.prod(shape) == math.prod(size):
        return None
    says = f"cannot make {sizes(shape)} into {sizes(size)}"
    wanted = math.prod(size) // math.prod(shape[:-1])
    misfits = (Size(shape, -1, wanted), Flattened(math.prod(shape), math.prod(size)))
    return Finding(says, misfits=misfits)


def _each(scene: Scene, name: str, sides: int) -> list[int]:
    value = scene.operands[name]
    values = list(value) if isinstance(value, (list, tuple)) else [value]
    return values * sides if len(values) == 1 else values


_ROWS: tuple[tuple[str, Row], ...] = (
    (r"conv(_transpose)?[123]d", _convolution),
    (r"(adaptive_)?(max|avg)_pool[123]d(_with_indices)?", _pooling),
    (r"reflection_pad[123]d|pad", _padding),
    (r"linear", _linear),
    (r"(_fused_)?(layer|rms)_norm", _layer_norm),
    (r"batch_norm|instance_norm|prelu", _channel_vectors),
    (r"group_norm", _group_norm),
    (r"pixel_shuffle", _pixel_shuffle),
    (r"pixel_unshuffle", _pixel_unshuffle),
    (r"channel_shuffle|native_channel_shuffle", _channel_shuffle),
    (r"glu", _glu),
    (r"view|_unsafe_view|reshape", _reshape),
    (r"embedding|_?embedding_bag", embedding),
    (r"index_select|gather", lookup),
    (r"index", index),
)
"""A pattern of the names in torch to what is looked at."""


def operator_finding(scene: Scene) -> Finding | None:
    """What the operator that raised does not take, if a row knows it."""
    namespace, _, name = str(scene.op).partition(".")
    if namespace != "aten":
        return None
    for pattern, row in _ROWS:
        if re.fullmatch(pattern, name):
            found = row(scene)
            if found is not None:
                return found
    return _dtypes(scene)


def _dtypes(scene: Scene) -> Finding | None:
    """Element types that differ where they must not."""
    weight = scene.operands.get("weight")
    return expects_dtype(weight, scene.shapes[0]) if isinstance(weight, torch.Tensor) else None
