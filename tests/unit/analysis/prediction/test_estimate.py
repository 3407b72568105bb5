"""How far a prediction can be trusted: tiers, bands, and what is said where there is none."""

from __future__ import annotations

import pytest

from flopscope.analysis.prediction.estimate import Prediction, predict, tier_of
from flopscope.analysis.prediction.fitted import UNMEASURED, Band, Fitted
from flopscope.analysis.prediction.machines import Scalars, Sustaining
from flopscope.analysis.prediction.reservations import WIDENED
from flopscope.devices import Device, Sustained
from flopscope.errors import InputError
from flopscope.records import Call, Operation, TensorSpec
from tests.unit.analysis.prediction.streams import (
    LINEAR,
    LOOKUP,
    PASS,
    PEAK,
    PRODUCT,
    RELU,
    ROWS,
    device,
    fit,
    trace,
)

AT_EASE = 2.0 * PEAK / 1e12
"""Watts: 2 for each TFLOP/s."""

VECTORS = {"fp16_vector": PEAK, "fp32_vector": PEAK / 2}
VOLTA = {"fp16_matrix": PEAK, "fp32_vector": PEAK / 8}
"""Rates of tensor cores without bfloat16."""
"""The rates of a device without units for matrix products."""


def told(*calls: Call, on: Device | None = None, constants: Fitted | None = None) -> Prediction:
    return predict(trace(*calls), on or device(), fit=constants or fit())


def test_a_known_device_has_the_band_of_its_tier_and_no_warning() -> None:
    found = told()

    assert (found.tier, found.band, found.warnings) == ("fitted", Band(0.8, 1.25), ())
    assert found.seconds == PRODUCT + 3 * PASS
    assert found.low_seconds == 0.8 * found.seconds
    assert found.high_seconds == 1.25 * found.seconds


def test_streams_that_wait_for_launches_have_no_band() -> None:
    found = told(constants=fit(dispatch_seconds=PASS))

    assert (found.band, found.low_seconds, found.high_seconds) == (None, None, None)
    (warning,) = found.warnings
    assert f"{found.stream.launch_share:.0%}" in warning
    assert "floor and the roofline" in warning


def test_more_than_a_tenth_of_uncertain_time_widens_the_band() -> None:
    """A look-up takes 1.002 passes, for its indices: more than a tenth of it and 9 passes."""
    found = told(Call(LOOKUP), *[Call(RELU)] * 9)

    assert found.band == WIDENED
    (warning,) = found.warnings
    assert warning.startswith("10% of the time")
    assert "aten.index_select" in warning
    assert "aten.relu" not in warning


def test_up_to_a_tenth_of_uncertain_time_does_not() -> None:
    found = told(Call(LOOKUP), *[Call(RELU)] * 10)

    assert (found.band, found.warnings) == (Band(0.8, 1.25), ())


def test_a_stream_that_waits_has_no_band_however_uncertain_it_is() -> None:
    found = told(Call(LOOKUP), constants=fit(launch_seconds=100 * PASS))

    assert found.band is None
    assert len(found.warnings) == 2


def test_products_of_floats_were_not_measured() -> None:
    floats = TensorSpec((1024, 1024))
    product = Operation("aten.mm", "default", {"self": floats, "mat2": floats}, (floats,))
    found = told(Call(product), Call(RELU))

    assert found.band == UNMEASURED
    assert "float32" in found.warnings[0]


def test_products_in_a_type_whose_rate_stands_in_have_no_band() -> None:
    doubles = TensorSpec((1024, 1024), "float64")
    product = Operation("aten.mm", "default", {"self": doubles, "mat2": doubles}, (doubles,))
    rated = device(flops_per_second={"fp32_vector": PEAK / 16, "fp64_vector": PEAK / 1024})

    found = told(Call(product))
    assert found.band is None
    assert "rate of float64 is not known" in found.warnings[0]
    assert told(Call(product), on=rated).band == UNMEASURED


def test_recurrent_layers_have_no_band_however_little_one_kernel_of_them_takes() -> None:
    steps, state = TensorSpec((100, 1, 64), "float16"), TensorSpec((1, 1, 64), "float16")
    arguments = {
        "input": steps,
        "hx": state,
        "params": (TensorSpec((3 * 64, 64), "float16"),) * 2,
        "has_biases": False,
        "num_layers": 1,
        "dropout": 0.0,
        "train": False,
        "bidirectional": False,
    }
    gru = Operation("aten.gru", "input", arguments, (steps, state))
    found = told(*[Call(RELU)] * 99, Call(gru))

    assert found.band is None
    (warning,) = found.warnings
    assert "the steps of aten.gru run one after the other" in warning


def test_elementwise_floats_are_no_products_of_them() -> None:
    floats = TensorSpec((1024, 1024))
    tags = frozenset({"pointwise"})
    relu = Operation("aten.relu", "default", {"self": floats}, (floats,), tags)

    assert told(Call(LINEAR), *[Call(relu)] * 9).band == Band(0.8, 1.25)


@pytest.mark.parametrize(
    ("row", "tier"),
    [
        (device(), "fitted"),
        (device("new", watts=AT_EASE), "datasheet"),
        (device("capped", watts=0.99 * AT_EASE), "uncalibrated"),
        (device("new"), "uncalibrated"),  # of unknown power
        (device("new", watts=AT_EASE, vendor="AMD"), "uncalibrated"),
        (device("old", watts=AT_EASE, flops_per_second=VECTORS), "uncalibrated"),
        (device("volta", watts=AT_EASE, flops_per_second=VOLTA), "uncalibrated"),
    ],
)
def test_the_tier_is_how_well_a_device_is_known(row: Device, tier: str) -> None:
    assert tier_of(row, fit()) == tier
    assert tier_of(row, fit(), Scalars()) == "calibrated"


def test_an_uncalibrated_device_is_said_to_be_so_with_what_helps() -> None:
    found = told(on=device("new"))

    assert found.band == UNMEASURED
    assert ["flopscope calibrate" in warning for warning in found.warnings] == [True]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({}, "not known whether"),
        ({"watts": 0.99 * AT_EASE}, "so few watts for its peak"),
        ({"watts": AT_EASE, "flops_per_second": VOLTA}, "later generations"),
        ({"watts": AT_EASE, "vendor": "AMD"}, "a device of this kind"),
    ],
)
def test_the_reason_is_what_sets_a_device_apart(changed, reason: str) -> None:
    (warning,) = told(on=device("new", **changed)).warnings

    assert reason in warning


@pytest.mark.parametrize("vendor", ["Apple", "Google", "Intel"])
def test_what_is_no_cuda_device_is_not_to_be_calibrated(vendor: str) -> None:
    (warning,) = told(on=device("new", vendor=vendor)).warnings

    assert "no model was measured" in warning
    assert "calibrate" not in warning


def test_a_calibrated_device_has_its_scalars_and_the_band_of_that() -> None:
    found = predict(trace(), device("new"), scalars=Scalars(0.5, 0.25), fit=fit())

    assert found.seconds == 2 * PRODUCT + 4 * 3 * PASS
    assert (found.band, found.warnings) == (Band(0.9, 1.1), ())
    plain = told()
    assert found.stream.floor_seconds == plain.stream.floor_seconds
    assert found.stream.roofline_seconds == plain.stream.roofline_seconds


def test_what_a_device_sustains_changes_the_estimate_and_is_said() -> None:
    half = device(sustained=(Sustained("fp16_matrix", PEAK / 2, "someone"),), watts=AT_EASE)
    found, plain = told(on=half), told()

    assert found.seconds == plain.seconds + PRODUCT
    assert found.stream.floor_seconds == plain.stream.floor_seconds
    assert found.sustains == "50% of its peak of matrix products (published by someone)"


def test_the_floor_is_of_the_datasheet_also_where_watts_slow_a_device() -> None:
    constants = fit()
    slowed = Fitted(
        constants.constants,
        constants.factors,
        Sustaining(0.25, 0.0),
        constants.bands,
        constants.devices,
    )
    found = told(on=device(watts=AT_EASE), constants=slowed)

    assert found.seconds == 4 * PRODUCT + 3 * PASS
    assert found.stream.floor_seconds == told().stream.floor_seconds


def test_a_compiled_stream_has_the_factors_and_the_band_of_compiled_ones() -> None:
    found = predict(trace(Call(RELU)), device(), variant="compiled", fit=fit({"fused": 0.5}))

    assert found.seconds == PASS / 2
    assert found.band == UNMEASURED


def test_a_device_that_is_not_rated_in_fp32_is_refused() -> None:
    with pytest.raises(InputError, match="plain is not rated in fp32"):
        told(on=device(flops_per_second={"fp16_matrix": PEAK}))


def test_a_pass_over_the_rows_reads_and_writes_them() -> None:
    assert told(Call(RELU)).stream.timed[0].launch.kernel.nbytes == 2 * ROWS.nbytes
