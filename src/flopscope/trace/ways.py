"""The ways to run a program: as it is written, or as its exceptions say that it has to be run."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

from flopscope.errors import TraceError
from flopscope.records import Stream, Trace
from flopscope.trace.devices import EveryDeviceIsTheCPU, wants_missing_device
from flopscope.trace.stream import claimed_device
from flopscope.trace.unknown import CPU

_MISSING_GRADIENT = re.compile(
    r"does not require grad|[Ii]nference tensors? cannot be saved for backward"
    r"|requires_grad=True on inference tensor"
)


@dataclass(frozen=True, slots=True)
class Way:
    """How a program is run.

    Attributes:
        stream: which operators are seen.
        devices: what to enter for the devices that the program names.
        notes: what is done differently from what would be done at first.
    """

    stream: Stream = "canonical"
    devices: Callable[[], AbstractContextManager[Any]] = nullcontext
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, stream: Stream) -> Way:
        """How a program is run first: for a device that need not be here, without looking for it.

        It is told of that device by its unknown tensors, and so it will name it.
        """
        claims = claimed_device(stream) != CPU
        return cls(stream, devices=EveryDeviceIsTheCPU if claims else nullcontext)

    def instead(self, error: BaseException | None) -> Way | None:
        """Another way, where an exception says that the program cannot go this one.

        Raises:
            TraceError: there is one, and it would be of another device.
        """
        if self.devices is nullcontext and error is not None and wants_missing_device(error):
            return replace(self, devices=EveryDeviceIsTheCPU, notes=(*self.notes, _ON_THE_CPU))
        if claimed_device(self.stream) != CPU and _wants_gradients(error):
            raise TraceError(_DIFFERENTIATES_ELSEWHERE) from error
        if self.stream == "canonical" and _wants_gradients(error):
            return replace(self, stream="training", notes=(*self.notes, _DIFFERENTIATES))
        return None


_ON_THE_CPU = "the model names a device that is not here; it was counted as on the CPU"
_DIFFERENTIATES = (
    "the model differentiates in its forward pass; counted as autograd runs it, gradients included"
)

_DIFFERENTIATES_ELSEWHERE = (
    "the model differentiates in its forward pass: that is not followed as a GPU would run it"
)


def first_that_works(run: Callable[[Way], Trace], way: Way = Way()) -> Trace:
    """The trace that a function makes when it goes a way on which the program does not fail.

    Raises:
        TraceError: the program fails, and no other way would help.
    """
    try:
        return run(way)
    except TraceError as error:
        other = way.instead(error.__cause__)
        if other is None:
            raise
    return first_that_works(run, other)


def _wants_gradients(error: BaseException | None) -> bool:
    """Whether an exception is torch's word that nothing was prepared for computing gradients."""
    return isinstance(error, RuntimeError) and bool(_MISSING_GRADIENT.search(str(error)))
