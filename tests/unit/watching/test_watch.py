"""What watching a training says of it, and that the training does not notice."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext

import pytest
import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

import flopscope
from flopscope.errors import TargetError, UsageError
from flopscope.watching.run import PATIENCE
from flopscope.watching.watch import Watch
from tests.good_guest import left_as_found, state_of_model

BATCH, IN, WIDE, OUT = 8, 16, 32, 4
X = torch.ones(BATCH, IN)

MATRICES = BATCH * (IN * WIDE + WIDE * OUT)
"""MACs of the two products."""
FORWARD = 2 * MATRICES + BATCH * (WIDE + OUT) + BATCH * WIDE + BATCH * OUT
"""Products, biases, ReLU, and the sum of the outputs that stands for a loss."""
BACKWARD = 2 * MATRICES + 2 * BATCH * WIDE * OUT + BATCH * WIDE + BATCH * (WIDE + OUT)
"""Gradients of weights, of the second layer's input, of ReLU, and of biases, which are sums."""
PARAMS = IN * WIDE + WIDE + WIDE * OUT + OUT
SGD = 2 * PARAMS
"""A product and a difference for each parameter."""


def two_layers() -> nn.Sequential:
    return nn.Sequential(nn.Linear(IN, WIDE), nn.ReLU(), nn.Linear(WIDE, OUT))


def silent(model: nn.Module, **options: object) -> Watch:
    return flopscope.watch(model, every=None, say=None, **options)


def train(
    model: nn.Module,
    steps: int = 3,
    accumulate: int = 1,
    optimizer: torch.optim.Optimizer | None = None,
    inputs: Callable[[], Tensor] = lambda: X,
) -> None:
    optimizer = optimizer or torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(steps):
        for _ in range(accumulate):
            model(inputs()).sum().backward()
        optimizer.step()
        optimizer.zero_grad()


def test_a_step_of_training_is_both_passes_and_the_optimizer() -> None:
    model = two_layers()
    with silent(model, peak=1e12) as watch:
        train(model)
        achieved = watch.read()
    assert achieved.kind == "training"
    assert achieved.flops_per_step == FORWARD + BACKWARD + SGD
    assert (achieved.step, achieved.steps, achieved.params) == (3, 2, PARAMS)
    assert watch.notes == []


def test_a_step_has_as_many_passes_as_are_accumulated() -> None:
    model = two_layers()
    with silent(model) as watch:
        train(model, accumulate=4)
        assert watch.read().flops_per_step == 4 * (FORWARD + BACKWARD) + SGD


def test_what_is_not_differentiated_has_no_backward_pass() -> None:
    model = two_layers()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with silent(model) as watch:
        for _ in range(3):
            model(X)
            model(X).sum().backward()
            optimizer.step()
        assert watch.read().flops_per_step == 2 * FORWARD + BACKWARD + SGD


def test_a_pass_without_gradients_in_training_mode_is_a_part_of_the_step() -> None:
    model = two_layers()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with silent(model) as watch:
        for _ in range(3):
            with torch.no_grad():
                model(X)
            model(X).sum().backward()
            optimizer.step()
        # No loss is summed up where nothing is differentiated.
        assert watch.read().flops_per_step == 2 * FORWARD - BATCH * OUT + BACKWARD + SGD


def test_an_optimizer_s_own_arithmetic_is_that_of_a_counted_step() -> None:
    model = two_layers()
    for name, optimizer in (
        ("adamw", torch.optim.AdamW(model.parameters())),
        ("sgd(momentum=0.9)", torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)),
    ):
        torch.optim.lr_scheduler.StepLR(optimizer, 10)  # it wraps the method of the instance
        counted = flopscope.profile(model, X, optimizer=name)
        with silent(model) as watch:
            train(model, optimizer=optimizer)
            assert watch.read().flops_per_step == counted.flops


def test_profiling_a_watched_model_is_no_step_of_it() -> None:
    model = two_layers()
    with silent(model) as watch:
        train(model)
        flopscope.profile(model, X)
        flopscope.profile(model, X, optimizer="adamw")
        train(model)
        achieved = watch.read()
    assert achieved.step == 6
    assert achieved.flops_per_step == FORWARD + BACKWARD + SGD


def test_optimizers_of_parts_make_one_step_together() -> None:
    model = two_layers()
    parts = [torch.optim.SGD(part.parameters(), lr=0.1) for part in (model[0], model[2])]
    with silent(model) as watch:
        for _ in range(4):
            model(X).sum().backward()
            for optimizer in parts:
                optimizer.step()
        achieved = watch.read()
    assert achieved.step == 4
    assert achieved.flops_per_step == FORWARD + BACKWARD + SGD


def test_an_optimizer_of_something_else_ends_no_step() -> None:
    model, other = two_layers(), two_layers()
    with silent(model) as watch:
        train(other)
        train(model)
        assert watch.read().step == 3


def test_an_optimizer_that_is_not_torch_s_is_said_to_be_left_out() -> None:
    class Mine(torch.optim.SGD):
        """Not torch's."""

    model = two_layers()
    with silent(model) as watch:
        train(model, optimizer=Mine(model.parameters(), lr=0.1))
        assert watch.read().flops_per_step == FORWARD + BACKWARD
    assert (
        watch.notes[0] == "FLOPs are without the optimizer's: the optimizer Mine is not torch's own"
    )


def test_freezing_a_layer_takes_its_gradients_out() -> None:
    model = two_layers()
    with silent(model) as watch:
        train(model)
        watch.read()
        model[0].requires_grad_(requires_grad=False)
        train(model)
        frozen = FORWARD + 2 * BATCH * WIDE * OUT + BATCH * OUT
        assert watch.read().flops_per_step == pytest.approx(
            frozen + SGD * (WIDE + 1) * OUT / PARAMS
        )


def test_inputs_of_other_shapes_cost_other_flops() -> None:
    model = two_layers()
    batches = iter([X] * 4 + [X[: BATCH // 2]] * 4)
    with silent(model) as watch:
        train(model, steps=4, inputs=lambda: next(batches))
        watch.read()
        train(model, steps=4, inputs=lambda: next(batches))
        assert watch.read().flops_per_step == (FORWARD + BACKWARD) / 2 + SGD


def test_of_a_training_without_an_optimizer_each_pass_is_a_step() -> None:
    model = two_layers()
    with silent(model) as watch:
        for _ in range(PATIENCE + 10):
            model(X).sum().backward()
        achieved = watch.read()
    assert (achieved.kind, achieved.step) == ("passes", 9)  # the last has not ended
    assert achieved.flops_per_step == FORWARD + BACKWARD
    assert (
        f"no step of an optimizer that holds the model's parameters was seen in {PATIENCE}"
        in (watch.notes[0])
    )


def test_without_training_each_pass_is_a_step() -> None:
    model = two_layers().eval()
    with silent(model) as watch, torch.no_grad():
        for _ in range(3):
            model(X)
        achieved = watch.read()
    assert (achieved.kind, achieved.step) == ("inference", 3)
    assert achieved.flops_per_step == FORWARD - BATCH * OUT  # no loss


class Sleeps(nn.Module):
    """Takes at least so long in a forward pass."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds
        self.layer = nn.Linear(IN, OUT)

    def forward(self, x: Tensor) -> Tensor:
        time.sleep(self.seconds)
        return self.layer(x)


def test_flops_per_second_are_counted_flops_by_the_time_that_passed() -> None:
    model = Sleeps(0.005)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    ended: list[float] = []
    optimizer.register_step_post_hook(lambda *_: ended.append(time.perf_counter()))
    with silent(model) as watch:
        train(model, steps=2, optimizer=optimizer)
        watch.read()
        train(model, steps=20, optimizer=optimizer)
        achieved = watch.read()
    seconds = ended[-1] - ended[1]
    matrix = 2 * BATCH * IN * OUT
    step = 2 * matrix + 3 * BATCH * OUT + 2 * (IN * OUT + OUT)  # bias, its gradient, the sum
    assert achieved.steps == 20
    assert achieved.seconds == pytest.approx(seconds, rel=0.01)
    assert achieved.flops_per_second == pytest.approx(20 * step / seconds, rel=0.01)


def test_validation_is_no_part_of_a_step() -> None:
    model = two_layers()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with silent(model) as watch:
        for _ in range(3):
            train(model, steps=5, optimizer=optimizer)
            model.eval()
            with torch.no_grad():
                model(X)
                time.sleep(0.3)
            model.train()
        achieved = watch.read()
    # All but the first, and those that a validation came before.
    assert achieved.steps == 15 - 1 - 2
    assert achieved.seconds < 0.3
    assert achieved.flops_per_step == FORWARD + BACKWARD + SGD


def test_mfu_is_the_part_of_a_given_peak() -> None:
    model = two_layers()
    with silent(model, peak=1e9) as watch:
        train(model)
        achieved = watch.read()
    assert achieved.mfu == pytest.approx(achieved.flops_per_second / 1e9)


def test_the_peak_of_a_named_device_is_that_of_the_type_that_is_cast_to() -> None:
    model = two_layers()
    with silent(model, device="A100 SXM 80GB") as watch, torch.autocast("cpu", torch.bfloat16):
        train(model)
        achieved = watch.read()
    assert achieved.dtype == "bfloat16"
    # NVIDIA A100 datasheet: BFLOAT16 Tensor Core 312 TFLOPS.
    assert achieved.peak_flops_per_second == 312e12


def test_an_unknown_peak_is_said_once_and_no_mfu_shown() -> None:
    lines: list[str] = []
    model = two_layers()
    # NVIDIA's datasheet has no rate for bfloat16.
    with (
        flopscope.watch(model, every=2, device="V100 SXM2", say=lines.append),
        torch.autocast("cpu", torch.bfloat16),
    ):
        train(model, steps=6)
    first, reason, *others = lines
    assert "in bfloat16 is not known" in reason
    assert len(others) == 2
    for line in (first, *others):
        assert "FLOP/s" in line
        assert "MFU" not in line


def test_a_line_is_said_every_so_many_steps_and_for_the_rest() -> None:
    lines: list[str] = []
    model = two_layers()
    with flopscope.watch(model, every=4, peak=1e12, say=lines.append):
        train(model, steps=10)
    assert [line.split(" · ")[1] for line in lines] == [
        "Sequential step 4",
        "Sequential step 8",
        "Sequential step 10",
    ]


class Opaque(nn.Module):
    """Leaves torch, where no count can follow."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(IN, OUT)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x) * float(x.detach().numpy().sum())


def test_a_model_that_cannot_be_counted_is_trained_and_timed_all_the_same() -> None:
    lines: list[str] = []
    model = Opaque()
    with flopscope.watch(model, every=2, say=lines.append) as watch:
        train(model, steps=4)
    assert [note.partition(":")[0] for note in watch.notes] == ["FLOPs are not counted"]
    assert "/step" in lines[0]
    assert "FLOP" not in lines[0]
    assert sum("not counted" in line for line in lines) == 1


def test_a_model_that_raises_does_so_as_without() -> None:
    model = two_layers()
    before = state_of_model(model)["hooks"]
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"), silent(model):
        model(torch.ones(1, IN + 1))
    assert state_of_model(model)["hooks"] == before


def test_a_pass_that_raised_is_forgotten() -> None:
    model = two_layers()
    with silent(model) as watch:
        for _ in range(2):
            with pytest.raises(RuntimeError):
                model(torch.ones(1, IN + 1))
        train(model, steps=4)
        assert watch.read().flops_per_step == FORWARD + BACKWARD + SGD


def test_the_model_is_left_as_it_was_found() -> None:
    model = two_layers().eval()
    with left_as_found(model, X), silent(model), torch.no_grad():
        model(X)
        model(X)


class Noisy(nn.Module):
    """Draws random numbers, and keeps statistics of what it sees."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(IN, WIDE)
        self.norm = nn.BatchNorm1d(WIDE)
        self.drop = nn.Dropout(0.5)
        self.last = nn.Linear(WIDE, OUT)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.drop(self.norm(self.first(x)))) + torch.rand(())


def outcome(wrap: Callable[[nn.Module], nn.Module], *, cast: bool, watched: bool) -> list[Tensor]:
    torch.manual_seed(0)
    model = Noisy()
    optimizer = torch.optim.AdamW(model.parameters())
    called = wrap(model)
    batches = [torch.randn(size, IN) for size in (8, 8, 4, 8)]
    losses = []
    with silent(called) if watched else nullcontext():
        for batch in batches:
            for _ in range(2):
                with torch.autocast("cpu", torch.bfloat16, enabled=cast):
                    loss = called(batch).square().mean()
                loss.backward()
                losses.append(loss.detach())
            optimizer.step()
            optimizer.zero_grad()
    return [*losses, *model.state_dict().values(), torch.rand(3)]


@pytest.fixture
def one_process(tmp_path: object) -> Iterator[None]:
    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{tmp_path}/meeting", rank=0, world_size=1
    )
    yield
    torch.distributed.destroy_process_group()


def test_a_checkpoint_around_a_watched_model_computes_it_again_as_without() -> None:
    trained = []
    for watching in (False, True):
        torch.manual_seed(0)
        model = Noisy()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with silent(model) if watching else nullcontext():
            for _ in range(3):
                checkpoint(model, X, use_reentrant=False).sum().backward()
                optimizer.step()
        trained.append([*model.state_dict().values(), torch.rand(3)])
    assert all(map(torch.equal, *trained))


def test_what_is_assumed_is_said() -> None:
    class Selects(nn.Module):
        """Goes on with some of its samples: how many, no shape tells."""

        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(IN, OUT)

        def forward(self, x: Tensor) -> Tensor:
            y = self.layer(x)
            return y[(y > 0).any(1)]

    model = Selects()
    with silent(model) as watch:
        train(model)
    assert watch.notes[0].startswith("FLOPs rest on assumed values: ")


def test_an_operator_without_a_formula_is_named_and_makes_the_rest_a_least() -> None:
    model = nn.Sequential(nn.Linear(IN, OUT), Unknown())
    lines: list[str] = []
    with flopscope.watch(model, every=4, peak=1e12, say=lines.append):
        train(model, steps=4)
    assert "at least" in lines[0]
    assert "no formula for watched.twice ×1" in lines[1]


@torch.library.custom_op("watched::twice", mutates_args=())
def twice(x: Tensor) -> Tensor:
    return 2 * x


twice.register_fake(torch.empty_like)
twice.register_autograd(lambda _, gradient: 2 * gradient)


class Unknown(nn.Module):
    """An operator that nobody told flopscope of."""

    def forward(self, x: Tensor) -> Tensor:
        return twice(x)


WRAPPED: dict[str, Callable[[nn.Module], nn.Module]] = {
    "as it is": lambda model: model,
    "compiled": lambda model: torch.compile(model, backend="eager", fullgraph=True),
    "replicated": nn.parallel.DistributedDataParallel,
    "replicated and compiled": lambda model: torch.compile(
        nn.parallel.DistributedDataParallel(model), backend="eager"
    ),
}


@pytest.mark.usefixtures("one_process")
@pytest.mark.parametrize("cast", [False, True])
@pytest.mark.parametrize("name", WRAPPED)
def test_a_training_ends_with_the_very_numbers_that_it_ends_with_unwatched(
    name: str,
    cast: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    wrap = WRAPPED[name]
    expected = outcome(wrap, cast=cast, watched=False)
    found = outcome(wrap, cast=cast, watched=True)
    assert all(map(torch.equal, expected, found))


@pytest.mark.usefixtures("one_process")
@pytest.mark.parametrize("name", WRAPPED)
def test_what_wraps_a_model_makes_no_other_count(name: str) -> None:
    model = WRAPPED[name](two_layers())
    with silent(model) as watch:
        train(model)
        achieved = watch.read()
    assert achieved.model == "Sequential"
    assert achieved.flops_per_step == FORWARD + BACKWARD + SGD
    assert watch.notes[1:] == []  # the first may be that no peak is known


def test_a_model_that_is_compiled_behind_the_watch_is_said_not_to_be_seen() -> None:
    model = two_layers()
    with silent(model) as watch:
        train(torch.compile(model, backend="eager", fullgraph=True))
    assert "what torch.compile returns" in watch.notes[0]


def test_a_copy_of_a_watched_model_is_not_watched() -> None:
    model = two_layers()
    with silent(model) as watch:
        copied = copy.deepcopy(model)
        train(copied)
        assert watch.read() is None
        train(model)
        assert watch.read().step == 3


def test_a_watch_can_be_closed_by_what_it_says() -> None:
    model = two_layers()
    hooks = state_of_model(model)["hooks"]
    lines: list[str] = []

    def once(line: str) -> None:
        lines.append(line)
        watch.close()

    watch = flopscope.watch(model, every=2, peak=1e12, say=once)
    train(model, steps=6)
    assert len(lines) == 1
    assert state_of_model(model)["hooks"] == hooks


def test_a_listener_that_fails_does_not_end_the_training() -> None:
    def broken(line: str) -> None:
        raise OSError("the pipe is closed")

    model = two_layers()
    with flopscope.watch(model, every=2, peak=1e12, say=broken) as watch:
        train(model, steps=6)
    assert any(note.startswith("watching ended: OSError") for note in watch.notes)


@pytest.mark.parametrize("options", [{"every": 0}, {"peak": 0.0}, {"device": "no such card"}])
def test_options_that_cannot_be_meant_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        flopscope.watch(two_layers(), **options)


def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(TargetError, match=r"is not an nn\.Module"):
        flopscope.watch(nn.Linear)
