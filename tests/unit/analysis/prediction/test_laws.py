"""The law of a kernel's time: what must hold whatever the constants are."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from flopscope.analysis.prediction.fitted import priors, units
from flopscope.analysis.prediction.kernel import Kernel
from flopscope.analysis.prediction.laws import (
    SHARED,
    Constants,
    Rates,
    compute_seconds,
    memory_seconds,
    seconds,
    whole_seconds,
)
from tests.unit.analysis.prediction.streams import fit

UNHURRIED = settings(deadline=None)  # which a first example, that loads things, would miss
KINDS = sorted(priors().keys() - {SHARED})
RATES = Rates({"float16": 1e14, "float32": 2e13}, 2e13, 1e12, cache_nbytes=2**25, threads=2**16)
PRIORS = Constants(
    {
        kind: {name: value[0] for name, value in row.items() if isinstance(value, list)}
        for kind, row in priors().items()
    },
    units(),
)
PLAIN = fit().constants

SIZES = st.floats(1, 1e5)
KERNELS = st.builds(
    Kernel,
    kind=st.sampled_from(KINDS),
    nbytes=st.floats(1, 1e10),
    scattered_nbytes=st.floats(0, 1e10),
    macs=st.floats(0, 1e13),
    rows=SIZES,
    columns=SIZES,
    depth=SIZES,
    padding=st.floats(1, 8),
    is_misaligned=st.sampled_from([0, 1]),
    tile_waste=st.floats(0, 1),
    elements=st.floats(0, 1e9),
    dtype=st.sampled_from(["float16", "float32", "bfloat16"]),
)


def without_start(constants: Constants) -> Constants:
    shared = {**constants.groups[SHARED], "launch_seconds": 0.0}
    return replace(constants, groups={**constants.groups, SHARED: shared})


@UNHURRIED
@given(KERNELS)
def test_on_a_device_twice_as_fast_in_all_a_kernel_takes_half_the_time(kernel: Kernel) -> None:
    twice = Rates(
        {dtype: 2 * rate for dtype, rate in RATES.matrix.items()},
        2 * RATES.vector,
        2 * RATES.bytes_per_second,
        RATES.cache_nbytes,
        RATES.threads,
    )
    constants = without_start(PRIORS)

    once = seconds(kernel, RATES, constants)
    assert 2 * seconds(kernel, twice, constants) == pytest.approx(once)


@UNHURRIED
@given(
    KERNELS,
    st.sampled_from(
        [
            *("nbytes", "scattered_nbytes", "macs", "padding"),
            *("tile_waste", "elements", "serial_steps"),
        ]
    ),
)
def test_more_to_do_never_takes_less_time(kernel: Kernel, amount: str) -> None:
    more = replace(kernel, **{amount: 1.5 * getattr(kernel, amount) + 1})

    least = seconds(kernel, RATES, PRIORS) * (1 - 1e-12)
    assert seconds(more, RATES, PRIORS) >= least


@UNHURRIED
@given(KERNELS)
def test_a_kernel_takes_at_least_the_longer_of_memory_and_compute_and_at_most_both(
    kernel: Kernel,
) -> None:
    constants = without_start(PRIORS)
    moving = memory_seconds(kernel, RATES, constants)
    computing = compute_seconds(kernel, RATES, constants)
    taken = seconds(kernel, RATES, constants)

    assert max(moving, computing) * (1 - 1e-9) <= taken <= (moving + computing) * (1 + 1e-9)


@UNHURRIED
@given(KERNELS)
def test_starting_comes_on_top(kernel: Kernel) -> None:
    added = seconds(kernel, RATES, PRIORS) - seconds(kernel, RATES, without_start(PRIORS))

    assert added == pytest.approx(PRIORS.shared("launch_seconds"), rel=1e-6, abs=1e-12)


@UNHURRIED
@given(st.sampled_from(KINDS), st.lists(KERNELS, min_size=2, max_size=5))
def test_arrays_of_kernels_take_what_each_of_them_does(kind: str, drawn: list[Kernel]) -> None:
    kernels = [replace(kernel, kind=kind, dtype="float16") for kernel in drawn]
    amounts = {
        field.name: torch.tensor([getattr(each, field.name) for each in kernels]).double()
        for field in fields(Kernel)
        if field.name not in {"kind", "dtype"}
    }
    together = seconds(Kernel(kind=kind, dtype="float16", **amounts), RATES, PRIORS)

    assert together.tolist() == pytest.approx([seconds(each, RATES, PRIORS) for each in kernels])


BYTES = Kernel("pointwise", nbytes=2**30)


def test_moving_is_bytes_by_the_bandwidth_that_the_kind_attains() -> None:
    constants = fit(bandwidth=0.5).constants

    assert memory_seconds(BYTES, Rates({}, 1.0, 2.0**30), constants) == 2.0


def test_a_byte_out_of_order_is_moved_again_as_often_as_a_constant_says() -> None:
    constants = fit(scattered=3.0).constants
    kernel = replace(BYTES, kind="copy", scattered_nbytes=2**29)

    assert memory_seconds(kernel, Rates({}, 1.0, 2.0**30), constants) == 1 + 3 / 2


def test_what_the_cache_holds_saves_its_part_and_what_is_far_larger_nothing() -> None:
    """A kernel as large as the cache saves half of what a tiny one does."""
    constants = fit(cached=0.5, cache_share=1.0).constants

    def slowed(cache_nbytes: int) -> float:
        return memory_seconds(BYTES, Rates({}, 1.0, 2.0**30, cache_nbytes), constants)

    assert slowed(2**30) == 1 - 0.5 / 2
    assert slowed(2**60) == pytest.approx(0.5)
    assert slowed(1) == pytest.approx(1)
    assert slowed(0) == 1  # unknown


PRODUCT = Kernel("linear", macs=2**29, rows=64, columns=64, depth=64, dtype="float16")
ONE = Rates({"float16": 2.0**30}, 2.0**28, 1.0)


def test_a_product_takes_two_operations_for_each_multiplication() -> None:
    assert compute_seconds(PRODUCT, ONE, PLAIN) == 1.0
    assert compute_seconds(PRODUCT, ONE, fit(rate=0.5).constants) == 2.0


@pytest.mark.parametrize("side", ["rows", "columns", "depth"])
def test_a_side_is_padded_as_if_it_were_longer_by_a_constant(side: str) -> None:
    constants = fit(**{f"pad_{side}": 16.0}).constants

    assert compute_seconds(PRODUCT, ONE, constants) == (64 + 16) / 64


def test_channels_that_are_padded_are_computed() -> None:
    assert compute_seconds(replace(PRODUCT, padding=8 / 3), ONE, PLAIN) == pytest.approx(8 / 3)


def test_misaligned_products_are_slower_by_a_constant() -> None:
    constants = fit(misaligned=0.75).constants

    assert compute_seconds(PRODUCT, ONE, constants) == 1.0
    assert compute_seconds(replace(PRODUCT, is_misaligned=1), ONE, constants) == 1.75


def test_what_whole_tiles_waste_is_computed_as_far_as_a_constant_says() -> None:
    constants = fit(tiles=0.5).constants

    assert compute_seconds(replace(PRODUCT, tile_waste=1 / 4), ONE, constants) == 1 + 1 / 8


def test_norms_take_steps_for_each_element_and_for_each_row_on_the_units_for_vectors() -> None:
    constants = fit(work=8.0, row_work=1024.0).constants
    norm = Kernel("layer norm", elements=2**24, rows=2**16)

    assert compute_seconds(norm, ONE, constants) == (2**27 + 2**26) / 2**28


def test_depthwise_convolutions_run_on_the_units_for_vectors() -> None:
    kernel = replace(PRODUCT, kind="depthwise")

    assert compute_seconds(kernel, ONE, PLAIN) == 2.0**30 / 2.0**28


def test_a_type_that_a_device_has_no_rate_for_is_computed_as_vectors_are() -> None:
    assert compute_seconds(replace(PRODUCT, dtype="bfloat16"), ONE, PLAIN) == 4.0


def test_what_only_moves_data_computes_nothing() -> None:
    assert compute_seconds(replace(PRODUCT, kind="copy"), ONE, PLAIN) == 0


def test_steps_in_turn_take_their_time_however_fast_a_device_is() -> None:
    constants = fit(serial_seconds=1e-6).constants
    kernel = Kernel("interpolation", serial_steps=1000, rows=512)

    assert compute_seconds(kernel, ONE, constants) == pytest.approx(1e-3)
    busy = replace(ONE, threads=512)  # as many threads are waited for as run at once
    assert compute_seconds(kernel, busy, constants) == pytest.approx(2e-3)


@UNHURRIED
@given(st.floats(1e-7, 1.0), st.integers(1, 10_000))
def test_a_stream_takes_at_least_its_kernels_and_asking_for_them(
    kernels_seconds: float, kernels: int
) -> None:
    asked = kernels * PRIORS.shared("dispatch_seconds")
    whole = whole_seconds(kernels_seconds, kernels, PRIORS)

    assert max(kernels_seconds, asked) * (1 - 1e-9) <= whole
    assert whole <= 2**0.25 * max(kernels_seconds, asked) * (1 + 1e-9)
