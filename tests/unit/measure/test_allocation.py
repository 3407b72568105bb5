"""The most that a run had allocated, and errors for want of memory."""

from __future__ import annotations

import pytest
import torch

from flopscope.errors import TraceError
from flopscope.measure.allocation import most_allocated, shortage

on_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")

MEBIBYTE = 2**20


def test_the_processors_allocator_does_not_tell_and_nothing_is_run():
    runs = []
    assert most_allocated(lambda: runs.append(1), torch.device("cpu")) is None
    assert runs == []


@on_cuda
def test_on_a_card_it_is_what_was_alive_at_once_beside_what_there_was_before():
    x = torch.ones(MEBIBYTE, device="cuda")

    def twice():
        (x + 1).add_(x + 2)  # two results at once
        x.add(3)  # alone, when those are gone

    assert most_allocated(twice, torch.device("cuda")) == 2 * 4 * MEBIBYTE


# As torch 2.13 words it in c10/cuda/CUDACachingAllocator.cpp.
CARD = (
    "CUDA out of memory. Tried to allocate 20.50 GiB. GPU 0 has a total capacity of 79.15 GiB of"
    " which 3.62 MiB is free."
)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (torch.OutOfMemoryError(CARD), "out of memory, with 20.5 GiB more to allocate"),
        (torch.OutOfMemoryError("it is full"), "out of memory"),
        (MemoryError(), "out of memory"),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), None),
        (ValueError("DefaultCPUAllocator"), None),
    ],
)
def test_an_error_for_want_of_memory_is_told_in_a_few_words(error, words):
    assert shortage(error) == words


def test_the_processors_own_error_is_one():
    with pytest.raises(RuntimeError) as raised:
        torch.empty(2**60, dtype=torch.int8)

    assert shortage(raised.value) == "out of memory, with 1.00 EiB more to allocate"


def test_an_error_that_such_a_one_led_to_is_one():
    error = TraceError("Net raised")
    error.__cause__ = MemoryError()

    assert shortage(error) == "out of memory"
