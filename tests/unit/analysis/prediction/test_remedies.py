"""What would help is reckoned from the kernels, and nothing is said that would not."""

from __future__ import annotations

import pytest

from flopscope.analysis.prediction.outlooks import Where, outlooks
from flopscope.analysis.prediction.remedies import (
    CHANNELS_LAST,
    COMPILE,
    LARGER_BATCH,
    Remedy,
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


def remedies(found: Trace, factors=None, *, channels_last=False, **constants) -> dict[str, Remedy]:
    asked = workload(found, channels_last=channels_last)
    (there,) = outlooks(found, asked, Where((device(),)), fit(factors, **constants))
    return {remedy.option: remedy for remedy in there.remedies}


def test_where_nothing_helps_nothing_is_said() -> None:
    assert remedies(trace(Call(LINEAR))) == {}


def test_compiling_saves_the_difference_between_two_predictions() -> None:
    found = remedies(trace(Call(LINEAR), Call(RELU)), {"pointwise": 0.25})

    whole = PRODUCT + 2 * PASS
    assert found[COMPILE].seconds == pytest.approx(0.75 * PASS)
    assert found[COMPILE].share == pytest.approx(0.75 * PASS / whole)
    assert "pointwise" in found[COMPILE].reason


def test_without_factors_nothing_is_known_of_compiling() -> None:
    assert COMPILE not in remedies(trace(Call(RELU)))


def test_channels_last_save_at_most_what_turning_images_takes() -> None:
    found = trace(Call(CONVOLUTION))
    (there,) = outlooks(found, workload(found), Where((device(),)), fit())
    turning = sum(
        each.seconds
        for each in there.prediction.stream.timed
        if each.launch.kernel.kind.startswith("transpose")
    )

    assert turning > 0
    assert remedies(found)[CHANNELS_LAST].seconds == turning
    assert CHANNELS_LAST not in remedies(found, channels_last=True)


def test_a_larger_batch_saves_at_most_the_wait_for_kernels() -> None:
    found = remedies(trace(Call(RELU), Call(RELU)), launch_seconds=PASS * 2)

    assert found[LARGER_BATCH].share == 1.0


def test_the_best_comes_first() -> None:
    found = remedies(trace(Call(RELU), Call(RELU)), {"pointwise": 0.5}, launch_seconds=PASS * 2)

    saved = [remedy.seconds for remedy in found.values()]
    assert saved == sorted(saved, reverse=True)
    assert list(found) == [LARGER_BATCH, COMPILE]
