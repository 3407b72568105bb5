"""A model's forward as what it takes: whether given inputs do, and what to give where none are."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from inspect import Parameter
from typing import TYPE_CHECKING

from flopscope.errors import InputError
from flopscope.load.signature import plain
from flopscope.naming import kind_of
from flopscope.spelling import did_you_mean

if TYPE_CHECKING:
    from torch import nn

_DTYPES: Mapping[str, str] = {
    "LongTensor": "int64",
    "IntTensor": "int32",
    "BoolTensor": "bool",
    "ByteTensor": "uint8",
    "HalfTensor": "float16",
    "DoubleTensor": "float64",
}
"""What torch's annotations say of the elements of a tensor."""


def check_inputs(
    forward: Callable[..., object], args: tuple[object, ...], kwargs: Mapping[str, object]
) -> None:
    """Make sure that a forward method takes these positional and keyword inputs.

    Raises:
        InputError: it needs more, or takes fewer; the hint says how to give them.
    """
    parameters = _parameters(forward)
    if parameters is None:
        return  # a scripted forward has no signature: calling it will tell
    signature = inspect.Signature(list(parameters.values()))
    owner = type(getattr(forward, "__self__", None)).__name__
    written = f"{owner}.forward{plain(signature)}"
    _refuse_names(signature, written, args, kwargs)
    try:
        bound = signature.bind_partial(*args, **kwargs)
    except TypeError as error:
        raise InputError(
            f"{written} cannot take {_inputs(len(args) + len(kwargs))}: {error}",
            hint="give one --shape for each tensor that it takes, in order",
        ) from error
    missing = [
        parameter
        for parameter in parameters.values()
        if parameter.name not in bound.arguments and _is_needed(parameter)
    ]
    if missing:
        needed = ", ".join(f"'{parameter.name}'" for parameter in missing)
        options = " ".join(["--shape ..."] * len(args) + [*map(_option_for, missing)])
        raise InputError(
            f"{written} got {_inputs(len(args) + len(kwargs))} and needs {needed}",
            hint=f"give each, as in {options}",
        )


def _refuse_names(
    signature: inspect.Signature,
    written: str,
    args: tuple[object, ...],
    kwargs: Mapping[str, object],
) -> None:
    """Raise where a name is no parameter's, or that of one which is given by position, too."""
    parameters = signature.parameters
    kinds = {parameter.kind for parameter in parameters.values()}
    by_position = [
        name
        for name, parameter in parameters.items()
        if parameter.kind in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    ]
    for name in kwargs:
        if name in by_position[: len(args)]:
            raise InputError(
                f"{written} got '{name}' twice, by position and by name",
                hint="name each --shape, or none: those without a name are taken in order",
            )
        if name not in parameters and Parameter.VAR_KEYWORD not in kinds:
            raise InputError(
                f"{written} has no argument '{name}'",
                hint=did_you_mean(name, parameters) or f"it takes {', '.join(parameters)}",
            )


def _option_for(parameter: Parameter) -> str:
    """What gives an input for a parameter, as far as its annotation tells."""
    annotation = inspect.formatannotation(parameter.annotation)
    if parameter.annotation is not Parameter.empty and "ensor" not in annotation:
        return f"--kwarg {parameter.name}=..."
    return f"--shape {parameter.name}:..."


def needs_inputs(model: nn.Module) -> bool:
    """Whether a model cannot be called with nothing, as far as its signature tells."""
    parameters = _parameters(model.forward)
    return parameters is None or any(map(_is_needed, parameters.values()))


def what_is_needed(model: nn.Module, path: str) -> tuple[str, str]:
    """That a model is to be given inputs, and a target with options to start from.

    Args:
        model: that was built without weights or with them.
        path: how its target is written without arguments.
    """
    parameters = _parameters(model.forward) or {}
    needed = [parameter for parameter in parameters.values() if _is_needed(parameter)]
    listed = ", ".join(map(_described, needed)) or "inputs"
    shape = _first_shape(model)
    options = [f"--shape {shape}"] + [f"--shape {parameter.name}:..." for parameter in needed[1:]]
    return (
        f"no inputs were given, and {kind_of(model)}.forward needs {listed}",
        f"start from: {path} {' '.join(options)}",
    )


def inputs_to_give(model: nn.Module) -> str:
    """Options for what a model's forward takes first, though it may be called without it."""
    parameters = (_parameters(model.forward) or {}).values()
    named = (p for p in parameters if p.kind is Parameter.POSITIONAL_OR_KEYWORD)
    return next(map(_option_for, named), "")


def dtypes_by_annotation(model: nn.Module) -> dict[int | str, str]:
    """The element types that forward's annotations name, by position and by name."""
    found: dict[int | str, str] = {}
    for position, parameter in enumerate((_parameters(model.forward) or {}).values()):
        annotation = inspect.formatannotation(parameter.annotation)
        for word, dtype in _DTYPES.items():
            if word in annotation and "Float" not in annotation:
                found[position] = found[parameter.name] = dtype
    return found


def _parameters(forward: Callable[..., object]) -> Mapping[str, Parameter] | None:
    try:
        return inspect.signature(forward).parameters
    except (TypeError, ValueError):
        return None


def _is_needed(parameter: Parameter) -> bool:
    variable = parameter.kind in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
    return parameter.default is Parameter.empty and not variable


def _inputs(count: int) -> str:
    return "no input" if count == 0 else f"{count} input{'s' if count > 1 else ''}"


def _described(parameter: Parameter) -> str:
    if parameter.annotation is Parameter.empty:
        return f"'{parameter.name}'"
    annotation = inspect.formatannotation(parameter.annotation).strip("'")
    return f"'{parameter.name}' ({annotation})"


def _first_shape(model: nn.Module) -> str:
    """A shape that goes with the first layer that says what it takes."""
    from torch import nn

    for layer in model.modules():
        if isinstance(layer, nn.Embedding):
            return "1,128:int64"
        if isinstance(layer, nn.Linear):
            return f"1,{layer.in_features}"
        if isinstance(layer, nn.modules.conv._ConvNd):
            sides = {1: "1000", 2: "224,224", 3: "16,112,112"}[len(layer.kernel_size)]
            return f"1,{layer.in_channels},{sides}"
        if isinstance(layer, nn.RNNBase):
            return f"1,128,{layer.input_size}"
    return "1,3,224,224"
