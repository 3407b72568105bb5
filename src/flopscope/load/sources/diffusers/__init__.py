"""A config of diffusers or the name of one of its classes to the model, without its weights."""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from flopscope.errors import TargetError
from flopscope.load.arguments import Arguments
from flopscope.load.calling import overlaid, resolved
from flopscope.load.importing import import_library, user_code
from flopscope.load.inputs import Inputs
from flopscope.load.signature import check, refuse_positional
from flopscope.load.sources import Options, Source
from flopscope.load.sources.diffusers.case import Case
from flopscope.load.sources.diffusers.inputs import candidates
from flopscope.load.sources.hf.config import FILE, config_file, read_json
from flopscope.load.target import TargetSpec
from flopscope.spelling import did_you_mean

if TYPE_CHECKING:
    from torch import nn

INDEX = "model_index.json"
"""The file that makes a directory a pipeline of several models."""


def find(spec: TargetSpec, _options: Options) -> Source:
    """``diffusers:DIRECTORY`` or ``diffusers:ClassName``, with overrides of its config behind it.

    Nothing is downloaded, and no code runs but that of diffusers.

    Raises:
        TargetError: diffusers is not installed or broken, or has no such model; there is no such
            config, or it is a whole pipeline's; or an override fits nothing.
    """
    os.environ.setdefault("HF_HUB_OFFLINE", "1")  # read when diffusers is first imported
    library = import_library("diffusers", "diffusers")
    refuse_positional(spec)
    overrides = overlaid(spec.settings, resolved(spec.arguments).keyword)
    file = config_file(spec.place)
    if file is None:
        cls = _class_named(library, spec.place)
        check(cls, Arguments((), overrides), f"diffusers:{cls.__name__}")
        return _source(spec, cls, overrides)
    written = read_json(file)
    cls = _class_in(library, written, file)
    _refuse_unknown(cls, overrides)
    return _source(spec, cls, overlaid(written, overrides), f"built {cls.__name__}")


def _source(spec: TargetSpec, cls: Any, config: Mapping[str, Any], *notes: str) -> Source:
    return Source(
        spec.path,
        partial(cls.from_config, dict(config)),
        inputs=_inputs,
        notes=notes,
    )


def _inputs(model: nn.Module, options: Options) -> Iterable[Inputs]:
    return candidates(Case(model, options.batch or 1, options.seq))


def _class_named(library: ModuleType, place: str) -> Any:
    """The class of models that a target names, which is no config."""
    path = Path(place).expanduser()
    if path.is_dir():
        raise _no_config(path)
    if "/" in place or "\\" in place:
        raise TargetError(
            f"no directory {place}, and nothing is downloaded",
            hint=f"download the {FILE} of its unet or transformer and name the directory",
        )
    cls = _model_class(library, place)
    if cls is None:
        hint = did_you_mean(place, dir(library))
        raise TargetError(
            f"diffusers {library.__version__} has no model '{place}'",
            hint=hint or "name a directory, or a class as in diffusers:UNet2DConditionModel",
        )
    return cls


def _no_config(path: Path) -> TargetError:
    index = path / INDEX
    if not index.is_file():
        return TargetError(f"no {FILE} in {path}", hint="name the directory that has one")
    parts = [
        name
        for name, kind in read_json(index).items()
        if isinstance(kind, list) and (path / name / FILE).is_file()
    ]
    named = ", ".join(f"diffusers:{path / name}" for name in parts)
    return TargetError(
        f"{path} is a pipeline of several models",
        hint=f"name one of them: {named}" if parts else f"none of its parts has a {FILE} here",
    )


def _class_in(library: ModuleType, written: Mapping[str, Any], file: Path) -> Any:
    """The class that a config file names.

    Raises:
        TargetError: it names none, or one that diffusers doesn't have.
    """
    name = written.get("_class_name")
    if not isinstance(name, str):
        hint = f"hf:{file.parent}" if "model_type" in written else ""
        raise TargetError(
            f"{file} names no class of diffusers",
            hint=f"it is a config of transformers: {hint}" if hint else "it lacks a _class_name",
        )
    cls = _model_class(library, name)
    if cls is None:
        raise TargetError(
            f"diffusers {library.__version__} has no model '{name}', as {file} says",
            hint="a newer diffusers may have it",
        )
    return cls


def _model_class(library: ModuleType, name: str) -> Any:
    """A class of models by name, or None where diffusers has none of that name."""
    with user_code(f"importing {name} of diffusers"):
        found = getattr(library, name, None)
        is_model = isinstance(found, type) and issubclass(found, library.ModelMixin)
    return found if is_model else None


def _refuse_unknown(cls: Any, overrides: Mapping[str, Any]) -> None:
    fields = list(inspect.signature(cls.__init__).parameters)[1:]
    for name in overrides:
        if name not in fields:
            raise TargetError(
                f"{cls.__name__} has no field '{name}'",
                hint=did_you_mean(name, fields) or f"its fields: {', '.join(fields[:12])}, ...",
            )
