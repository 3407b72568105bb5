"""What to do with a model, and the state that it is in meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.utils._pytree import tree_map

from flopscope.errors import InputError
from flopscope.measure.timing import Wanted
from flopscope.recipe import Recipe
from flopscope.records import Scope, Stream
from flopscope.request import COUNTER_TIME_LIMIT
from flopscope.trace import NormsInHalves, cuda_autocast


@dataclass(frozen=True, slots=True)
class Mode:
    """The state that a model is in when it runs.

    Attributes:
        dtype: torch's name of the floating-point type of its parameters, or None for their own.
        train: whether it is in training mode; None for the one it is in.
        autocast: the dtype that ``torch.autocast`` casts operators to, or None without.
        channels_last: whether it and its images have their channels last in memory.
        half_norms: whether norms of layers that offer it do as well, in the stream of a GPU.
    """

    dtype: str | None = None
    train: bool | None = None
    autocast: str | None = None
    channels_last: bool = False
    half_norms: bool = False

    def prepared(self, model: nn.Module) -> nn.Module:
        """The model itself, changed.

        Raises:
            InputError: torch can't put the channels of its weights last.
        """
        if self.dtype is not None:
            model = model.to(getattr(torch, self.dtype))
        if self.channels_last:
            model = _with_channels_last(model)
        return model if self.train is None else model.train(self.train)

    def laid_out(self, values: Any) -> Any:
        """Inputs with channels last, where that is wanted: those of four dimensions."""
        if not self.channels_last:
            return values

        def last(leaf: Any) -> Any:
            is_image = isinstance(leaf, torch.Tensor) and leaf.dim() == 4
            return leaf.to(memory_format=torch.channels_last) if is_image else leaf

        return tree_map(last, values)

    def notes(self) -> Iterator[str]:
        """What a reader should know of it: how it differs from the default."""
        if self.dtype not in (None, "float32"):
            yield f"the model's parameters are {self.dtype}, as asked"
        if self.autocast is not None:
            yield f"operators are cast to {self.autocast} by torch.autocast"
        if self.channels_last:
            yield "channels are last in memory"
        if self.train:
            yield "the model is in training mode"

    def entered(self, device: str) -> AbstractContextManager[Any]:
        """What it runs under on a device."""
        if self.autocast is None:
            return nullcontext()
        kind = "cpu" if device == "meta" else torch.device(device).type
        return torch.autocast(kind, getattr(torch, self.autocast))

    def entered_in(self, stream: Stream) -> AbstractContextManager[Any]:
        """What a trace of a stream is made under: of a GPU's, its autocast, also without a GPU."""
        if stream == "device:cuda" and self.autocast is not None:
            return self._on_a_gpu(getattr(torch, self.autocast))
        return self.entered("cpu")

    @contextmanager
    def _on_a_gpu(self, dtype: torch.dtype) -> Iterator[None]:
        with cuda_autocast(dtype), NormsInHalves() if self.half_norms else nullcontext():
            yield


def _with_channels_last(model: nn.Module) -> nn.Module:
    try:
        return model.to(memory_format=torch.channels_last)  # type: ignore[no-any-return, call-overload] # untyped in torch
    except RuntimeError as error:  # of weights with five dimensions
        raise InputError(
            f"the model has no form with channels last: {error}", hint="leave --channels-last out"
        ) from error


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do with a model beside counting it.

    Attributes:
        counters: names of the other counters to ask.
        time: whether to measure it.
        device: where it runs.
        mode: the state it runs in.
        module: the part of it that is looked at; ``""`` is all of it.
        recipe: how it is trained, or None for a forward pass alone.
        wanted: what of its time to measure, and how well.
        peak: FLOP/s that the device does at most, or None for what is known of it.
        bandwidth: B/s that its memory moves at most, or None for what is known of it.
        convention: the one to restate the counts in, or None for ours alone.
        counter_time_limit: seconds after which a counter is given up.
        stream: the operators to count: as the user wrote them, or as a GPU would run them.
    """

    counters: tuple[str, ...]
    time: bool
    device: str
    mode: Mode = field(default_factory=Mode)
    module: Scope = ""
    recipe: Recipe | None = None
    wanted: Wanted = field(default_factory=Wanted)
    peak: float | None = None
    bandwidth: float | None = None
    convention: str | None = None
    counter_time_limit: float = COUNTER_TIME_LIMIT
    stream: Stream = "canonical"

    def recipe_on(self, device: str) -> Recipe:
        """The recipe, with its forward passes in the mode's autocast.

        Raises:
            ValueError: the plan is of a forward pass alone.
        """
        if self.recipe is None:
            raise ValueError("no recipe: the plan is of a forward pass alone")
        return replace(self.recipe, cast=partial(self.mode.entered, device))
