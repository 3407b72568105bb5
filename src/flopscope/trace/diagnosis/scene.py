"""An exception out of a forward pass as its scene: the module, the operator, what they got."""

from __future__ import annotations

import linecache
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import torch
from torch._ops import OpOverload

from flopscope.blame import distance, foreign_frames, location
from flopscope.naming import module_paths
from flopscope.records import Scope, TensorSpec
from flopscope.trace.specs import arguments_by_name, op_name, spec_of

_TRACE = Path(__file__).parents[1]


@dataclass(frozen=True)
class Scene:
    """What can be seen of a forward pass that raised.

    Attributes:
        error: what it raised.
        model: the root.
        scope: the innermost module that ran.
        specs: the tensors that this was given, in order.
    """

    error: Exception
    model: torch.nn.Module
    scope: Scope
    specs: tuple[TensorSpec, ...] = ()

    @cached_property
    def module(self) -> torch.nn.Module:
        """The innermost module of the model whose forward was running, also if called directly."""
        paths = dict(module_paths(self.model))
        frame = self._forward
        if frame is not None and any(frame.f_locals["self"] is held for held in paths.values()):
            return frame.f_locals["self"]  # type: ignore[no-any-return] # found among the modules
        return paths.get(self.scope, self.model)

    @cached_property
    def name(self) -> str:
        """The module's scope and class: ``"layers.3.conv (Conv2d)"``."""
        kind = type(self.module).__name__
        scopes = [scope for scope, held in module_paths(self.model) if held is self.module]
        inside = [scope for scope in scopes if scope.startswith(self.scope)]
        scope = self.scope if self.scope in scopes else (inside or scopes)[0]
        return f"{scope} ({kind})" if scope else kind

    @property
    def is_torchs(self) -> bool:
        """Whether the module's forward is torch's own."""
        return type(self.module).forward.__module__.startswith("torch.")

    def given(self, name: str) -> TensorSpec | None:
        """The tensor that the module's forward got as the argument of that name."""
        frame = self._forward
        if frame is None or frame.f_locals.get("self") is not self.module:
            return None
        if name == _parameters(frame.f_code)[1] and self.specs:
            return self.specs[0]  # the variable may stand for something else by now
        value = frame.f_locals.get(name)
        return spec_of(value) if isinstance(value, torch.Tensor) else None

    @property
    def op(self) -> str | None:
        """The operator that raised, ``"aten.conv2d"``; None where none was running."""
        return None if self._called is None else op_name(self._called[0])

    @property
    def is_pointwise(self) -> bool:
        """Whether the operator broadcasts its operands against each other."""
        return self._called is not None and torch.Tag.pointwise in self._called[0].tags

    @cached_property
    def operands(self) -> Mapping[str, Any]:
        """What the operator was called with, by the names of its schema."""
        if self._called is None:
            return {}
        func, args, kwargs = self._called
        return arguments_by_name(func, args, kwargs)

    @cached_property
    def shapes(self) -> tuple[TensorSpec, ...]:
        """The tensors that met: the operator's, or else those that the module was given."""
        if self.op is None:
            return self.specs
        return tuple(_specs_among(self.operands.values()))

    @cached_property
    def place(self) -> str | None:
        """The ``file:line`` in the code of the user's or of a library; None where it is torch's."""
        frames = foreign_frames(self.error)
        if not frames or min(distance(path) for path, _ in frames) == _TORCH:
            return None
        return location(self.error)

    @cached_property
    def line(self) -> str:
        """The line of source that raised, or "" where there is none."""
        frames = foreign_frames(self.error)
        return linecache.getline(*frames[-1]).strip() if frames else ""

    @cached_property
    def _forward(self) -> FrameType | None:
        found = None
        for frame, _ in traceback.walk_tb(self.error.__traceback__):
            names = _parameters(frame.f_code)
            is_forward = frame.f_code.co_name == "forward" and len(names) > 1 and names[0] == "self"
            if is_forward and isinstance(frame.f_locals.get("self"), torch.nn.Module):
                found = frame
        return found

    @cached_property
    def _called(self) -> tuple[Any, tuple[Any, ...], Mapping[str, Any]] | None:
        """The first operator that the tracer had in hand after that, as its own frames have it."""
        found = None
        for frame, _ in traceback.walk_tb(self.error.__traceback__):
            names = frame.f_locals
            ours = Path(frame.f_code.co_filename).is_relative_to(_TRACE)
            if frame is self._forward:
                found = None
            elif not found and ours and isinstance(names.get("func"), OpOverload):
                found = names["func"], names.get("args", ()), names.get("kwargs") or {}
        return found


_TORCH = 2
"""How far torch and the standard library are from the user, in :mod:`flopscope.blame`."""


def _parameters(code: CodeType) -> tuple[str, ...]:
    return code.co_varnames[: code.co_argcount]


def _specs_among(values: Any) -> Iterator[TensorSpec]:
    for value in values:
        if isinstance(value, torch.Tensor):
            yield spec_of(value)
        elif isinstance(value, (list, tuple)):
            yield from _specs_among(value)
