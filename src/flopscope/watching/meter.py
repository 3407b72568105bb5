"""Moments of a run, as they come, to the time and the FLOPs of its steps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flopscope.measure.clock import Clock
from flopscope.watching.work import Work


@dataclass
class Step:
    """What a step did so far."""

    flops: int = 0
    recomputed: int = 0
    passes: int = 0
    is_counted: bool = True
    is_interrupted: bool = False
    is_complete: bool = True


@dataclass
class Sum:
    """Steps of one kind.

    Attributes:
        steps: how many.
        flops: what they did.
        recomputed: of that, what was done a second time.
        is_complete: whether every operator has a formula.
        spans: marks between which they ran, where that is known.
    """

    steps: int = 0
    flops: int = 0
    recomputed: int = 0
    is_complete: bool = True
    spans: list[tuple[Any, Any]] = field(default_factory=list)

    def add(self, step: Step) -> None:
        self.steps += 1
        self.flops += step.flops
        self.recomputed += step.recomputed
        self.is_complete &= step.is_complete

    def took(self, start: Any, end: Any) -> None:
        """A step ran from one mark to another; what follows another extends its span."""
        if self.spans and self.spans[-1][1] is start:
            start = self.spans.pop()[0]
        self.spans.append((start, end))


class Meter:
    """Adds up steps, each from the end of the one before: whatever happens in between is in it.

    A step that something interrupts, such as validation, is not timed; nor is the first.

    Attributes:
        clock: takes the marks; they are not read before somebody asks for seconds.
        steps: how many there were.
        timed: those whose time and FLOPs are known.
        uncounted: those whose time is known.
        untimed: those whose FLOPs are known.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.steps = 0
        self.begin_interval()
        self._step = Step()
        self._start: Any = None

    def begin_interval(self) -> None:
        """Forget the sums."""
        self.timed, self.uncounted, self.untimed = Sum(), Sum(), Sum()

    @property
    def passes(self) -> int:
        """Of the step under way."""
        return self._step.passes

    def begin(self) -> None:
        """The step under way begins now, whatever was before."""
        self._step, self._start = Step(), self.clock.mark()

    def interrupt(self) -> None:
        """Something else happens in the step under way."""
        self._step.is_interrupted = True

    def forward(self, work: Work | None) -> None:
        """A pass begins, which costs this, or nobody knows what."""
        self._step.passes += 1
        if work is None:
            self._step.is_counted = False
        else:
            self._step.flops += work.forward
            self._step.is_complete &= work.is_complete

    def backward(self, work: Work | None) -> None:
        """A pass is differentiated."""
        if work is not None:
            self._step.flops += work.backward
            self._step.recomputed += work.recomputed

    def update(self, flops: int) -> None:
        """The optimizer did this."""
        self._step.flops += flops

    def end(self) -> None:
        """The step is done."""
        end, step = self.clock.mark(), self._step
        self.steps += 1
        if self._start is None or step.is_interrupted:
            if step.is_counted:
                self.untimed.add(step)
        else:
            known = self.timed if step.is_counted else self.uncounted
            known.add(step)
            known.took(self._start, end)
        self._step, self._start = Step(), end

    def seconds(self, known: Sum) -> float:
        """What the steps of a sum took. Waits for the device."""
        self.clock.wait()
        return sum(self.clock.seconds(start, end) for start, end in known.spans)
