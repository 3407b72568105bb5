"""Real training steps, timed."""

from __future__ import annotations

import time

import pytest
import torch
from torch import Tensor, nn

from flopscope.errors import TraceError
from flopscope.measure.sampling import Budget
from flopscope.measure.steps import WHOLE_STEPS, measure_steps
from flopscope.measure.timing import Wanted
from tests.good_guest import left_as_found
from tests.training import adamw, recipe

MILLISECOND = 0.001
BRIEF = Wanted(Budget(least_seconds=0.0, most_seconds=0.05))
X = torch.zeros(3, 8)


class SleepsInBackward(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        time.sleep(5 * MILLISECOND)
        return gradient


class Slow(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(8, 4)

    def forward(self, x: Tensor) -> Tensor:
        return SleepsInBackward.apply(self.layer(x))


def model() -> nn.Module:
    return nn.Sequential(nn.Linear(8, 16), nn.Dropout(), nn.Linear(16, 4))


def test_a_step_is_timed_backward_pass_included():
    timing = measure_steps(Slow(), (X,), {}, "cpu", recipe(), BRIEF)
    assert min(timing.seconds) >= 5 * MILLISECOND


def test_accumulated_passes_are_all_timed_and_their_samples_counted():
    timing = measure_steps(Slow(), (X,), {}, "cpu", recipe(passes=3), BRIEF)
    assert min(timing.seconds) >= 3 * 5 * MILLISECOND
    assert timing.samples == 3 * X.shape[0]


def test_modules_are_not_timed_and_a_note_says_so():
    timing = measure_steps(model(), (X,), {}, "cpu", recipe(), BRIEF)
    assert timing.module_seconds == {}
    assert WHOLE_STEPS in timing.notes


def test_what_is_trained_is_a_copy():
    trained = model()
    with left_as_found(trained, X):
        measure_steps(trained, (X,), {}, "cpu", recipe(optimizer=adamw, checkpoint=("*",)), BRIEF)


class Counts(nn.Module):
    """Counts its calls where copies of it do so too."""

    calls = 0

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        Counts.calls += 1
        return self.layer(x).relu() + x


def calls_per_step(**more) -> float:
    Counts.calls = 0
    wanted = Wanted(Budget(least_seconds=0.0, most_seconds=0.0, least_runs=3, most_runs=3))
    timing = measure_steps(nn.Sequential(Counts()), (X,), {}, "cpu", recipe(**more), wanted)
    warmed_up = 1
    return Counts.calls / (len(timing.seconds) + warmed_up)


def test_a_checkpointed_module_runs_twice_in_a_step():
    assert calls_per_step() == 1
    assert calls_per_step(checkpoint=("0",)) == 2


def test_a_model_that_cannot_be_trained_is_refused():
    with pytest.raises(TraceError, match="no parameter"):
        measure_steps(nn.ReLU(), (X,), {}, "cpu", recipe(), BRIEF)


def test_an_interrupt_keeps_what_was_measured():
    class Interrupts(nn.Module):
        calls = 0

        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(8, 8)

        def forward(self, x: Tensor) -> Tensor:
            Interrupts.calls += 1
            if Interrupts.calls == 4:
                raise KeyboardInterrupt
            return self.layer(x)

    wanted = Wanted(Budget(least_seconds=0.0, most_seconds=0.0, least_runs=5))
    timing = measure_steps(Interrupts(), (X,), {}, "cpu", recipe(), wanted)
    assert timing.is_interrupted
    assert len(timing.seconds) == 2
