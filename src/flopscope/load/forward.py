"""Inputs held against the signature of a model's forward: whether it can be called with them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from inspect import Parameter

from flopscope.errors import InputError
from flopscope.load.signature import plain


def check_inputs(
    forward: Callable[..., object], args: tuple[object, ...], kwargs: Mapping[str, object]
) -> None:
    """Make sure that a forward method takes these positional and keyword inputs.

    Raises:
        InputError: it needs more, or takes fewer; the hint says how to give them.
    """
    try:
        signature = inspect.signature(forward)
    except (TypeError, ValueError):
        return  # a scripted forward has none: calling it will tell
    owner = type(getattr(forward, "__self__", None)).__name__
    written = f"{owner}.forward{plain(signature)}"
    try:
        bound = signature.bind_partial(*args, **kwargs)
    except TypeError as error:
        count = len(args) + len(kwargs)
        raise InputError(
            f"{written} cannot take {_inputs(count)}: {error}",
            hint="give one --shape for each tensor that it takes, in order",
        ) from error
    missing = [
        parameter.name
        for parameter in signature.parameters.values()
        if parameter.name not in bound.arguments and _is_needed(parameter)
    ]
    if missing:
        needed = ", ".join(f"'{name}'" for name in missing)
        options = " ".join(["--shape 1,3,224,224"] * (len(args) + len(missing)))
        raise InputError(
            f"{written} got {_inputs(len(args) + len(kwargs))} and needs {needed}",
            hint=f"give a shape for each, in order, as in {options}",
        )


def _is_needed(parameter: Parameter) -> bool:
    variable = parameter.kind in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
    return parameter.default is Parameter.empty and not variable


def _inputs(count: int) -> str:
    return "no input" if count == 0 else f"{count} input{'s' if count > 1 else ''}"
