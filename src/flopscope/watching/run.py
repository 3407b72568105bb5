"""What a script does with a model, as it is heard of, to the steps of a meter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from flopscope.analysis.achieved import Steps
from flopscope.measure.clock import CpuClock, clock_of
from flopscope.measure.hardware import named_device
from flopscope.watching.kinds import is_differentiated
from flopscope.watching.ledger import Ledger
from flopscope.watching.limits import Ceiling
from flopscope.watching.meter import Meter
from flopscope.watching.work import Work

PATIENCE = 50
"""Passes without a step of the optimizer after which each pass is taken for a step."""

NOTHING_SEEN = (
    "no pass of the model was seen: watch what the script calls, such as what torch.compile returns"
)


@dataclass(frozen=True, slots=True)
class Pass:
    """A pass under way.

    Attributes:
        work: what it costs, or None where that is not known.
        is_aside: whether it is no part of a step, as in validation.
    """

    work: Work | None
    is_aside: bool = False


class Run:
    """Tells what belongs to a step, and where one ends.

    Of training, a step ends with the optimizer's; passes in evaluation mode are validation, and no
    part of it. Without training, each pass is a step.

    Attributes:
        kind: what a step is.
        ledger: what passes cost.
        ceiling: what the device does at most.
        meter: the steps so far.
        where: the device; None before the first pass.
        work: the last of the dearest passes, whose type of numbers MFU is of.
    """

    def __init__(
        self, model: nn.Module, ledger: Ledger, ceiling: Ceiling, ended: Callable[[], None]
    ) -> None:
        """Begin before the first step.

        Args:
            model: whose mode tells training from validation.
            ledger: counts passes.
            ceiling: knows what the device does at most.
            ended: called whenever a step has ended.
        """
        self.kind: Steps = "inference"
        self.ledger = ledger
        self.ceiling = ceiling
        self.meter = Meter(CpuClock())
        self.where: torch.device | None = None
        self.work: Work | None = None
        self._model = model
        self._ended = ended

    def begins(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Pass:
        """A pass is about to run."""
        self._find_device()
        trains = is_differentiated(self.ledger.parameters(module), args, kwargs)
        if trains and self._model.training and self.kind == "inference":
            self._become("training")
        if self.kind != "inference" and not trains and not self._model.training:
            self.meter.interrupt()
            return Pass(None, is_aside=True)
        if self.meter.passes >= PATIENCE and self.kind == "training":
            self._become("passes")
            self.ledger.note(
                f"no step of an optimizer that holds the model's parameters was seen in {PATIENCE}"
                " passes: each pass is taken for a step"
            )
        if self.kind == "passes" and self.meter.passes:
            self._end()
        work, is_new = self.ledger.of_pass(module, args, kwargs)
        if self.kind == "inference":
            self.meter.begin()
        if is_new:
            self._look_up(work)
            self.meter.interrupt()
        self.meter.forward(work)
        if work is not None and (self.work is None or work.flops >= self.work.flops):
            self.work = work
        return Pass(work)

    def ends(self, begun: Pass) -> None:
        """A pass returned, or raised."""
        if self.kind == "inference" and not begun.is_aside:
            self._end()

    def differentiates(self, begun: Pass) -> None:
        """A backward pass comes by what it returned."""
        if begun.is_aside:
            return
        if self.kind == "inference":
            self._become("training")
        self.meter.backward(begun.work)

    def updates(self, optimizer: Optimizer) -> None:
        """An optimizer made a step: a second one after the same passes is added to the next."""
        flops = self.ledger.of_update(optimizer)
        if flops is not None and self.where is None:
            self.ledger.note(NOTHING_SEEN)
        if flops is None or self.kind == "inference":
            return
        if self.kind == "passes":
            self._become("training")
        self.meter.update(flops)
        if self.meter.passes:
            self._end()

    def _look_up(self, work: Work | None) -> None:
        """Look the peak up now that the clock stands still, and not in a step that is timed."""
        if work is not None and self.where is not None:
            self.ceiling.of(self.where, work.dtype)

    def _end(self) -> None:
        self.meter.end()
        self._ended()

    def _become(self, kind: Steps) -> None:
        """What a step is has turned out to be something else: what was before is forgotten."""
        self.kind = kind
        self.meter = Meter(self.meter.clock)

    def _find_device(self) -> None:
        """Where the model is at its first pass: it may have been moved until then."""
        if self.where is not None:
            return
        first = next((each.device for each in self._model.parameters()), "cpu")
        self.where = named_device(str(first))
        self.meter = Meter(clock_of(self.where))
