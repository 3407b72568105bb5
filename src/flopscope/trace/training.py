"""A model and its inputs as the Trace of one training step: forward, backward, optimizer."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch.utils._pytree import tree_leaves

from flopscope.checkpointing import checkpointed
from flopscope.guest import as_found
from flopscope.recipe import Recipe, trained_parameters
from flopscope.records import Scope, Step, Trace
from flopscope.trace.evaluate import PartialEvaluation
from flopscope.trace.execute import Execution
from flopscope.trace.forward import load_rules, materialized_model, observed
from flopscope.trace.given import inputs_without_values, replace_state, tensors_of
from flopscope.trace.gradients import StepRecorder
from flopscope.trace.scopes import ScopeTracker
from flopscope.trace.stream import differentiable, one_thread
from flopscope.trace.ways import Way, first_that_works


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
        return replace(observed(recorder, args, kwargs, way), step=step)

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
        return replace(observed(recorder, args, kwargs, way), step=step)

    return first_that_works(run, Way(stream="training"))


@dataclass
class _Training:
    """A step under way."""

    recorder: StepRecorder
    recipe: Recipe
    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    def run(self, way: Way, mode: AbstractContextManager[Any]) -> Step:
        """Do the step under a mode that records it."""
        trained = trained_parameters(self.recorder.scopes.model)
        self.recorder.owned(trained.items())
        with ExitStack() as stack:
            stack.enter_context(self.recorder.following())
            stack.enter_context(way.devices())
            stack.enter_context(checkpointed(self.recorder.scopes.model, self.recipe.checkpoint))
            stack.enter_context(mode)
            loss_name, saved = self._passes()
            gradients = {
                parameter.grad: scope
                for parameter, scope in trained.items()
                if parameter.grad is not None
            }
            self.recorder.owned(gradients.items())
            optimizer = self.recipe.optimizer_of(list(trained))
            with self.recorder.paused():
                # This makes its state: the step that counts is any but the first.
                self.recipe.update(optimizer)
            self.recorder.phase = "optimizer"
            self.recipe.update(optimizer)
        leaves = tree_leaves(list(optimizer.state.values()))
        return Step(
            optimizer=self.recipe.optimizer_name,
            loss=loss_name,
            passes=self.recipe.passes,
            saved_nbytes=sum(saved.values()),
            saved=saved,
            gradient_nbytes=sum(gradient.nbytes for gradient in gradients),
            state_nbytes=sum(leaf.nbytes for leaf in leaves if isinstance(leaf, torch.Tensor)),
        )

    def _passes(self) -> tuple[str, dict[Scope, int]]:
        """All forward and backward passes: what was differentiated, and what the first one kept."""
        saved: dict[Scope, int] | None = None
        name = ""
        for _ in range(self.recipe.passes):
            self.recorder.phase = "forward"
            with self.recipe.cast():
                output = self.recorder.scopes.model(*self.args, **self.kwargs)
                loss, name = self.recipe.differentiated(output)
            del output
            saved = self.recorder.liveness.alive() if saved is None else saved
            self.recorder.phase = "backward"
            with self.recorder.scopes.unnoted():
                loss.backward()
            del loss
        return name, saved or {}
