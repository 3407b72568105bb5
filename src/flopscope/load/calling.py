"""Arguments as they were typed to a call: names in torch looked up, mappings made into configs."""

from __future__ import annotations

import dataclasses
import inspect
import itertools
import typing
from collections.abc import Callable, Mapping
from typing import Any

from flopscope.errors import TargetError
from flopscope.load.arguments import Arguments, TorchName
from flopscope.spelling import did_you_mean


def call(factory: Callable[..., Any], arguments: Arguments) -> Any:
    """What a class or a function returns for these arguments.

    A mapping given to a parameter that is annotated with a dataclass or a pydantic model becomes
    one, and so do the mappings inside it.

    Raises:
        TargetError: torch has no such name, or a config no such field.
        Exception: what the factory raises.
    """
    bare = resolved(arguments)
    wanted = _annotations(factory)
    names = itertools.chain(_parameters(factory), itertools.repeat(""))
    positional = [
        _configured(value, wanted.get(name))
        for value, name in zip(bare.positional, names, strict=False)
    ]
    keyword = {name: _configured(value, wanted.get(name)) for name, value in bare.keyword.items()}
    return factory(*positional, **keyword)


def with_settings(
    factory: Callable[..., Any], arguments: Arguments, settings: Mapping[str, object]
) -> Arguments:
    """The arguments, and below them the settings of a file, which they overrule.

    Where a factory takes one config object and none of the settings is a parameter of its, they are
    the fields of that.
    """
    configs = _config_parameters(factory)
    if settings and len(configs) == 1 and not set(settings) & set(_parameters(factory)):
        settings = {configs[0]: settings}
    keyword = overlaid(settings, arguments.keyword)
    return Arguments(arguments.positional, keyword)


def overlaid(settings: Mapping[str, object], over: Mapping[str, object]) -> dict[str, object]:
    """Settings with others in the place of those of the same name, also inside mappings."""
    merged = dict(settings)
    for name, value in over.items():
        below = merged.get(name)
        both = isinstance(value, Mapping) and isinstance(below, Mapping)
        merged[name] = overlaid(below, value) if both else value  # type: ignore[arg-type] # both are
    return merged


def resolved(arguments: Arguments) -> Arguments:
    """The arguments with torch's own things in the place of their names.

    Raises:
        TargetError: torch has no such name.
    """
    return Arguments(
        tuple(map(_looked_up, arguments.positional)),
        {name: _looked_up(value) for name, value in arguments.keyword.items()},
    )


def _looked_up(value: object) -> Any:
    if isinstance(value, TorchName):
        return _in_torch(value)
    if isinstance(value, (list, tuple)):
        return type(value)(map(_looked_up, value))
    if isinstance(value, Mapping):
        return {_looked_up(key): _looked_up(item) for key, item in value.items()}
    return value


def _in_torch(name: TorchName) -> Any:
    # Here, not above: reading a command line must not wait for torch.
    import torch

    found: Any = torch
    for part in name.path.split("."):
        if not hasattr(found, part):
            raise TargetError(f"there is no {name!r}", hint=did_you_mean(part, dir(found)))
        found = getattr(found, part)
    return found if name.called_with is None else found(name.called_with)


def _config_parameters(factory: Callable[..., Any]) -> list[str]:
    """The parameters of a class or function that take a dataclass or a pydantic model."""
    wanted = _annotations(factory).items()
    return [name for name, annotation in wanted if _config_type(annotation) is not None]


def _parameters(factory: Callable[..., Any]) -> list[str]:
    try:
        return list(inspect.signature(factory).parameters)
    except (TypeError, ValueError):  # some callables written in C have no signature
        return []


def _annotations(factory: Callable[..., Any]) -> dict[str, Any]:
    """The types of parameters by name, in order, as far as they can be found out."""
    function = factory
    if isinstance(factory, type):
        function = next(
            kind.__dict__["__init__"] for kind in factory.__mro__ if "__init__" in kind.__dict__
        )
    try:
        hints = typing.get_type_hints(function)
    except (NameError, TypeError, AttributeError):  # a name that only a type checker imports
        return {}
    return {name: hint for name, hint in hints.items() if name != "return"}


def _config_type(annotation: Any) -> type | None:
    """The config class in an annotation, such as ``Config | None``."""
    candidates = (annotation, *typing.get_args(annotation))
    classes = (candidate for candidate in candidates if isinstance(candidate, type))
    return next(filter(_is_config, classes), None)


def _is_config(kind: type) -> bool:
    return dataclasses.is_dataclass(kind) or _is_pydantic(kind)


def _is_pydantic(kind: type) -> bool:
    return hasattr(kind, "model_validate") and hasattr(kind, "model_fields")


def _configured(value: Any, annotation: Any) -> Any:
    kind = _config_type(annotation)
    if kind is None or not isinstance(value, Mapping):
        return value
    if _is_pydantic(kind):
        return kind.model_validate(dict(value))  # type: ignore[attr-defined] # found to be there
    names = [field.name for field in dataclasses.fields(kind) if field.init]
    for name in value:
        if name not in names:
            hint = did_you_mean(str(name), names) or f"its fields: {', '.join(names)}"
            raise TargetError(f"{kind.__name__} has no field '{name}'", hint=hint)
    wanted = _annotations(kind)
    return kind(**{name: _configured(inner, wanted.get(name)) for name, inner in value.items()})
