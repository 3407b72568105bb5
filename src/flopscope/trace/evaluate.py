"""Partial evaluation of a program: known values are computed, unknown ones are shapes.

One dispatch mode sees every operator that the user wrote. Where all its tensors are known it runs,
on the CPU. Where one is unknown nothing runs: the shapes of its outputs follow from those of its
inputs, are worked out once and remembered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeAlias

import torch
from torch._ops import HigherOrderOperator
from torch.utils._python_dispatch import TorchDispatchMode

from flopscope.assumptions import RULES as RULES_OF_THUMB
from flopscope.errors import NeedsValuesError
from flopscope.records import Operation
from flopscope.trace.knowledge import Knowledge
from flopscope.trace.rules import RANDOM, RULES
from flopscope.trace.specs import arguments_by_name, op_name, tensors_among
from flopscope.trace.steps import (
    Step,
    learn,
    results_of,
    size_depends_on_values,
    step_from,
    written_arguments,
    written_returns,
)
from flopscope.trace.unknown import (
    KNOWN_ELEMENTS,
    SpecKey,
    Unknown,
    key_of,
    stored_elements,
    takes_itself_apart,
)

Record: TypeAlias = Callable[[Operation, Iterable[Any], Any], None]
"""Told of an operation, the values it was given, and what it returned."""

Assume: TypeAlias = Callable[[str, str, str], None]

TakingApart: TypeAlias = Callable[[str], AbstractContextManager[None]]
"""Entered with an operator whose parts are recorded in its place."""


Derive: TypeAlias = Callable[[Any, Any], None]
"""Told of values, and of those that a rule made of them without an operator."""


def derive_untold(_given: Any, _made: Any) -> None:
    """Nobody is told what is made of what."""


def apart_untold(_op: str) -> AbstractContextManager[None]:
    """Nobody is told that an operator is taken apart."""
    return nullcontext()


class PartialEvaluation(TorchDispatchMode):
    """Runs a program on shapes, and on values where they are known.

    Args:
        record: called with every operation, in order, its arguments and its result.
        assume: called with a rule, an operator and words whenever an unknown value is supplied.
        make_unknown: makes a tensor without values from its spec.
        foreign: tensors of the caller, which must never be written to.
        assumed: numbers for rules of ``flopscope.assumptions`` in the place of their defaults.
        taking_apart: entered with every operator that is taken apart.
        derive: called with values and those that a rule puts in their place.
    """

    def __init__(
        self,
        record: Record,
        assume: Assume,
        make_unknown: Callable[[SpecKey], torch.Tensor] = Unknown,
        foreign: Iterable[torch.Tensor] = (),
        assumed: Mapping[str, float] | None = None,
        taking_apart: TakingApart = apart_untold,
        derive: Derive = derive_untold,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # untyped in torch
        self.record = record
        self.assume = assume
        self.taking_apart = taking_apart
        self.derive = derive
        self.make_unknown = make_unknown
        self._assumed = assumed or {}
        self.knowledge = Knowledge(foreign)
        self.is_unknown = self.knowledge.is_unknown
        self._steps: dict[Any, Step] = {}
        self._saw_unknown = False

    supports_higher_order_operators = True

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """No: wrapping this mode for the compiler would import the compiler, a second of work."""
        return False

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        for kind in types:
            if kind is not Unknown and takes_itself_apart(kind):
                return NotImplemented
        rule = RULES.get(func)
        if rule is not None:
            return rule(self, func, args, kwargs)
        if isinstance(func, HigherOrderOperator):
            raise NeedsValuesError(f"there is no rule for the operator {func.name()}")
        return self.evaluate(func, args, kwargs)

    def evaluate(self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Run an operator on what is known, or derive the specs of its outputs; record it."""
        key, unknown = self._key(func, args, kwargs)
        step = self._steps.get(key)
        if step is None:
            if not unknown and (size_depends_on_values(func) or _any_sparse(args)):
                return self.compute_and_record(func, args, kwargs)
            step = self._steps[key] = self.learn(func, args, kwargs)
        if step.operation is None:
            with self.taking_apart(op_name(func)), self:
                return func.decompose(*args, **kwargs)
        returned: Any
        if (not unknown and step.elements <= KNOWN_ELEMENTS) or (
            "view" in step.operation.tags and self._is_compact(args)
        ):
            returned = self.compute(func, args, kwargs)
        else:
            if "inplace" in step.operation.tags:
                self._forget_written(func, args, kwargs)
            if step.fresh is not None:
                returned = self.make_unknown(step.fresh)
            else:
                returned = results_of(step, func, args, kwargs, self.make_unknown)
        self.record(step.operation, (*args, *kwargs.values()), returned)
        return returned

    def learn(self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Step:
        """What an operator does to specs that it has not been given before."""
        return learn(func, args, kwargs)

    def assumed(self, name: str) -> float:
        """The number of a rule: what the user says, or its default."""
        return self._assumed.get(name, RULES_OF_THUMB[name].default)

    def assumed_count(self, name: str, whole: int) -> int:
        """As many of a whole as a rule's share says."""
        return round(self.assumed(name) * whole)

    def any_unknown(self, *values: Any) -> bool:
        """Whether some tensor among these is unknown."""
        return any(map(self.is_unknown, tensors_among(values)))

    def compute(self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Run an operator on known values, without writing to the caller's tensors."""
        own_args = [self.knowledge.own(value) for value in args]
        own_kwargs = {name: self.knowledge.own(value) for name, value in kwargs.items()}
        returned = func(*own_args, **own_kwargs)
        self.knowledge.inherit((returned,), (*args, *kwargs.values()))
        written = written_returns(func)
        if not written:
            return returned
        bound = arguments_by_name(func, args, kwargs)
        if isinstance(returned, torch.Tensor):
            return bound[written[0].name]
        return tuple(
            bound[written[place].name] if place in written else result
            for place, result in enumerate(returned)
        )

    def compute_and_record(
        self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> Any:
        """Run an operator whose output's size depends on values, all of them known."""
        self.consume(*args)
        returned = self.compute(func, args, kwargs)
        self.record_result(func, args, kwargs, returned)
        return returned

    def record_result(
        self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], returned: Any
    ) -> None:
        """Record an operator with what it returned."""
        given = (*args, *kwargs.values())
        step = step_from(func, (args, kwargs), given, returned)
        if step.operation is not None:
            self.record(step.operation, given, returned)

    def consume(self, *values: Any) -> None:
        """State the assumptions behind values that decide over a size or a branch."""
        for supposition in self.knowledge.suppositions(values):
            self.assume(*supposition)

    def _is_compact(self, args: tuple[Any, ...]) -> bool:
        """Whether a view of these is one of known memory, however often that is repeated in it."""
        return all(self.knowledge.compact(tensor) is not None for tensor in tensors_among(args))

    def _forget_written(self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        bound = arguments_by_name(func, args, kwargs)
        written = [bound.get(name) for name in written_arguments(func)]
        self.knowledge.forget(tensors_among(written))

    def _key(
        self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> tuple[tuple[Any, ...], bool]:
        self._saw_unknown = func in RANDOM
        parts = [func]
        for value in args:
            if type(value) is Unknown:  # as most are, so it is worth a shorter way
                self._saw_unknown = True
                parts.append(value.key)
            else:
                parts.append(self._part(value))
        for name, value in kwargs.items():
            parts += (name, self._part(value))
        return tuple(parts), self._saw_unknown

    def _part(self, value: Any) -> Any:
        kind = type(value)
        if kind is Unknown:
            self._saw_unknown = True
            return value.key
        if kind is list or kind is tuple:
            return tuple(
                [self._part(item) if isinstance(item, torch.Tensor) else item for item in value]
            )
        if isinstance(value, torch.Tensor):
            if self.is_unknown(value):
                self._saw_unknown = True
            if value.layout is not torch.strided:
                return key_of(value), value.layout, stored_elements(value)
            return key_of(value)
        return kind, value  # 1, 1.0 and True are equal, but make other dtypes


def _any_sparse(args: tuple[Any, ...]) -> bool:
    """Whether the meta device, where every tensor is dense, would take an argument for another."""
    return any(tensor.layout not in _DENSE for tensor in tensors_among(args))


_DENSE = (torch.strided, torch.jagged)
