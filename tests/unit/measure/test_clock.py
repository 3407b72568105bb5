"""What a clock is asked for around a run, and what those of cards do."""

from __future__ import annotations

import pytest
import torch

from flopscope.measure.clock import CudaClock, clock_of, timed

on_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")


class Diary:
    """A clock that notes what happens; seconds are how much did between two marks."""

    def __init__(self):
        self.happened = []

    def prepare(self):
        self.happened.append("prepare")

    def mark(self):
        self.happened.append("mark")
        return len(self.happened)

    def wait(self):
        self.happened.append("wait")

    def seconds(self, start, end):
        return float(end - start)


def test_a_run_is_timed_between_two_marks_after_which_the_device_is_waited_for():
    diary = Diary()
    seconds = timed(lambda: diary.happened.append("run"), diary)

    assert diary.happened == ["prepare", "mark", "run", "mark", "wait"]
    assert seconds == 2.0  # the run, and the mark at its end


@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=on_cuda)])
def test_a_run_on_a_device_takes_time(device):
    x = torch.ones(256, 256, device=device)
    with torch.inference_mode():
        assert timed(lambda: x @ x, clock_of(torch.device(device))) > 0


@on_cuda
def test_what_clears_the_cache_of_a_card_is_twice_as_large_and_made_once():
    clock = CudaClock(torch.device("cuda", 0))
    before = torch.cuda.memory_allocated(0)
    with torch.inference_mode():
        clock.prepare()
    clock.prepare()  # the same tensor, outside of inference mode

    cache = torch.cuda.get_device_properties(0).L2_cache_size
    rounding = 512  # torch allocates so many bytes or a multiple
    assert 2 * cache <= torch.cuda.memory_allocated(0) - before <= 2 * cache + rounding


@on_cuda
def test_clearing_the_cache_is_not_part_of_the_time():
    clock = CudaClock(torch.device("cuda", 0))
    x = torch.ones(1, device="cuda")
    clock.prepare()
    filled = timed(lambda: None, clock)
    assert filled < timed(lambda: [x.add_(1) for _ in range(1000)], clock)
