"""What the command line says of inputs, and what the target knows of them, to candidates."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from flopscope.errors import InputError, UsageError
from flopscope.load.arguments import parse_options
from flopscope.load.calling import resolved
from flopscope.load.forward import dtypes_by_annotation, needs_inputs, what_is_needed
from flopscope.load.importing import user_code
from flopscope.load.inputs import Inputs, InputSpec, as_inputs, parse_dtype, rebatched, retyped
from flopscope.load.known_inputs import known_inputs
from flopscope.load.shapes import parse_shape, parse_structure
from flopscope.load.sources import Options, Source
from flopscope.load.sources.python import named
from flopscope.load.target import parse_target
from flopscope.request import GivenInputs

if TYPE_CHECKING:
    from torch import nn

_BATCH = ("batch", "batch_size", "batchsize")
"""What a function that makes inputs may call the number of samples."""


def parse_given(given: GivenInputs, dtypes: Mapping[int | str, str] | None = None) -> Inputs | None:
    """The inputs that shapes, structures and keyword arguments describe; None where there are none.

    Args:
        given: as typed.
        dtypes: of the tensors whose shape says none, by position and by name.

    Raises:
        InputError: one of them cannot be read.
        UsageError: two of them have the same name, or a function makes the inputs, too; or a number
            of samples or of tokens is said that none of them has.
    """
    parse_dtype(given.dtype or "float32")
    read = [*_shapes(given, dtypes or {}), *_structures(given)]
    others = parse_options(given.kwargs, "--kwarg").keyword
    names = [name for name, _ in (*read, *others.items()) if name is not None]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"there are two inputs named '{name}'")
    if given.function is not None and read:
        raise UsageError("--inputs makes all inputs", hint="leave --shape and --input out")
    if given.seq is not None and (read or given.function is not None):
        raise UsageError(
            "--seq says nothing of inputs that are given", hint="leave it out, or the inputs"
        )
    if given.batch is not None and read and not any(map(_is_batched, read)):
        raise UsageError(
            "--batch is the first size of each --shape, and there is none with sizes",
            hint="--input has its own sizes: write them there, or make the inputs with --inputs",
        )
    if not read:
        return None
    positional = tuple(value for name, value in read if name is None)
    keyword = {name: value for name, value in read if name is not None}
    return Inputs(positional, MappingProxyType({**keyword, **resolved_keywords(given)}))


def _is_batched(named: tuple[str | None, Any]) -> bool:
    """Whether ``--batch`` was put into it: it is no structure and no scalar."""
    _, value = named
    return isinstance(value, InputSpec) and bool(value.shape)


def _shapes(
    given: GivenInputs, dtypes: Mapping[int | str, str]
) -> Iterator[tuple[str | None, Any]]:
    position = 0
    for text in given.shapes:
        name, spec = parse_shape(text, given.dtype or "float32")
        if given.dtype is None:
            usual = dtypes.get(position if name is None else name, "float32")
            name, spec = parse_shape(text, usual)
        if given.batch is not None and spec.shape:
            spec = replace(spec, shape=(given.batch, *spec.shape[1:]))
        position += name is None
        yield name, spec


def _structures(given: GivenInputs) -> Iterator[tuple[str | None, Any]]:
    for text in given.structures:
        yield parse_structure(text, given.dtype or "float32")


def resolved_keywords(given: GivenInputs) -> Mapping[str, Any]:
    """The arguments of ``--kwarg``."""
    return resolved(parse_options(given.kwargs, "--kwarg")).keyword


def candidates(
    given: GivenInputs, source: Source, model: nn.Module, options: Options
) -> Iterator[Inputs]:
    """What to call a model with, the likeliest first: the first that it accepts is meant.

    Raises:
        InputError: nothing is given and the target knows nothing, or what is given can't be read.
        TargetError: the function that makes the inputs is not there, or raised.
    """
    described = parse_given(given, dtypes_by_annotation(model))
    if described is not None:
        yield described
        return
    if given.function is not None:
        found: Iterable[Inputs] = (_made_by(given.function, given.batch, given.sizes),)
    else:
        found = _known(source, model, options)
    for inputs in found:
        yield _adapted(inputs, given)


def _known(source: Source, model: nn.Module, options: Options) -> Iterable[Inputs]:
    found = (
        source.inputs(model, options) if source.inputs is not None else known_inputs(model, options)
    )
    if found is not None:
        return found
    if needs_inputs(model):
        message, hint = what_is_needed(model, source.path)
        raise InputError(message, hint=hint)
    return (Inputs(),)


def _adapted(inputs: Inputs, given: GivenInputs) -> Inputs:
    """Inputs that are known, with what the command line says about them."""
    if given.dtype is not None and is_floating(parse_dtype(given.dtype)):
        inputs = retyped(inputs, parse_dtype(given.dtype))
    if given.batch is not None and not inputs.is_batched:
        inputs = rebatched(inputs, given.batch)
    return replace(inputs, kwargs={**inputs.kwargs, **resolved_keywords(given)})


def is_floating(dtype: str) -> bool:
    """Whether a model can have parameters of this type."""
    return dtype.startswith(("float", "bfloat"))


def _made_by(function: str, batch: int | None, sizes: Mapping[str, int]) -> Inputs:
    make = named(parse_target(function))
    with user_code(f"making inputs with {function}"):
        parameters = inspect.signature(make).parameters
        name = next((name for name in _BATCH if name in parameters), None)
        if name is not None and batch is not None:
            return replace(as_inputs(make(**{name: batch}, **sizes)), is_batched=True)
        return as_inputs(make(**sizes))
