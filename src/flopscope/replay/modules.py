"""Modules that run an exported program, each the part that ran in the original of its name."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from inspect import Parameter, Signature
from typing import Any

import torch
from torch import nn
from torch.utils._pytree import tree_leaves

from flopscope.errors import InputError, TargetError
from flopscope.replay.bodies import Body, Call, Inner, Ref, State, Step
from flopscope.replay.sizes import Taken, check_taken


@dataclass
class Shared:
    """What all modules of a program look up while it runs.

    Attributes:
        modules: by scope.
        state: parameters, buffers and constants by their names in the program.
        device: where it runs.
    """

    modules: dict[str, Replayed] = field(default_factory=dict)
    state: dict[str, torch.Tensor] = field(default_factory=dict)
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))


class Replayed(nn.Module):
    """A module of an exported program.

    Attributes:
        original_name: the class that it was exported from.
        turn: what it does when it is called next.
    """

    def __init__(self, kind: str, shared: Shared) -> None:
        super().__init__()
        self.original_name = kind
        self.shared = shared
        self.turn: Body | None = None

    def forward(self, *given: Any) -> Any:
        """What the module returned, in one tuple if that was more than one tensor."""
        if self.turn is None:
            raise TargetError(f"{self.original_name} does not run in the exported program")
        return _single(run(self.turn, given, self.shared))


class Program(Replayed):
    """A whole exported program, to be called as the model that it was exported from.

    Args:
        kind: the class of that model.
        shared: with the modules in it.
        body: what it does.
        inputs: what it takes, leaf by leaf.
        constants: tensors that are neither parameters nor buffers, by name.
        places: of parameters and buffers, by name: the module that holds it, and its name there.
    """

    def __init__(
        self,
        kind: str,
        shared: Shared,
        body: Body,
        inputs: Sequence[Taken],
        constants: Mapping[str, torch.Tensor],
        places: Mapping[str, tuple[str, str]],
    ) -> None:
        super().__init__(kind, shared)
        self.turn = body
        self.inputs = tuple(inputs)
        self.places = dict(places)
        self.constant_names = tuple(constants)
        self.constants = list(constants.values())  # as a tracer finds them

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the program returns, in one tuple if that is more than one tensor.

        Raises:
            InputError: it was exported for other inputs than these.
        """
        leaves = self.leaves(args, kwargs)
        check_taken(self.inputs, leaves)
        body = self.turn
        assert body is not None  # set above
        self.shared.device = _device_of(leaves, self.parameters())
        try:
            self.shared.state.update(self._state())
            given = [
                leaf for leaf, taken in zip(leaves, self.inputs, strict=True) if not taken.is_fixed
            ]
            return _single(run(body, given, self.shared))
        finally:
            self.shared.state.clear()

    def leaves(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> list[Any]:
        """The arguments one by one, in the order of the program's inputs.

        Raises:
            InputError: there are more or fewer than it takes.
        """
        bound = inspect.signature(self.forward).bind(*args, **kwargs)
        bound.apply_defaults()
        leaves = tree_leaves((bound.args, bound.kwargs))
        if len(leaves) != len(self.inputs):
            names = ", ".join(taken.name for taken in self.inputs)
            raise InputError(
                f"{self.original_name} was exported for {len(self.inputs)} inputs ({names}),"
                f" and is given {len(leaves)}"
            )
        return leaves

    def train(self, mode: bool = True) -> Program:  # noqa: FBT001, FBT002 - torch's own signature
        """The program itself, which is in the mode that it was exported in.

        Raises:
            TargetError: another mode is asked for.
        """
        if mode:
            raise TargetError(
                "an exported program runs as it was exported",
                hint="leave --train out, and export the model in training mode",
            )
        return self

    def _state(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, (scope, held_as) in self.places.items():
            module = self.shared.modules[scope] if scope else self
            found[name] = module._parameters.get(held_as, module._buffers.get(held_as))
        for name, tensor in zip(self.constant_names, self.constants, strict=True):
            moved = tensor.device != self.shared.device
            found[name] = tensor.to(self.shared.device) if moved else tensor
        return found


def with_signature(kind: str, signature: Signature) -> type[Program]:
    """A class of programs whose forward takes arguments of these names."""

    def forward(self: Program, *args: Any, **kwargs: Any) -> Any:
        return Program.forward(self, *args, **kwargs)

    itself = Parameter("self", Parameter.POSITIONAL_ONLY)
    named = signature.replace(parameters=[itself, *signature.parameters.values()])
    forward.__signature__ = named  # type: ignore[attr-defined] # the inspect module looks here
    return type(kind, (Program,), {"forward": forward})


def run(body: Body, given: Iterable[Any], shared: Shared) -> tuple[Any, ...]:
    """What a call returns."""
    values = dict(zip(body.takes, given, strict=True))
    for made, dead in body.does:
        if isinstance(made, Call):
            module = shared.modules[made.scope]
            module.turn = made.body
            returned = module(*[values[name] for name in made.body.takes])
            if len(made.body.gives) == 1:
                returned = (returned,)
            values.update(zip((ref.name for ref in made.body.gives), returned, strict=True))
        else:
            values[made.name] = _run_step(made, values, shared)
        for name in dead:
            del values[name]
    return tuple(_filled(value, values, shared) for value in body.gives)


def _run_step(step: Step, values: Mapping[str, Any], shared: Shared) -> Any:
    args = [_filled(value, values, shared) for value in step.args]
    kwargs = {name: _filled(value, values, shared) for name, value in step.kwargs.items()}
    if step.target is torch.ops.aten.copy_.default and args[0] is args[1]:
        return args[0]  # a buffer that was written to in place: export writes it back
    with _autocast(step):
        return step.target(*args, **kwargs)


def _autocast(step: Step) -> AbstractContextManager[Any]:
    if step.autocast is None:
        return nullcontext()
    kind, dtype, enabled = step.autocast
    return torch.autocast(kind, dtype, enabled)


def _filled(value: Any, values: Mapping[str, Any], shared: Shared) -> Any:
    if isinstance(value, Ref):
        return values[value.name]
    if isinstance(value, State):
        return shared.state[value.name]
    if isinstance(value, (list, tuple)):
        return type(value)([_filled(item, values, shared) for item in value])
    if isinstance(value, torch.device):
        return shared.device
    if isinstance(value, Inner):
        return partial(_run_inner, value, shared)
    return value


def _run_inner(inner: Inner, shared: Shared, *given: Any) -> Any:
    returned = run(inner.body, given, shared)
    return returned[0] if inner.is_single else returned


def _single(values: tuple[Any, ...]) -> Any:
    return values[0] if len(values) == 1 else values


def _device_of(leaves: Iterable[Any], parameters: Iterable[torch.Tensor]) -> torch.device:
    for value in (*leaves, *parameters):
        if isinstance(value, torch.Tensor):
            return value.device
    return torch.device("cpu")
