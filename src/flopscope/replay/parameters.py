"""What the model that was exported was called with, as the signature of its forward."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from inspect import Parameter, Signature
from itertools import islice
from typing import Any

import torch
from torch.export import ExportedProgram

from flopscope.replay.sizes import Taken

_ANNOTATIONS: Mapping[torch.dtype, Any] = {
    torch.int64: torch.LongTensor,
    torch.int32: torch.IntTensor,
    torch.bool: torch.BoolTensor,
    torch.uint8: torch.ByteTensor,
    torch.float16: torch.HalfTensor,
    torch.float64: torch.DoubleTensor,
}
"""Annotations that say what type of elements a tensor has to have."""


def signature_of(exported: ExportedProgram, taken: Iterable[Taken]) -> Signature:
    """The parameters by name; those that were exported with a plain value have it for a default.

    Args:
        exported: the program.
        taken: its inputs, leaf by leaf.
    """
    positional, keyword = exported.call_spec.in_spec.children()
    leaves = iter(taken)
    dtypes = _dtypes(exported)
    parameters = [
        _parameter(name, Parameter.POSITIONAL_OR_KEYWORD, list(islice(leaves, count)), dtypes)
        for name, count in zip(_names(exported), _counts(positional), strict=False)
    ]
    named = [
        _parameter(name, Parameter.KEYWORD_ONLY, list(islice(leaves, count)), dtypes)
        for name, count in zip(keyword.context, _counts(keyword), strict=True)
    ]
    return Signature([*_with_defaults_last(parameters), *named])


def _names(exported: ExportedProgram) -> Iterator[str]:
    called = exported.module_call_graph[0].signature
    known = (called.forward_arg_names if called is not None else None) or []
    yield from known
    place = len(known)
    while True:
        yield f"input_{place}"
        place += 1


def _counts(spec: Any) -> list[int]:
    return [child.num_leaves for child in spec.children()]


def _dtypes(exported: ExportedProgram) -> dict[str, torch.dtype]:
    found = ((node.name, node.meta.get("val")) for node in exported.graph.nodes)
    return {name: value.dtype for name, value in found if isinstance(value, torch.Tensor)}


def _parameter(
    name: str, kind: Any, leaves: Sequence[Taken], dtypes: Mapping[str, torch.dtype]
) -> Parameter:
    only = leaves[0] if len(leaves) == 1 else None
    dtype = None if only is None else dtypes.get(only.name)
    return Parameter(
        name,
        kind,
        default=only.value if only is not None and only.is_fixed else Parameter.empty,
        annotation=Parameter.empty if dtype is None else _ANNOTATIONS.get(dtype, torch.Tensor),
    )


def _with_defaults_last(parameters: Sequence[Parameter]) -> list[Parameter]:
    """The same without defaults in front of a parameter that has none, as Python demands."""
    required = [place for place, one in enumerate(parameters) if one.default is Parameter.empty]
    last = required[-1] if required else -1
    return [
        one.replace(default=Parameter.empty) if place < last else one
        for place, one in enumerate(parameters)
    ]
