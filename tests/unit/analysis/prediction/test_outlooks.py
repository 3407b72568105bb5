"""What follows from a prediction on a device: rates, memory, power and money."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flopscope.analysis.prediction.machines import Scalars
from flopscope.analysis.prediction.outlooks import Traced, Where, outlooks
from flopscope.analysis.prediction.workload import Memory, Outlook
from flopscope.devices import Device
from flopscope.errors import InputError
from flopscope.records import TensorSpec
from tests.unit.analysis.prediction.streams import (
    PASS,
    PEAK,
    PRODUCT,
    ROWS,
    device,
    fit,
    trace,
    workload,
)

SECONDS = PRODUCT + 3 * PASS


def outlook(on: Device | None = None, **changed: object) -> Outlook:
    row = on or device()
    found = trace()
    where = Where((row,), prices={row.name: 1.8})
    return next(outlooks(Traced(found), workload(found, **changed), where, fit()))


def test_the_first_size_of_the_input_is_how_many_samples_there_are() -> None:
    assert outlook().samples_per_second == 1024 / SECONDS


def test_each_of_a_list_of_inputs_is_a_sample() -> None:
    found = trace()
    images = {"0[0]": TensorSpec((3, 8, 8)), "0[1]": TensorSpec((3, 9, 9)), "1[0]": ROWS}
    asked = workload(found)

    assert replace(asked, inputs=images).samples == 2
    assert replace(asked, inputs={"0": TensorSpec(()), "1": ROWS}).samples == 1024
    assert replace(asked, inputs={}).samples is None


def test_the_rate_is_of_all_flops_and_its_share_of_the_peak_in_their_type() -> None:
    # 2**30 of the product, and one for each element that is rectified, twice.
    flops = 2**30 + 2 * 2**20

    assert outlook().flops_per_second == flops / SECONDS
    assert outlook().peak_share == flops / SECONDS / PEAK


def test_a_type_that_a_device_is_not_rated_in_has_no_share_of_a_peak() -> None:
    assert outlook(dtype="complex64").peak_share is None


@pytest.mark.parametrize(("sizes", "fits"), [((2**22,), False), ((2**22, 2**23), True), ((), None)])
def test_a_model_fits_if_it_does_into_the_largest_version(sizes, fits) -> None:
    held = Memory(params=2**20, buffers=2**20, inputs=2**20, activations=2**22)

    assert outlook(device(memory_bytes=sizes), memory=held).fits is fits


def test_samples_for_a_joule_are_by_the_most_power() -> None:
    assert outlook(device(watts=64)).samples_per_joule == pytest.approx(1024 / SECONDS / 64)
    assert outlook().samples_per_joule is None


def test_a_million_samples_cost_their_part_of_an_hour() -> None:
    hours = 1_000_000 / 1024 * SECONDS / 3600

    assert outlook().price_per_million == pytest.approx(1.8 * hours)


def test_a_device_that_computes_nothing_known_is_refused() -> None:
    with pytest.raises(InputError, match="not rated"):
        outlook(device(flops_per_second={"int8_matrix": PEAK}))


def test_scalars_are_those_of_the_device_that_they_were_measured_on() -> None:
    found = trace()
    where = Where((device(), device("other")), scalars={"other": Scalars(1.0, 0.5)})
    first, other = outlooks(Traced(found), workload(found), where, fit())

    assert (first.scalars, first.prediction.tier) == (None, "fitted")
    assert other.prediction.tier == "calibrated"
    assert other.prediction.seconds == PRODUCT + 2 * 3 * PASS


def test_the_step_of_training_is_not_told_what_helps_inference() -> None:
    found = trace()
    (there,) = outlooks(
        Traced(found), workload(found, "training"), Where((device(),)), fit(launch_seconds=1.0)
    )

    assert there.remedies == ()
