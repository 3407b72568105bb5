"""Models that say what they are called with: by an attribute, or as those of a library do."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

from flopscope.load.inputs import Inputs, InputSpec, as_inputs
from flopscope.registry import Registry

if TYPE_CHECKING:
    from torch import nn

    from flopscope.load.sources import Options

Known: TypeAlias = "Callable[[nn.Module, Options], Iterable[Inputs] | None]"

INPUTS_OF: Registry[Known] = Registry({"transformers": "flopscope.load.sources.hf:inputs_of"})
"""What makes the inputs of any model of a library."""


def known_inputs(model: nn.Module, options: Options) -> Iterable[Inputs] | None:
    """What a model may be called with, the likeliest first; None where it doesn't say."""
    for row in _ROWS:
        found = row(model, options)
        if found is None:
            continue
        if options.seq is None or row is _of_transformers:
            return found
        return tuple(replace(inputs, notes=(*inputs.notes, SEQ_UNUSED)) for inputs in found)
    return None


SEQ_UNUSED = "--seq says nothing of this model, which knows its inputs itself"


def _example(model: nn.Module, _options: Options) -> Iterable[Inputs] | None:
    """``example_input_array``, as Lightning calls it."""
    example = getattr(model, "example_input_array", None)
    return None if example is None else (as_inputs(example, ("input: its example_input_array",)),)


def _of_timm(model: nn.Module, options: Options) -> Iterable[Inputs] | None:
    """``pretrained_cfg``, which models of timm have."""
    config: Any = getattr(model, "pretrained_cfg", None) or getattr(model, "default_cfg", None)
    if not isinstance(config, Mapping) or "input_size" not in config:
        return None
    return (image(tuple(config["input_size"]), options, "timm"),)


def _of_transformers(model: nn.Module, options: Options) -> Iterable[Inputs] | None:
    """Any model of transformers, which can only be one where that has been imported."""
    library = sys.modules.get("transformers")
    if library is None or not isinstance(model, library.PreTrainedModel):
        return None
    return INPUTS_OF["transformers"](model, options)


def image(size: tuple[int, ...], options: Options, whose: str) -> Inputs:
    """A batch of images, or of videos, of one size."""
    shape = (options.batch or 1, *size)
    sizes = "x".join(map(str, size))
    note = f"input: {whose}'s own size, {sizes}"
    return Inputs((InputSpec(shape),), notes=(note,), is_batched=True)


_ROWS: tuple[Known, ...] = (_example, _of_timm, _of_transformers)
