"""Arguments held against a signature: which are misspelt, missing or too many."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from inspect import Parameter, Signature

from flopscope.errors import TargetError
from flopscope.load.arguments import Arguments
from flopscope.load.target import TargetSpec
from flopscope.spelling import did_you_mean

_BY_NAME: Mapping[str, str] = {
    r"heads?$|groups?$|stride|dilation": "1",
    r"kernel": "3",
}
"""A pattern in a parameter's name to a value that goes with any other."""

_BY_ANNOTATION = re.compile(
    r"Literal\[\s*(?P<literal>[^],]+)|\b(?P<kind>bool|int|float|str|list|tuple|sequence|dict)\b",
    re.IGNORECASE,
)
_OF_KIND: Mapping[str, str] = {
    "bool": "True",
    "int": "64",
    "float": "0.1",
    "str": "'name'",
    "list": "[64, 64]",
    "tuple": "(64, 64)",
    "sequence": "[64, 64]",
    "dict": "{}",
}


def check(factory: Callable[..., object], arguments: Arguments, path: str) -> None:
    """Make sure that a class or factory can be called with these arguments.

    Args:
        factory: what is going to be called.
        arguments: with what.
        path: how the target is written without its arguments: ``"mypkg:ResidualBlock"``.

    Raises:
        TargetError: it cannot; the hint holds its signature, or a target that would work.
    """
    try:
        signature = inspect.signature(factory)
    except (TypeError, ValueError):
        # Some callables written in C have none: calling them will tell.
        return
    name = path.rpartition(":")[2]
    written = f"{name}{plain(signature)}"
    _refuse_unknown(name, written, signature, arguments)
    try:
        bound = signature.bind_partial(*arguments.positional, **arguments.keyword)
    except TypeError as error:
        raise TargetError(f"{name}: {error}", hint=f"its signature is {written}") from error
    missing = [
        parameter
        for parameter in signature.parameters.values()
        if _is_required(parameter) and parameter.name not in bound.arguments
    ]
    if missing:
        names = ", ".join(f"'{parameter.name}'" for parameter in missing)
        call = ", ".join(filter(None, [str(arguments), *map(_guess, missing)]))
        raise TargetError(
            f"{written} needs {names}",
            hint=f'try: flopscope profile "{path}({call})" --shape ...',
        )


def refuse_positional(spec: TargetSpec) -> None:
    """Make sure that a model which a library makes by name gets arguments by name alone.

    Raises:
        TargetError: one has no name.
    """
    if spec.arguments.positional:
        raise TargetError(
            f"{spec.path} takes its arguments by name",
            hint=f"write {spec.path}(name={spec.arguments.positional[0]!r})",
        )


def _refuse_unknown(name: str, written: str, signature: Signature, arguments: Arguments) -> None:
    kinds = {parameter.kind for parameter in signature.parameters.values()}
    if Parameter.VAR_KEYWORD in kinds:
        return
    for keyword in arguments.keyword:
        if keyword not in signature.parameters:
            raise TargetError(
                f"{name} has no argument '{keyword}'",
                hint=did_you_mean(keyword, signature.parameters) or f"its signature is {written}",
            )


def _is_required(parameter: Parameter) -> bool:
    optional = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
    return parameter.default is Parameter.empty and parameter.kind not in optional


def _guess(parameter: Parameter) -> str:
    """``"in_planes=64"``: a value that may do, or ``...`` where the annotation tells nothing."""
    value = _guess_value(parameter)
    return value if parameter.kind is Parameter.POSITIONAL_ONLY else f"{parameter.name}={value}"


def _guess_value(parameter: Parameter) -> str:
    for pattern, value in _BY_NAME.items():
        if re.search(pattern, parameter.name):
            return value
    if parameter.annotation is Parameter.empty:
        return "64"
    found = _BY_ANNOTATION.search(inspect.formatannotation(parameter.annotation).strip("'"))
    if found is None:
        return "..."
    return found["literal"] or _OF_KIND[found["kind"].lower()]


class _Name(str):
    """A text that shows itself without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def plain(signature: Signature) -> Signature:
    """The signature without annotations, its default classes and functions by their names."""
    parameters = []
    for parameter in signature.parameters.values():
        default = parameter.default
        if default is not Parameter.empty and hasattr(default, "__qualname__"):
            default = _Name(default.__qualname__)
        parameters.append(parameter.replace(annotation=Parameter.empty, default=default))
    return Signature(parameters)
