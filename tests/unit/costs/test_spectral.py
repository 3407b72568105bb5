from __future__ import annotations

from tests.unit.costs.operations import flops, spec

UNSCALED, SCALED = 0, 2


def test_a_transform_takes_5_n_log2_n() -> None:
    x = spec(3, 1024, dtype="complex64")
    assert flops("_fft_c2c", x, self=x, dim=(1,), normalization=UNSCALED) == 3 * 5 * 1024 * 10


def test_a_transform_of_real_numbers_takes_half() -> None:
    real, half = spec(3, 1024), spec(3, 513, dtype="complex64")
    there = flops("_fft_r2c", half, self=real, dim=(1,), normalization=UNSCALED)
    back = flops("_fft_c2r", real, self=half, dim=(1,), normalization=UNSCALED)
    assert there == back == 3 * 5 * 1024 * 10 // 2


def test_a_transform_over_two_dimensions_is_one_of_their_product() -> None:
    image, row = spec(8, 16, 32, dtype="complex64"), spec(8, 512, dtype="complex64")
    assert flops("_fft_c2c", image, self=image, dim=(1, 2), normalization=UNSCALED) == flops(
        "_fft_c2c", row, self=row, dim=(1,), normalization=UNSCALED
    )


def test_normalising_takes_a_product_per_real_number() -> None:
    x = spec(64, dtype="complex64")
    scaled = flops("_fft_c2c", x, self=x, dim=(0,), normalization=SCALED)
    assert scaled - flops("_fft_c2c", x, self=x, dim=(0,), normalization=UNSCALED) == 2 * 64


def test_a_length_that_is_no_power_of_two_is_still_a_whole_number() -> None:
    x = spec(7, dtype="complex64")
    assert flops("_fft_c2c", x, self=x, dim=(0,), normalization=UNSCALED) == 98  # 98.26
