"""A name that timm knows to its model, with the image size that it is made for."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from flopscope.errors import TargetError
from flopscope.load.calling import overlaid, resolved
from flopscope.load.importing import import_library
from flopscope.load.inputs import Inputs
from flopscope.load.known_inputs import image
from flopscope.load.signature import refuse_positional
from flopscope.load.sources import Options, Source
from flopscope.load.target import TargetSpec
from flopscope.spelling import did_you_mean

if TYPE_CHECKING:
    from torch import nn


def find(spec: TargetSpec, _options: Options) -> Source:
    """``timm:resnet50``, with arguments for ``timm.create_model`` behind it, if any.

    Raises:
        TargetError: timm is not installed, or knows no such model.
    """
    timm = import_library("timm", "timm")
    refuse_positional(spec)
    name = spec.place
    if not timm.is_model(name):
        hint = did_you_mean(name.partition(".")[0], timm.list_models())
        raise TargetError(f"timm has no model '{name}'", hint=hint or "see timm.list_models()")
    arguments = overlaid(spec.settings, resolved(spec.arguments).keyword)
    return Source(
        spec.path,
        partial(timm.create_model, name, **arguments),
        inputs=partial(_inputs, arguments),
    )


def _inputs(arguments: dict[str, Any], model: nn.Module, options: Options) -> Iterable[Inputs]:
    """One image of the size that the model was configured for, or was asked for here."""
    config: Any = model.pretrained_cfg
    channels, height, width = config["input_size"]
    channels = arguments.get("in_chans", channels)
    size = arguments.get("img_size", (height, width))
    height, width = (size, size) if isinstance(size, int) else size
    return (image((channels, height, width), options, "timm"),)
