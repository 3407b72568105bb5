"""A part of a model: what a whole forward pass feeds it, and what of the trace is its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from torch import nn

from flopscope.errors import TargetError
from flopscope.naming import kind_of, module_paths
from flopscope.records import Scope, TensorSpec, Trace, is_within
from flopscope.spelling import did_you_mean
from flopscope.trace.modules import module_specs
from flopscope.trace.recorder import Recorder
from flopscope.trace.specs import named_specs
from flopscope.trace.ways import Way


class Part:
    """One module of a model by its scope; ``""`` is the model.

    Raises:
        TargetError: the model has no module of that name.
    """

    def __init__(self, model: nn.Module, scope: Scope) -> None:
        self.scope = scope
        modules = self._modules = dict(module_paths(model))
        if scope not in modules:
            children = ", ".join(name for name, _ in model.named_children())
            hint = did_you_mean(scope, modules) or f"its modules: {children}"
            raise TargetError(f"{kind_of(model)} has no module '{scope}'", hint=hint)
        self.module = modules[scope]
        self._inputs: Mapping[str, TensorSpec] | None = None

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Remember what the module is given when it is first called in the block."""
        if not self.scope:
            yield
            return
        handle = self.module.register_forward_pre_hook(self._note, with_kwargs=True)
        try:
            yield
        finally:
            handle.remove()

    def _note(self, _module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if self._inputs is None:
            self._inputs = named_specs(args, kwargs)

    def of(self, recorder: Recorder, way: Way) -> Trace:
        """What a recorder saw of the module, as if it were the model.

        Raises:
            TargetError: it was not called.
        """
        visits = recorder.scopes.visits
        if self._inputs is None or self.scope not in visits:
            raise self._not_called(visits)
        cut = len(self.scope) + 1
        calls = [call for call in recorder.calls if is_within(call.scope, self.scope)]
        inside = {scope[cut:]: visits[scope] for scope in visits if is_within(scope, self.scope)}
        peaks = {
            scope[cut:]: nbytes
            for scope, nbytes in recorder.liveness.peaks.items()
            if is_within(scope, self.scope)
        }
        times = inside[""].calls
        called = f"{self.scope} is called {times} times in a forward pass: all are counted"
        return Trace(
            modules=module_specs(self.module, inside, peaks),
            calls=tuple(replace(call, scope=call.scope[cut:]) for call in calls),
            inputs=self._inputs,
            assumptions=tuple(
                replace(assumption, scope=assumption.scope[cut:])
                for assumption in recorder.assumptions()
                if is_within(assumption.scope, self.scope)
            ),
            notes=(*way.notes, called) if times > 1 else way.notes,
            stream=way.stream,
        )

    def _not_called(self, called: Iterable[Scope]) -> TargetError:
        names = [name for name in called if self._modules.get(name) is self.module]
        return TargetError(
            f"{self.scope} ({kind_of(self.module)}) is not called in the forward pass",
            hint=f"it is shared, and called as {names[0]}" if names else "",
        )
