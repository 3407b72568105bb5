"""Other ways to run a model, and with how many threads."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from flopscope.errors import MeasureError
from flopscope.measure.sampling import Budget
from flopscope.measure.timing import Wanted, measure
from flopscope.measure.variants import threads_used

QUICK = Budget(least_seconds=0, most_seconds=0)


def test_so_many_threads_are_used_and_then_as_many_as_before():
    before = torch.get_num_threads()
    with threads_used(1) as threads:
        assert (threads, torch.get_num_threads()) == (1, 1)
    assert torch.get_num_threads() == before
    assert (
        measure(nn.Identity(), (torch.ones(2),), {}, "cpu", Wanted(QUICK, threads=1)).threads == 1
    )


def test_a_way_that_is_not_to_be_had_is_a_note():
    timing = measure(
        nn.Identity(), (torch.ones(2),), {}, "cpu", Wanted(QUICK, variants=("CUDA graph",))
    )

    assert timing.variants == ()
    assert "CUDA graph: not measured: cpu has no graphs" in timing.notes


on_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
on_two_cards = pytest.mark.skipif(torch.cuda.device_count() < 2, reason="fewer than 2 CUDA devices")


@on_cuda
def test_a_graph_replays_the_forward_pass():
    model = nn.Sequential(*(nn.Linear(8, 8) for _ in range(20))).cuda()
    x = torch.randn(2, 8, device="cuda")
    timing = measure(model, (x,), {}, "cuda", Wanted(variants=("CUDA graph",)))

    (graph,) = timing.variants
    assert graph.median_seconds < timing.median_seconds


class Synchronises(nn.Module):
    """Asks for a value on the way, which no graph can hold."""

    def forward(self, x):
        return x * x.sum().item()


class HidesWhatItMeets(Synchronises):
    """Makes something else of what the capture raises."""

    def forward(self, x):
        try:
            return super().forward(x)
        except RuntimeError as error:
            raise KeyError("no value") from error


@on_cuda
@pytest.mark.parametrize("model", [Synchronises(), HidesWhatItMeets()])
def test_a_model_that_cannot_be_captured_is_a_note_and_the_stream_is_the_one_before(model):
    before = torch.cuda.current_stream()
    x = torch.ones(2, device="cuda")
    timing = measure(model, (x,), {}, "cuda", Wanted(QUICK, variants=("CUDA graph",)))

    assert timing.seconds
    assert timing.variants == ()
    assert any(note.startswith("CUDA graph: not measured: ") for note in timing.notes)
    assert torch.cuda.current_stream() == before


@on_two_cards
def test_a_graph_is_of_the_card_that_the_model_is_on_which_need_not_be_the_current_one():
    model, x = nn.Linear(8, 8).to("cuda:1"), torch.ones(2, 8, device="cuda:1")
    with torch.cuda.device(0):
        timing = measure(model, (x,), {}, "cuda:1", Wanted(QUICK, variants=("CUDA graph",)))
        assert torch.cuda.current_device() == 0

    assert [variant.name for variant in timing.variants] == ["CUDA graph"]


class Rare(nn.Module):
    """Has a part that runs no more once the model was called."""

    def __init__(self):
        super().__init__()
        self.part = nn.Linear(2, 2)

    def forward(self, x):
        return x


def test_a_part_that_does_not_run_has_no_time():
    with pytest.raises(MeasureError, match="part is not called"):
        measure(Rare(), (torch.ones(2),), {}, "cpu", Wanted(QUICK, module="part"))


def test_a_part_is_not_compared_with_variants_of_the_whole():
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    wanted = Wanted(QUICK, module="0", variants=("compiled",))
    timing = measure(model, (torch.ones(1, 2),), {}, "cpu", wanted)

    assert timing.variants == ()
    assert "compiled: not measured of a part of the model" in timing.notes


class InterruptedLater(nn.Module):
    """Presses Ctrl-C in its tenth pass."""

    passes = 0

    def forward(self, x):
        type(self).passes += 1
        if self.passes == 10:
            raise KeyboardInterrupt
        return x


def test_an_interrupt_leaves_what_was_measured_until_then():
    InterruptedLater.passes = 0
    timing = measure(InterruptedLater(), (torch.ones(2),), {}, "cpu", Wanted(Budget(100, 100)))

    assert 0 < len(timing.seconds) < 10
    assert timing.is_interrupted


def test_an_interrupt_before_anything_was_measured_is_one():
    InterruptedLater.passes = 9
    with pytest.raises(KeyboardInterrupt):
        measure(InterruptedLater(), (torch.ones(2),), {}, "cpu", Wanted(QUICK))


def test_the_first_size_of_the_first_input_is_the_number_of_samples():
    timing = measure(nn.Identity(), (torch.ones(6, 2),), {}, "cpu", Wanted(QUICK))

    assert timing.samples == 6
