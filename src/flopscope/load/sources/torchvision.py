"""A name that torchvision knows to its model, with an input as its published weights take."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING, Any

from flopscope.errors import TargetError
from flopscope.load.calling import overlaid, resolved
from flopscope.load.importing import import_library
from flopscope.load.inputs import Inputs, InputSpec
from flopscope.load.known_inputs import image
from flopscope.load.signature import check, refuse_positional
from flopscope.load.sources import Options, Source
from flopscope.load.target import TargetSpec
from flopscope.spelling import did_you_mean

if TYPE_CHECKING:
    from torch import nn

FRAMES = 16
"""Of a video: what torchvision's published counts of operations are of."""

FLOW_SIZE = (3, 520, 960)
"""Of either image for optical flow: what torchvision's own example resizes to."""


def find(spec: TargetSpec, _options: Options) -> Source:
    """``torchvision:resnet50``, with arguments for its builder behind it, if any. No weights.

    Raises:
        TargetError: torchvision is not installed, or knows no such model.
    """
    models: ModuleType = import_library("torchvision", "vision").models
    refuse_positional(spec)
    name = spec.place
    if name.lower() not in models.list_models():
        hint = did_you_mean(name, models.list_models())
        raise TargetError(
            f"torchvision has no model '{name}'",
            hint=hint or "see torchvision.models.list_models()",
        )
    builder = models.get_model_builder(name)
    check(builder, spec.arguments, spec.path)
    arguments = overlaid(spec.settings, resolved(spec.arguments).keyword)
    if "weights_backbone" in inspect.signature(builder).parameters:
        arguments.setdefault("weights_backbone", None)  # it would be downloaded
    return Source(
        spec.path,
        partial(builder, **arguments),
        inputs=partial(_inputs, models.get_model_weights(name)),
    )


def _inputs(weights: Any, model: nn.Module, options: Options) -> Iterable[Inputs]:
    """What the task takes: images, videos, pairs of images, or a list of images with boxes in."""
    default = next(iter(weights.__members__.values()), None) and weights.DEFAULT
    transforms = default.transforms() if default is not None else None
    kind = type(transforms).__name__
    if kind == "OpticalFlow":
        spec = InputSpec((options.batch or 1, *FLOW_SIZE))
        note = "input: two images as in torchvision's example"
        return (Inputs((spec, spec), notes=(note,), is_batched=True),)
    if kind == "ObjectDetection":
        return (_pictures(options, model),)
    side = getattr(model, "image_size", None)
    size = [side] if isinstance(side, int) else getattr(transforms, "crop_size", None)
    size = size or getattr(transforms, "resize_size", [224])
    height, width = (*size, *size)[:2]
    clip = (FRAMES,) if kind == "VideoClassification" else ()
    return (image((3, *clip, height, width), options, "torchvision"),)


def _pictures(options: Options, model: Any) -> Inputs:
    """A list of images as large as the detector would resize them to, at the least."""
    transform = model.transform
    height, width = transform.fixed_size or (transform.min_size[-1], transform.min_size[-1])
    pictures = [InputSpec((3, height, width), low=0, high=1)] * (options.batch or 1)
    note = f"input: a list of images of the size that the detector resizes to, 3x{height}x{width}"
    return Inputs((pictures,), notes=(note,), is_batched=True)
