"""A model and its inputs as the Trace of one training step: forward, backward, optimizer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import torch
from torch.utils._pytree import tree_leaves

from flopscope.errors import TraceError
from flopscope.guest import as_found
from flopscope.naming import module_paths
from flopscope.records import Scope, Step, Trace
from flopscope.trace.evaluate import PartialEvaluation
from flopscope.trace.execute import Execution
from flopscope.trace.forward import (
    inputs_without_values,
    load_rules,
    materialized_model,
    replace_state,
    tensors_of,
)
from flopscope.trace.gradients import StepRecorder
from flopscope.trace.modules import module_specs
from flopscope.trace.scopes import ScopeTracker
from flopscope.trace.specs import named_specs
from flopscope.trace.stream import differentiable, one_thread
from flopscope.trace.ways import Way, first_that_works

if TYPE_CHECKING:
    from typing_extensions import TypeIs

Optimizer: TypeAlias = Callable[[list[torch.Tensor]], torch.optim.Optimizer]
Loss: TypeAlias = Callable[[Any], torch.Tensor]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a model is trained.

    Attributes:
        optimizer: makes one of a list of parameters.
        optimizer_name: what a reader knows it by.
        loss: makes a number of what the model returns, or None for the model's own, or else the
            sum of what it returns.
        loss_name: what a reader knows it by.
        passes: forward and backward passes before each step of the optimizer.
    """

    optimizer: Optimizer
    optimizer_name: str
    loss: Loss | None = None
    loss_name: str = ""
    passes: int = 1


def trace_step(
    model: torch.nn.Module,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    recipe: Recipe,
    *,
    assume: Mapping[str, float] | None = None,
) -> Trace:
    """Train a model for one step on shapes alone and record every operator that runs.

    The model and the inputs are left as they were found. The operators are those that autograd
    runs on a CPU.

    Args:
        model: on any device, the meta device included; in the training mode that it is in.
        args: positional arguments of its forward.
        kwargs: keyword arguments of its forward.
        recipe: how it is trained.
        assume: numbers for rules of ``flopscope.assumptions`` in the place of their defaults.

    Raises:
        TraceError: the model or its loss raised, or nothing in it can be trained.
    """
    load_rules()
    model = materialized_model(model, args, kwargs)

    def run(way: Way) -> Trace:
        recorder = StepRecorder(ScopeTracker(model))
        evaluation = PartialEvaluation(
            recorder.record,
            recorder.assume,
            foreign=tensors_of(model, args, kwargs),
            assumed=assume,
        )
        given_args, given_kwargs = inputs_without_values(args, dict(kwargs))
        with as_found(model):
            training = _Training(recorder, recipe, given_args, given_kwargs)
            with one_thread(), differentiable():
                replace_state(model)
                step = training.run(way, evaluation)
        return _trace_of(recorder, step, args, kwargs, way)

    return first_that_works(run, Way(stream="training"))


def trace_real_step(
    model: torch.nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any], recipe: Recipe
) -> Trace:
    """The same trace from a real training step, on the device where the model and its inputs are.

    The model is trained by it: give it a copy.

    Raises:
        TraceError: the model or its loss raised, or nothing in it can be trained.
    """

    def run(way: Way) -> Trace:
        recorder = StepRecorder(ScopeTracker(model))
        with differentiable():
            training = _Training(recorder, recipe, args, dict(kwargs))
            step = training.run(way, Execution(recorder.record))
        return _trace_of(recorder, step, args, kwargs, way)

    return first_that_works(run, Way(stream="training"))


def _trace_of(
    recorder: StepRecorder, step: Step, args: tuple[Any, ...], kwargs: Mapping[str, Any], way: Way
) -> Trace:
    scopes = recorder.scopes
    return Trace(
        modules=module_specs(scopes.model, scopes.visits, recorder.liveness.peaks),
        calls=tuple(recorder.calls),
        inputs=named_specs(args, kwargs),
        assumptions=recorder.assumptions(),
        notes=way.notes,
        stream=way.stream,
        peak=recorder.liveness.highest,
        step=step,
    )


@dataclass
class _Training:
    """A step under way."""

    recorder: StepRecorder
    recipe: Recipe
    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    def run(self, way: Way, mode: AbstractContextManager[Any]) -> Step:
        """Do the step under a mode that records it."""
        trained = dict(self._trained())
        if not trained:
            raise TraceError(
                "no parameter of the model can be trained: all are frozen",
                hint="set requires_grad of those to be trained, or leave --train out",
            )
        self.recorder.owned(trained.items())
        with ExitStack() as stack:
            stack.enter_context(self.recorder.following())
            stack.enter_context(way.devices())
            stack.enter_context(mode)
            loss_name, saved = self._passes()
            gradients = [each.grad for each in trained if each.grad is not None]
            self.recorder.owned(
                (each.grad, scope) for each, scope in trained.items() if each.grad is not None
            )
            self.recorder.phase = "optimizer"
            optimizer = self.recipe.optimizer(list(trained))
            optimizer.step()
        state = [leaf for leaf in tree_leaves(list(optimizer.state.values())) if _is_tensor(leaf)]
        return Step(
            optimizer=self.recipe.optimizer_name,
            loss=loss_name,
            passes=self.recipe.passes,
            saved_nbytes=sum(saved.values()),
            saved=saved,
            gradient_nbytes=sum(_nbytes(gradient) for gradient in gradients),
            state_nbytes=sum(map(_nbytes, state)),
        )

    def _passes(self) -> tuple[str, dict[Scope, int]]:
        """All forward and backward passes: what was differentiated, and what the first one kept."""
        saved: dict[Scope, int] | None = None
        name = ""
        for _ in range(self.recipe.passes):
            self.recorder.phase = "forward"
            loss, name = self._loss(self.recorder.scopes.model(*self.args, **self.kwargs))
            saved = self.recorder.liveness.alive() if saved is None else saved
            self.recorder.phase = "backward"
            loss.backward()
            del loss
        return name, saved or {}

    def _loss(self, output: Any) -> tuple[torch.Tensor, str]:
        """A number to differentiate, and what it is."""
        if self.recipe.loss is not None:
            given: object = self.recipe.loss(output)
            if not _is_tensor(given):
                raise TraceError(f"{self.recipe.loss_name} does not return a tensor")
            loss, name = given, self.recipe.loss_name
        else:
            loss, name = _own_loss(output)
        if loss.numel() != 1:
            raise TraceError(
                f"{name} is not a single number", hint="--loss names a function that makes one"
            )
        if not loss.requires_grad:
            raise TraceError(
                f"{name} does not depend on any parameter that is trained",
                hint="--loss names a function of what the model returns",
            )
        return loss, name

    def _trained(self) -> Iterator[tuple[torch.nn.Parameter, Scope]]:
        """The parameters that gradients are computed for, each with its first module's scope."""
        seen: set[int] = set()
        for scope, module in module_paths(self.recorder.scopes.model):
            for parameter in module._parameters.values():
                if parameter is not None and id(parameter) not in seen:
                    seen.add(id(parameter))
                    if parameter.requires_grad:
                        yield parameter, scope


def _own_loss(output: Any) -> tuple[torch.Tensor, str]:
    """The model's own loss, or the sum of what it returns."""
    own = output.get("loss") if isinstance(output, Mapping) else getattr(output, "loss", None)
    if _is_tensor(own):
        return own, "the model's own loss"
    if _is_tensor(output) and output.numel() == 1:
        return output, "the number that the model returns"
    results = [
        leaf
        for leaf in _leaves(output)
        if _is_tensor(leaf) and leaf.is_floating_point() and leaf.requires_grad
    ]
    if not results:
        raise TraceError(
            "nothing that the model returns depends on a parameter that is trained",
            hint="--loss names a function of what it returns",
        )
    if all(leaf.numel() == 1 for leaf in results):
        return sum(results[1:], results[0]), "the sum of the losses that the model returns"
    return sum((leaf.sum() for leaf in results[1:]), results[0].sum()), SUM_OF_OUTPUTS


SUM_OF_OUTPUTS = "the sum of the model's outputs"
"""What is differentiated where there is no loss."""


def _leaves(output: Any) -> Iterable[Any]:
    """The values in a result; of an object that torch's trees do not open, its attributes."""
    is_closed = not _is_tensor(output) and tree_leaves(output) == [output]
    return tree_leaves(vars(output) if is_closed and hasattr(output, "__dict__") else output)


def _is_tensor(value: Any) -> TypeIs[torch.Tensor]:
    return isinstance(value, torch.Tensor)


def _nbytes(tensor: torch.Tensor) -> int:
    return tensor.numel() * tensor.element_size()
