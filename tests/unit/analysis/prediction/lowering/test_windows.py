"""Interpolation, whose threads are the pixels of one image."""

from __future__ import annotations

import pytest

from flopscope.records import Operation, TensorSpec
from tests.unit.analysis.prediction.lowering.operations import channels_last, half, kernel
from tests.unit.costs.operations import operation


def upsampled(given: TensorSpec, op: str, *, is_last: bool = False) -> Operation:
    samples, channels, height, width = given.shape
    shape = (samples, channels, 2 * height, 2 * width)
    out = channels_last(*shape) if is_last else half(*shape)
    sizes = {"output_size": shape[2:], "align_corners": False, "scales_h": None, "scales_w": None}
    return operation(op, out, self=given, **sizes)


@pytest.mark.parametrize(("op", "samples"), [("bilinear", 4), ("bicubic", 16)])
def test_a_pixel_goes_through_all_channels_of_all_images_in_turn(op: str, samples: int) -> None:
    found = kernel(upsampled(half(8, 256, 7, 7), f"upsample_{op}2d"), "interpolation")

    assert found.serial_steps == 8 * 256 * samples / 4
    assert found.rows == 14 * 14


def test_with_channels_last_each_element_has_a_thread_in_bilinear_interpolation_alone() -> None:
    last = channels_last(8, 256, 7, 7)
    bilinear = upsampled(last, "upsample_bilinear2d", is_last=True)
    bicubic = upsampled(last, "upsample_bicubic2d")

    assert kernel(bilinear, "interpolation").serial_steps == 0
    assert kernel(bicubic, "interpolation").serial_steps == 8 * 256 * 4


def test_interpolation_reads_and_writes_once() -> None:
    found = kernel(upsampled(half(8, 256, 7, 7), "upsample_bilinear2d"), "interpolation")

    assert found.nbytes == 2 * 8 * 256 * (7 * 7 + 14 * 14)
