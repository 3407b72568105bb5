"""A file of weights in words: how many tensors and values it holds, without reading them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from flopscope.errors import TargetError
from flopscope.units import format_quantity

_LARGEST_HEADER = 100 << 20
"""The most that the safetensors format allows."""


def only_weights(path: Path, held: Any) -> TargetError:
    """That a file is no model, where it holds this."""
    import torch

    hint = "name the class that they belong to: package.module:ClassName"
    if isinstance(held, torch.Tensor):
        return TargetError(f"{path} holds one tensor, not a model", hint=hint)
    where, weights = _weights_in(held)
    if weights:
        return weights_error(path, (tensor.numel() for tensor in weights), where)
    return TargetError(
        f"{path} holds a {type(held).__name__} without a tensor, not a model",
        hint="name the class of the model: package.module:ClassName",
    )


def weights_error(path: Path, sizes: Iterable[int], where: str = "") -> TargetError:
    """That a file holds tensors of these sizes, and no model."""
    counted = list(sizes)
    told = f"{len(counted)} tensor{'' if len(counted) == 1 else 's'}"
    told += f", {format_quantity(sum(counted))} values" + (f" under '{where}'" if where else "")
    return TargetError(
        f"{path} holds weights ({told}), not a model",
        hint="name the class that they belong to: package.module:ClassName",
    )


def safetensors_sizes(path: Path) -> list[int]:
    """The number of values of each tensor in a safetensors file, by its header alone.

    Raises:
        TargetError: it has none, or one that doesn't fit the format.
    """
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > min(_LARGEST_HEADER, path.stat().st_size - 8):
            raise _broken(path, "its header does not fit into it")
        text = file.read(length)
    try:
        header = json.loads(text)
        return [
            math.prod(map(int, tensor["shape"]))
            for name, tensor in header.items()
            if name != "__metadata__"
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _broken(path, "its header is not that of the format") from error


def _broken(path: Path, reason: str) -> TargetError:
    return TargetError(
        f"{path} is a broken safetensors file: {reason}", hint="save or download it again"
    )


def _weights_in(held: Any) -> tuple[str, list[Any]]:
    """The mapping with most tensors directly in it, by name, or else all tensors."""
    tables = [(name, _tensors(table)) for name, table in _tables(held)]
    if tables:
        name, found = max(tables, key=lambda table: len(table[1]))
        if found:
            return name, found
    from torch.utils._pytree import tree_leaves

    return "", _tensors({str(place): leaf for place, leaf in enumerate(tree_leaves(held))})


def _tables(held: Any) -> Iterator[tuple[str, Mapping[Any, Any]]]:
    if isinstance(held, Mapping):
        yield "", held
        yield from (
            (str(name), inner) for name, inner in held.items() if isinstance(inner, Mapping)
        )


def _tensors(table: Mapping[Any, Any]) -> list[Any]:
    import torch

    return [value for value in table.values() if isinstance(value, torch.Tensor)]
