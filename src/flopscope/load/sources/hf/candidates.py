"""Inputs for any model of transformers, made from the signature of its forward and from its config.

What no signature tells is how the tensors of an input are laid out: a spectrogram may be bins by
frames or frames by bins. So there are several candidates for most models, the likeliest first.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from flopscope.load.inputs import Inputs, InputSpec
from flopscope.load.sources import Rehearse
from flopscope.load.sources.hf import images, sounds, text
from flopscope.load.sources.hf.case import Case
from flopscope.load.sources.hf.forms import forms
from flopscope.load.sources.hf.making import Maker
from flopscope.load.sources.hf.placeholders import with_placeholders

LAYOUTS = 24
"""How many ways to lay out one list of parameters are tried."""

MAKERS: Mapping[str, Maker] = {**text.MAKERS, **images.MAKERS, **sounds.MAKERS}
"""By the name of a parameter: the tensors that could be meant by it, the likeliest first."""


def candidates(case: Case, rehearse: Rehearse | None) -> Iterator[Inputs]:
    """Keyword arguments to try a model with: all the modalities that it takes, then fewer.

    Args:
        case: what they are made for.
        rehearse: runs a part of the model on inputs without values, to learn how many tokens its
            images and sounds stand for; None leaves those out.
    """
    seen: set[Any] = set()
    for names in forms(case, MAKERS):
        layouts = itertools.product(*(MAKERS[name](case) for name in names))
        for values in itertools.islice(layouts, LAYOUTS):
            kwargs = _consistent(dict(zip(names, values, strict=True)))
            layout = tuple((name, value.shape, value.dtype) for name, value in kwargs.items())
            if layout in seen:
                continue
            seen.add(layout)
            if rehearse is not None:
                kwargs = with_placeholders(case, kwargs, rehearse)
            yield _described(case, kwargs)


def _consistent(made: Mapping[str, Any]) -> Mapping[str, Any]:
    """Without the parameters that don't go with the layout of the others."""
    import torch

    kept = {name: value for name, value in made.items() if value is not None}
    pixels = kept.get("pixel_values")
    if pixels is not None and len(pixels.shape) == 4 and "image_sizes" in kept:
        count, _, height, width = pixels.shape
        kept["image_sizes"] = torch.tensor([[height, width]] * count)
    features = kept.get("input_features")
    for name in ("input_features_mask", "feature_attention_mask"):
        if features is not None and name in kept:
            sounds, *sizes = features.shape
            frames = max(sizes) if len(sizes) == 2 else sounds
            kept[name] = kept[name][:1, :1].repeat(sounds, frames)
    return kept


def _described(case: Case, kwargs: Mapping[str, Any]) -> Inputs:
    shapes = (f"{name} {'x'.join(map(str, value.shape))}" for name, value in kwargs.items())
    whose = type(case.model).__name__
    note = f"input: made from the config of {whose}: {', '.join(shapes)}"
    return Inputs((), kwargs, (note,), is_batched=True, repaired=partial(_repaired, case))


_PRODUCT = re.compile(r"\d+(?:x|, )(\d+)\]? (?:X|and) \[?(\d+)(?:x|, )\d+")
_SUM = re.compile(r"size of tensor a \((\d+)\) must match the size of tensor b \((\d+)\)")
_SUM_ON_META = re.compile(
    r"dimension of length (\d+) at -1!.* broadcastable to \[(?:\d+, )*(\d+)\]"
)


def _repaired(case: Case, inputs: Inputs, message: str) -> Iterator[Inputs]:
    """Inputs with as many features as a model's first layer said that it takes, in its error."""
    found = _PRODUCT.search(message) or _SUM.search(message)
    on_meta = _SUM_ON_META.search(message)
    if found is not None:
        given, wanted = map(int, found.groups())
    elif on_meta is not None:
        wanted, given = map(int, on_meta.groups())
    else:
        return
    for name, value in reversed(list(inputs.kwargs.items())):
        if isinstance(value, InputSpec) and value.shape[-1:] == (given,):
            changed = replace(value, shape=(*value.shape[:-1], wanted))
            yield replace(_described(case, {**inputs.kwargs, name: changed}), repaired=None)
