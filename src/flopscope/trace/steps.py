"""What an operator does to shapes: worked out once on the meta device, then remembered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch

from flopscope import costs
from flopscope.errors import NeedsValuesError
from flopscope.records import Operation, TensorSpec
from flopscope.trace.refusals import refuse_what_meta_takes
from flopscope.trace.shapes import derived
from flopscope.trace.specs import (
    arguments_by_name,
    dtype_name,
    map_tensors,
    op_name,
    operation_of,
    schema_tags,
    spec_of,
    tensors_among,
)
from flopscope.trace.stand_ins import quantises, to_meta, to_zeros
from flopscope.trace.unknown import SpecKey, address_of, key_of


@dataclass(frozen=True, slots=True)
class Fresh:
    """In the place of a tensor that an operator makes: its spec."""

    key: SpecKey


@dataclass(frozen=True, slots=True)
class Returned:
    """In the place of an argument that an operator writes to and returns: its schema name."""

    name: str


@dataclass(frozen=True, slots=True)
class Step:
    """What is remembered of an operator on given specs.

    Attributes:
        operation: its record, or None where its parts are recorded instead.
        fresh: the spec of its only output, where that is a new tensor.
        results: otherwise what it returns, with Fresh and Returned in the tensors' places.
        elements: of its largest output.
    """

    operation: Operation | None
    fresh: SpecKey | None = None
    results: Any = None
    elements: int = 0


PARTS = Step(operation=None)
"""The step of an operator that is taken apart."""


def learn(func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Step:
    """Try an operator on the meta device, or find that its parts have to be looked at."""
    if is_composite(func) and not costs.knows(op_name(func), schema_tags(func)):
        return PARTS
    bound = arguments_by_name(func, args, kwargs)
    refuse_what_meta_takes(func, bound)
    key = derived(func, bound)
    if key is not None:
        return _derived_step(func, bound, key)
    if quantises(bound.values()):  # which the meta device ignores
        return _tried(func, args, kwargs, to_zeros)
    try:
        return _tried(func, args, kwargs, to_meta)
    except NotImplementedError:
        if size_depends_on_values(func):
            raise NeedsValuesError(f"{op_name(func)} returns as much as the values say") from None
    except RuntimeError:
        if func.namespace == "aten":
            raise
    # No shapes without values, as in many an operator of the user's own: try it on zeros.
    try:
        return _tried(func, args, kwargs, to_zeros)
    except NotImplementedError as error:
        raise NeedsValuesError(f"{op_name(func)} says its output's shape on no device") from error


def _derived_step(func: Any, bound: Mapping[str, Any], key: SpecKey) -> Step:
    shape, _, dtype = key
    output = TensorSpec(tuple(shape), dtype_name(dtype))
    operation = operation_of(func, bound, (output,), schema_tags(func))
    return Step(operation, fresh=key, elements=output.numel)


def _tried(
    func: Any,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    stand_in: Callable[[Any], Any],
) -> Step:
    ran_args = [stand_in(value) for value in args]
    ran_kwargs = {name: stand_in(value) for name, value in kwargs.items()}
    returned = func(*ran_args, **ran_kwargs)
    return step_from(func, (args, kwargs), [*ran_args, *ran_kwargs.values()], returned)


def step_from(
    func: Any,
    given: tuple[tuple[Any, ...], Mapping[str, Any]],
    ran: Iterable[Any],
    returned: Any,
) -> Step:
    """The step of an operator that ran on stand-ins for its arguments.

    Args:
        func: the operator.
        given: the arguments of the program.
        ran: those it was run on: the same, or others with the same specs.
        returned: what it returned.
    """
    tags = schema_tags(func)
    outputs = tuple(tensors_among((returned,)))
    if "inplace" not in tags and _share_memory(outputs, tensors_among(ran)):
        tags |= {"view"}
    bound = arguments_by_name(func, *given)
    operation = operation_of(func, bound, tuple(map(spec_of, outputs)), tags)
    elements = max((output.numel() for output in outputs), default=0)
    written = written_returns(func)
    if isinstance(returned, torch.Tensor) and not written:
        return Step(operation, key_of(returned), elements=elements)
    if isinstance(returned, torch.Tensor):
        return Step(operation, results=written[0], elements=elements)
    results = map_tensors(lambda tensor: Fresh(key_of(tensor)), returned)
    if written:
        results = tuple(written.get(place, result) for place, result in enumerate(results))
    return Step(operation, results=results, elements=elements)


def results_of(
    step: Step,
    func: Any,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    make_unknown: Callable[[SpecKey], torch.Tensor],
) -> Any:
    """What an operator returns where nothing runs: fresh unknowns and the arguments it wrote to."""
    bound = arguments_by_name(func, args, kwargs)

    return _placed(step.results, bound, make_unknown)


def _placed(
    place: Any, bound: Mapping[str, Any], make_unknown: Callable[[SpecKey], torch.Tensor]
) -> Any:
    """What stands in a place of a result.

    A recursive closure would be a cycle of references, which keeps the arguments alive.
    """
    if isinstance(place, Fresh):
        return make_unknown(place.key)
    if isinstance(place, Returned):
        return bound[place.name]
    if isinstance(place, (list, tuple)):
        return type(place)([_placed(inner, bound, make_unknown) for inner in place])
    return place


@cache
def is_composite(func: Any) -> bool:
    """Whether an operator is written in terms of others, for any device."""
    return torch._C._dispatch_has_kernel_for_dispatch_key(func.name(), "CompositeImplicitAutograd")


@cache
def size_depends_on_values(func: Any) -> bool:
    """Whether the meta device can't say how large an operator's results are."""
    return bool({torch.Tag.data_dependent_output, torch.Tag.dynamic_output_shape} & set(func.tags))


@cache
def written_returns(func: Any) -> dict[int, Returned]:
    """Which of an operator's results are the arguments it writes to."""
    writes = {
        frozenset(argument.alias_info.before_set): argument.name
        for argument in func._schema.arguments
        if argument.alias_info is not None and argument.alias_info.is_write
    }
    return {
        place: Returned(writes[frozenset(result.alias_info.before_set)])
        for place, result in enumerate(func._schema.returns)
        if result.alias_info is not None and frozenset(result.alias_info.before_set) in writes
    }


@cache
def written_arguments(func: Any) -> tuple[str, ...]:
    """The names of the arguments that an operator writes to."""
    return tuple(
        argument.name
        for argument in func._schema.arguments
        if argument.alias_info is not None and argument.alias_info.is_write
    )


def _share_memory(outputs: Iterable[torch.Tensor], given: Iterable[torch.Tensor]) -> bool:
    before = {address_of(tensor) for tensor in given}
    return any(address_of(output) in before for output in outputs)
