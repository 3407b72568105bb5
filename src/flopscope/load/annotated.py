"""Arguments held against annotations and defaults: which are of another type."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Iterator
from inspect import Parameter
from typing import Any

from flopscope.load.arguments import Arguments

_ALSO = {float: (int,), complex: (int, float), tuple: (list,), list: (tuple,)}
"""Types that do where another is asked for."""


def mistyped(factory: Callable[..., Any], arguments: Arguments) -> str:
    """``"width is 'a', and is annotated as int"``, or "" where all types are as they should be.

    It is to be said only where the call has failed: an annotation does not bind.
    """
    try:
        signature = inspect.signature(factory)
        given = signature.bind_partial(*arguments.positional, **arguments.keyword).arguments
    except (TypeError, ValueError):
        return ""
    return "; ".join(_complaints(signature, given, _annotations(factory)))


def _complaints(
    signature: inspect.Signature, given: typing.Mapping[str, Any], annotations: dict[str, Any]
) -> Iterator[str]:
    for name, value in given.items():
        parameter = signature.parameters[name]
        if parameter.kind in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD):
            continue
        annotation, default = annotations.get(name), parameter.default
        if annotation is not None:
            if not _fits(value, annotation):
                yield f"{name} is {value!r}, and is annotated as {_written(annotation)}"
        elif isinstance(default, (bool, int, float, str)) and not _fits(value, type(default)):
            yield f"{name} is {value!r}, and its default is {default!r}"


def _annotations(factory: Callable[..., Any]) -> dict[str, Any]:
    function = factory.__init__ if inspect.isclass(factory) else factory
    try:
        return typing.get_type_hints(function)
    except (NameError, TypeError, AttributeError):  # a name that only a type checker imports
        return {}


def _fits(value: Any, annotation: Any) -> bool:
    """Whether a value is of a type; anything that is not plain is taken to be."""
    origin = typing.get_origin(annotation) or annotation
    if origin is typing.Literal:
        return value in typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        return any(_fits(value, choice) for choice in typing.get_args(annotation))
    if origin not in (bool, int, float, complex, str, list, tuple, dict, type(None)):
        return True
    return isinstance(value, (origin, *_ALSO.get(origin, ())))


def _written(annotation: Any) -> str:
    return inspect.formatannotation(annotation)
