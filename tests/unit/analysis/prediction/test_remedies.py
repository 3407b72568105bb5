"""What would help is reckoned from the kernels, and nothing is said that would not."""

from __future__ import annotations

import pytest

from flopscope.analysis.prediction.outlooks import Traced, Where, outlooks
from flopscope.analysis.prediction.remedies import (
    CHANNELS_LAST,
    COMPILE,
    LARGER_BATCH,
    Remedy,
    turns_images,
)
from flopscope.records import Call, Operation, TensorSpec, Trace
from tests.unit.analysis.prediction.streams import (
    LINEAR,
    PASS,
    PRODUCT,
    RELU,
    device,
    fit,
    trace,
    workload,
)

IMAGE = TensorSpec((8, 64, 56, 56), "float16")
CONVOLUTION = Operation(
    "aten.conv2d",
    "default",
    {
        "input": IMAGE,
        "weight": TensorSpec((64, 64, 3, 3), "float16"),
        "bias": None,
        "stride": (1, 1),
        "padding": (1, 1),
        "dilation": (1, 1),
        "groups": 1,
    },
    (IMAGE,),
)


def remedies(found: Trace, factors=None, *, last=None, **constants) -> dict[str, Remedy]:
    traced = Traced(found, last)
    (there,) = outlooks(traced, workload(found), Where((device(),)), fit(factors, **constants))
    return {remedy.option: remedy for remedy in there.remedies}


def test_where_nothing_helps_nothing_is_said() -> None:
    assert remedies(trace(Call(LINEAR))) == {}


def test_compiling_saves_the_difference_between_two_predictions() -> None:
    found = remedies(trace(Call(LINEAR), Call(RELU)), {"fused": 0.25})

    whole = PRODUCT + 2 * PASS
    assert found[COMPILE].seconds == pytest.approx(0.75 * PASS)
    assert found[COMPILE].share == pytest.approx(0.75 * PASS / whole)
    assert "pointwise" in found[COMPILE].reason


def test_without_factors_nothing_is_known_of_compiling() -> None:
    assert COMPILE not in remedies(trace(Call(RELU)))


def test_channels_last_save_the_difference_between_two_predictions() -> None:
    found = remedies(trace(Call(RELU), Call(RELU)), last=trace(Call(RELU)))

    assert found[CHANNELS_LAST].seconds == PASS
    assert found[CHANNELS_LAST].share == 0.5
    assert not found[CHANNELS_LAST].is_bound


def test_channels_last_are_not_praised_where_they_are_slower() -> None:
    assert remedies(trace(Call(RELU)), last=trace(Call(RELU), Call(RELU))) == {}


def test_a_convolution_of_images_with_channels_first_turns_them() -> None:
    assert turns_images(trace(Call(CONVOLUTION)))
    assert not turns_images(trace(Call(RELU)))


def test_a_larger_batch_saves_at_most_the_wait_for_kernels() -> None:
    found = remedies(trace(Call(RELU), Call(RELU)), launch_seconds=PASS * 2)

    assert found[LARGER_BATCH].share == 1.0
    assert found[LARGER_BATCH].is_bound


def test_the_best_comes_first() -> None:
    found = remedies(trace(Call(RELU), Call(RELU)), {"fused": 0.5}, launch_seconds=PASS * 2)

    saved = [remedy.seconds for remedy in found.values()]
    assert saved == sorted(saved, reverse=True)
    assert list(found) == [LARGER_BATCH, COMPILE]
