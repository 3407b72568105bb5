"""A directory, a config.json or a model type to its config in transformers, overrides included."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from flopscope.errors import InputError, TargetError
from flopscope.load.calling import overlaid, resolved
from flopscope.load.config_file import read_config
from flopscope.load.importing import user_code
from flopscope.load.target import TargetSpec
from flopscope.spelling import did_you_mean

FILE = "config.json"


def config_of(library: ModuleType, spec: TargetSpec) -> Any:
    """The config that a target names, with its arguments and settings in the place of its fields.

    Args:
        library: transformers.
        spec: ``hf:DIRECTORY``, ``hf:FILE.json`` or ``hf:TYPE``.

    Raises:
        TargetError: there is no such file or type, its model needs code that is not in
            transformers, or an override fits no field.
    """
    overrides = overlaid(spec.settings, resolved(spec.arguments).keyword)
    file = config_file(spec.place)
    if file is None:
        kind = _config_class(library, _known_type(library, spec))
        with user_code(f"reading the config of {spec.path}"):
            _refuse_unknown(kind(), overrides)
            return kind(**overrides)
    written = read_json(file)
    kind = _config_class(library, _type_in(library, written, file))
    with user_code(f"reading {file}"):
        _refuse_unknown(kind.from_dict(dict(written)), overrides)
        return kind.from_dict(overlaid(_shortened(written, overrides), overrides))


def config_file(place: str) -> Path | None:
    """The config that a target's place is, or holds; None where it is no path at all."""
    path = Path(place).expanduser()
    if path.suffix == ".json":
        return path
    return path / FILE if path.is_dir() and (path / FILE).is_file() else None


def read_json(file: Path) -> dict[str, Any]:
    """The mapping in a JSON file of a model's.

    Raises:
        TargetError: there is no such file, it is not JSON, or holds something else.
    """
    try:
        return read_config(file)
    except InputError as error:
        raise TargetError(error.message, hint="a config is a mapping in JSON") from error


def _config_class(library: ModuleType, model_type: str) -> Any:
    with user_code(f"importing the config of {model_type}"):
        return library.CONFIG_MAPPING[model_type]


def _known_type(library: ModuleType, spec: TargetSpec) -> str:
    """The model type that a place names, which is no path."""
    place = spec.place
    if place in library.CONFIG_MAPPING:
        return place
    path = Path(place).expanduser()
    if path.is_dir():
        held = sorted(inner.parent.name for inner in path.glob(f"*/{FILE}"))
        hint = f"there is one in: {', '.join(held)}" if held else "name the directory that has one"
        raise TargetError(f"no {FILE} in {place}", hint=hint)
    if "/" in place or "\\" in place:
        raise TargetError(
            f"no directory {place}, and nothing is downloaded",
            hint=f"download its {FILE} and name the directory, or name a model type: hf:llama",
        )
    raise TargetError(
        f"transformers {library.__version__} has no model type '{place}'",
        hint=did_you_mean(place, library.CONFIG_MAPPING) or "name one, as in hf:llama, or a path",
    )


def _type_in(library: ModuleType, written: Mapping[str, Any], file: Path) -> str:
    """The model type that a config file states.

    Raises:
        TargetError: it states none, or one that transformers doesn't have.
    """
    model_type = written.get("model_type")
    if not isinstance(model_type, str):
        hint = "diffusers' configs are named as diffusers:DIRECTORY"
        raise TargetError(
            f"{file} states no model_type",
            hint=hint if "_class_name" in written else "it is no config of transformers",
        )
    if model_type in library.CONFIG_MAPPING:
        return model_type
    if written.get("auto_map"):
        raise TargetError(
            f"'{model_type}' needs code of its own, which is never run unasked",
            hint="name the class in your copy of that code: path/to/modeling.py:ClassName",
        )
    meant = did_you_mean(model_type, library.CONFIG_MAPPING)
    raise TargetError(
        f"transformers {library.__version__} has no model type '{model_type}', as {file} says",
        hint=meant or "a newer transformers may have it",
    )


def _refuse_unknown(config: Any, overrides: Mapping[str, Any], inside: str = "") -> None:
    """Raise where an override names nothing that a config has, be it in a config inside it."""
    fields = [name for name in dir(config) if not name.startswith("_")]
    for name, value in overrides.items():
        if name not in fields:
            owner = f"{inside or type(config).__name__}"
            raise TargetError(
                f"{owner} has no field '{name}'", hint=did_you_mean(name, vars(config))
            )
        part = getattr(config, name)
        if isinstance(value, Mapping) and hasattr(part, "model_type"):
            changed = value.get("model_type", part.model_type)
            if changed == part.model_type:
                _refuse_unknown(part, value, f"{name} ({type(part).__name__})")


def _shortened(written: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """A config as it is written, with its lists of an item a layer as long as an override says.

    Where a number is overridden by a smaller one, each list beside it that has the old number of
    items keeps the first of them: 2 of the 26 ``layer_types`` for ``num_hidden_layers=2``.
    """
    changed = dict(written)
    for name, value in overrides.items():
        below = written.get(name)
        if isinstance(value, Mapping) and isinstance(below, Mapping):
            changed[name] = _shortened(below, value)
        elif _is_count(value) and _is_count(below) and 0 < value < below:
            for other, items in written.items():
                if isinstance(items, list) and len(items) == below:
                    changed[other] = items[:value]
    return changed


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
