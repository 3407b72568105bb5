"""Tables in which indices are looked up: embeddings, positions, and whatever is indexed."""

from __future__ import annotations

import torch

from flopscope.trace.diagnosis.finding import Finding, sizes
from flopscope.trace.diagnosis.misfits import Numbers, Typed
from flopscope.trace.diagnosis.scene import Scene
from flopscope.trace.specs import dtype_name


def embedding(scene: Scene) -> Finding | None:
    """Vectors by number."""
    indices = scene.operands["indices"]
    shape = tuple(indices.shape)
    if indices.dtype not in (torch.int64, torch.int32):
        dtype = dtype_name(indices.dtype)
        return Finding(
            f"takes whole numbers, int64 or int32, and got {dtype} ({sizes(shape)})",
            misfits=(Typed(shape, dtype, "int64"),),
        )
    return _indices(scene.operands["weight"].shape[0], indices, least=0)


def lookup(scene: Scene) -> Finding | None:
    """Elements along one dimension."""
    table, dim = scene.operands["self"], scene.operands["dim"]
    if not isinstance(dim, int) or not -table.dim() <= dim < table.dim():
        return None
    return _indices(table.shape[dim], scene.operands["index"], least=0)


def index(scene: Scene) -> Finding | None:
    """What is written ``table[indices]``."""
    table = scene.operands["self"]
    for size, indices in zip(table.shape, scene.operands["indices"], strict=False):
        if isinstance(indices, torch.Tensor) and not indices.dtype.is_floating_point:
            found = None if indices.dtype in _MASKS else _indices(size, indices, least=-size)
            if found:
                return found
    return None


_MASKS = (torch.bool, torch.uint8)


def _indices(rows: int, indices: torch.Tensor, *, least: int) -> Finding | None:
    if type(indices) is not torch.Tensor or indices.is_meta or not indices.numel():
        return None
    low, high = (int(bound) for bound in indices.aminmax())
    if least <= low and high < rows:
        return None
    wrong = high if high >= rows else low
    return Finding(
        f"has {rows} rows, and an index is {wrong}",
        misfits=(Numbers(tuple(indices.shape), high, rows),),
    )
