from __future__ import annotations

import time
from typing import ClassVar

import pytest
import torch
from torch import Tensor, nn

from flopscope.errors import TargetError, UsageError
from flopscope.measure.sampling import Budget
from flopscope.measure.timing import Wanted, measure
from flopscope.measurements import Timing
from tests.models import (
    CalledThreeTimes,
    CatchesAnError,
    LoopsOverModuleList,
    NeverCalled,
    RaisesInForward,
    SharedBlock,
    TakesKeywords,
)
from tests.unit.test_guest import Uncopyable

X = torch.zeros(2, 4)
on_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
DEVICES = ["cpu", pytest.param("cuda", marks=on_cuda)]

MILLISECOND = 0.001


class Sleeps(nn.Module):
    """Takes at least some milliseconds."""

    def __init__(self, milliseconds: float) -> None:
        super().__init__()
        self.milliseconds = milliseconds

    def forward(self, x: Tensor) -> Tensor:
        time.sleep(self.milliseconds * MILLISECOND)
        return x


def for_about(seconds: float) -> Wanted:
    return Wanted(Budget(least_seconds=seconds, most_seconds=seconds))


def timing_of(model: nn.Module, *args: Tensor, seconds: float = 0.0) -> Timing:
    return measure(model, args, {}, "cpu", for_about(seconds))


class Talks(nn.Module):
    """Prints whenever it runs."""

    def forward(self, x: Tensor) -> Tensor:
        print("running")  # noqa: T201 - as a user's model may
        return x


def test_what_a_model_prints_while_it_is_measured_is_not_heard(
    capsys: pytest.CaptureFixture[str],
) -> None:
    timing_of(Talks(), X)
    assert capsys.readouterr().out == ""


def test_a_slow_model_is_run_a_few_times_at_least() -> None:
    assert len(timing_of(Sleeps(5), X, seconds=0.0).seconds) == Budget().least_runs


def test_runs_go_on_for_about_the_seconds_asked_for() -> None:
    timing = timing_of(Sleeps(5), X, seconds=0.1)
    assert sum(timing.seconds) >= 0.08  # the rest is between the passes
    assert len(timing.seconds) <= 0.1 / (5 * MILLISECOND)


def test_a_tiny_model_is_not_run_without_end() -> None:
    assert len(timing_of(nn.Identity(), X, seconds=10).seconds) == Budget().most_runs


def test_time_is_the_time_of_one_forward_pass() -> None:
    timing = timing_of(nn.Sequential(Sleeps(5), Sleeps(10)), X)
    assert min(timing.seconds) >= 15 * MILLISECOND


def test_a_module_has_its_own_time_and_that_of_what_is_inside_it() -> None:
    model = nn.Sequential(nn.Sequential(Sleeps(4), Sleeps(8)), Sleeps(2))
    seconds = timing_of(model, X).module_seconds
    assert seconds.keys() == {"", "0", "0.0", "0.1", "1"}
    assert seconds["0.1"] >= 8 * MILLISECOND
    assert seconds[""] >= seconds["0"] + seconds["1"]
    assert seconds["0"] >= seconds["0.0"] + seconds["0.1"]


class SleepsThreeTimes(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.step = Sleeps(4)

    def forward(self, x: Tensor) -> Tensor:
        return self.step(self.step(self.step(x)))


def test_the_calls_of_a_module_add_up() -> None:
    assert timing_of(SleepsThreeTimes(), X).module_seconds["step"] >= 3 * 4 * MILLISECOND


@pytest.mark.parametrize(
    ("model", "scopes"),
    [
        (CalledThreeTimes(), {"", "step"}),
        (SharedBlock(), {"", "left", "left.0", "left.1", "right", "right.0", "right.1"}),
        (LoopsOverModuleList(), {"", "layers.0", "layers.1", "layers.2"}),
        (NeverCalled(), {"", "used"}),
        (CatchesAnError(), {"", "failing", "failing.linear", "failing.norm", "fallback"}),
    ],
)
def test_the_modules_that_ran_are_timed_and_no_other(model: nn.Module, scopes: set[str]) -> None:
    assert timing_of(model, X).module_seconds.keys() == scopes


def test_modules_made_during_the_forward_pass_belong_to_their_caller() -> None:
    class MakesAModule(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return nn.Sequential(nn.Linear(4, 4))(x)

    assert timing_of(MakesAModule(), X).module_seconds.keys() == {""}


class ReportsItsMode(nn.Module):
    """Notes how it is run where copies of it do so too."""

    seen: ClassVar[set[tuple[bool, bool]]] = set()

    def forward(self, x: Tensor) -> Tensor:
        self.seen.add((self.training, torch.is_inference_mode_enabled()))
        return x


@pytest.mark.parametrize("training", [True, False])
def test_the_model_runs_in_its_own_mode_without_autograd(training: bool) -> None:  # noqa: FBT001
    ReportsItsMode.seen.clear()
    timing_of(ReportsItsMode().train(training), X)
    assert ReportsItsMode.seen == {(training, True)}


def test_inputs_by_name_reach_the_model() -> None:
    timing = measure(
        TakesKeywords(), (X,), {"other": X, "combine": "multiply"}, "cpu", for_about(0)
    )
    assert timing.module_seconds.keys() == {"", "first", "second"}


def test_what_the_model_raises_is_raised() -> None:
    with pytest.raises(ValueError, match="the model gave up"):
        timing_of(RaisesInForward(), X)


def test_a_model_that_cannot_be_copied_is_refused() -> None:
    with pytest.raises(TargetError, match="cannot be copied"):
        timing_of(Uncopyable(), X)


def test_a_device_without_a_clock_is_refused() -> None:
    with pytest.raises(UsageError, match="cannot time on meta") as raised:
        measure(nn.Identity(), (X,), {}, "meta")
    assert raised.value.hint == "devices: cpu, cuda"


def test_the_fast_path_of_attention_is_taken_when_modules_are_timed() -> None:
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).eval()
    # On the fast path the layer is one operator, which calls none of its modules.
    assert timing_of(layer, torch.zeros(2, 5, 8)).module_seconds.keys() == {""}


def test_the_processor_and_its_threads_are_named() -> None:
    timing = timing_of(nn.Identity(), X)
    assert (timing.device, timing.threads) == ("cpu", torch.get_num_threads())
    assert timing.device_name


@on_cuda
def test_the_card_is_named_with_its_number() -> None:
    model = nn.Linear(4, 4).cuda()
    timing = measure(model, (X.cuda(),), {}, "cuda", for_about(0))
    assert timing.device == f"cuda:{torch.cuda.current_device()}"
    assert timing.device_name == torch.cuda.get_device_name()


@on_cuda
def test_on_a_card_a_module_takes_as_long_as_its_kernels() -> None:
    class Multiplies(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x @ x @ x @ x @ x

    model = nn.Sequential(Multiplies(), nn.Identity())
    timing = measure(model, (torch.randn(4096, 4096, device="cuda"),), {}, "cuda", for_about(0.1))
    # The kernels are issued in microseconds and run for milliseconds.
    assert timing.module_seconds["0"] > 0.8 * timing.module_seconds[""]
    assert timing.module_seconds[""] == pytest.approx(timing.median_seconds, rel=0.3)


def test_on_a_processor_what_a_pass_allocates_is_not_known() -> None:
    assert timing_of(nn.Linear(4, 4), X).activation_nbytes is None


@on_cuda
def test_on_a_card_it_is_what_is_alive_at_once_beside_the_input() -> None:
    model = nn.Sequential(nn.ReLU(), nn.ReLU(), nn.ReLU())
    timing = measure(model, (torch.ones(2048, 1024, device="cuda"),), {}, "cuda", for_about(0))
    # What the first ReLU returned and what the second one does.
    assert timing.activation_nbytes == 2 * (4 * 2048 * 1024)


@on_cuda
def test_of_a_part_of_a_model_it_is_not_measured() -> None:
    model = nn.Sequential(nn.Linear(4, 4)).cuda()
    wanted = Wanted(for_about(0).budget, module="0")
    assert measure(model, (X.cuda(),), {}, "cuda", wanted).activation_nbytes is None


@pytest.mark.parametrize("device", DEVICES)
def test_batch_statistics_stay_as_they_are_in_training_mode(device: str) -> None:
    model = nn.BatchNorm1d(4).to(device).train()
    measure(model, (torch.randn(8, 4, device=device),), {}, device, for_about(0))
    assert model.num_batches_tracked == 0
    assert not model.running_mean.any()
