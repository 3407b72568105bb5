"""A model of transformers by its config, without its weights, and what it is called with."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from flopscope.load.importing import import_library
from flopscope.load.inputs import Inputs
from flopscope.load.signature import refuse_positional
from flopscope.load.sources import Options, Source
from flopscope.load.sources.hf.candidates import candidates
from flopscope.load.sources.hf.case import Case
from flopscope.load.sources.hf.config import config_of
from flopscope.load.sources.hf.task import class_of
from flopscope.load.target import TargetSpec

if TYPE_CHECKING:
    from torch import nn


def find(spec: TargetSpec, options: Options) -> Source:
    """``hf:DIRECTORY``, ``hf:FILE.json`` or ``hf:TYPE``, with overrides of its config behind it.

    Nothing is downloaded, and no code runs but that of transformers.

    Raises:
        TargetError: transformers is not installed or broken, or has no such model; there is no
            such config; or an override or the task fits nothing.
    """
    os.environ.setdefault("HF_HUB_OFFLINE", "1")  # read when transformers is first imported
    library = import_library("transformers", "hf")
    refuse_positional(spec)
    config = config_of(library, spec)
    chosen = class_of(library, config, options.task)
    return Source(
        spec.path,
        partial(_built, chosen.cls, config),
        inputs=inputs_of,
        notes=(chosen.note, *_notes(config)),
    )


def inputs_of(model: nn.Module, options: Options) -> Iterable[Inputs]:
    """What a model of transformers may be called with, the likeliest first."""
    return candidates(Case(model, options.batch or 1, options.seq), options.rehearse)


def _built(cls: Any, config: Any) -> Any:
    """The model; it changes its config, so that is a copy."""
    return cls._from_config(copy.deepcopy(config))


def _notes(config: Any) -> Iterable[str]:
    dtype = config.dtype
    if dtype is not None and str(dtype) != "torch.float32":
        name = str(dtype).removeprefix("torch.")
        yield f"its config says {name}, and so it was built; --dtype chooses another"
    if getattr(config, "quantization_config", None):
        yield "counted without the quantization that its config names"
