"""What a forward pass did, each thing with the module it happened in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch

from flopscope.errors import FlopscopeError, NeedsValuesError
from flopscope.naming import kind_of
from flopscope.records import Assumption, Call, Operation, Scope
from flopscope.results import tensors_of
from flopscope.trace.dataflow import Dataflow
from flopscope.trace.diagnosis import Scene, diagnosed
from flopscope.trace.liveness import Liveness
from flopscope.trace.parameters import Parameters
from flopscope.trace.scopes import ScopeTracker
from flopscope.trace.specs import tensors_among


class Recorder:
    """Collects what a forward pass does, each thing with the module it happened in.

    Args:
        scopes: of the model.
        names_memory: whether calls say which memory they read and write.
    """

    def __init__(self, scopes: ScopeTracker, *, names_memory: bool = False) -> None:
        self.scopes = scopes
        self._names_memory = names_memory
        self.calls: list[Call] = []
        self.parameters = Parameters(scopes.model)
        self.liveness = Liveness()
        self._dataflow = Dataflow()
        self._part_of = ""
        self._assumed: Counter[tuple[str, str, Scope, str]] = Counter()

    def record(self, operation: Operation, given: Iterable[Any], returned: Any) -> None:
        uses = self.parameters.among(given)
        if uses and "view" in operation.tags:
            self.parameters.follow(uses[0], operation, returned)
        tensors, outputs = tensors_among(given), tensors_among((returned,))
        read = self.liveness.behind(tensors)
        trained = [self.parameters.is_trained(tensor) for tensor in tensors] if uses else None
        self.liveness.note(operation, self.scopes.current, tensors, outputs)
        written = self.liveness.behind(outputs)
        learned = self._dataflow.note(operation, read, written, trained)
        call = Call(operation, self.scopes.current, uses, part_of=self._part_of, learned=learned)
        if self._names_memory:
            numbers = self._dataflow.numbers
            call = replace(call, read=numbers(read), written=numbers(written))
        self.calls.append(call)

    def derive(self, given: Any, made: Any) -> None:
        """Values were put in the place of others without an operator: they come from these."""
        read = self.liveness.behind(tensors_among((given,)))
        self._dataflow.link(read, self.liveness.hold(tensors_among((made,))))

    @contextmanager
    def taking_apart(self, op: str) -> Iterator[None]:
        """What is recorded inside is part of an operator, or of the one that this is part of."""
        outermost = not self._part_of
        if outermost:
            self._part_of = op
        try:
            yield
        finally:
            if outermost:
                self._part_of = ""

    def end(self, result: Any) -> None:
        """The forward pass returned: what did not lead to that is known to be unused."""
        used = self._dataflow.used(self.liveness.behind(tensors_of(result)))
        for place, is_used in enumerate(used):
            if not is_used:
                self.calls[place] = replace(self.calls[place], is_used=False)

    def assume(self, name: str, op: str, value: str) -> None:
        self._assumed[name, op, self.scopes.current, value] += 1

    def assumptions(self) -> tuple[Assumption, ...]:
        return tuple(Assumption(*key, calls=calls) for key, calls in self._assumed.items())

    def restart(self) -> None:
        """Begin a new record, of another call of the model."""
        self.calls = []
        self.scopes.visits.clear()
        self.liveness.restart()
        self._dataflow = Dataflow()
        self._assumed.clear()

    @contextmanager
    def following(self) -> Iterator[None]:
        """Follow a forward pass; an exception comes with the module and what that was given."""
        self.parameters.find(self.scopes.model)
        try:
            with self.scopes.following():
                yield
        except NeedsValuesError as error:
            raise NeedsValuesError(
                f"{self._failed_module()}: {error.message}", hint=error.hint
            ) from error
        except FlopscopeError:
            raise
        except Exception as error:
            scope, specs = self.scopes.failure or ("", ())
            raise diagnosed(Scene(error, self.scopes.model, scope, specs)) from error

    def _failed_module(self) -> str:
        scope, _ = self.scopes.failure or ("", ())
        return _module_name(self.scopes.model, scope)


def _module_name(model: torch.nn.Module, scope: Scope) -> str:
    kind = kind_of(model.get_submodule(scope))
    return f"{scope} ({kind})" if scope else kind
