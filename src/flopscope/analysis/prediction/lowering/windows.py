"""Pooling, and interpolation: whose threads are the pixels of one image, each of which does all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from flopscope.analysis.prediction.kernel import Kernel
from flopscope.analysis.prediction.layout import has_channels_last
from flopscope.analysis.prediction.lowering.table import in_one_pass, lowered, one_pass
from flopscope.records import Operation

lowered(
    *("aten.max_pool1d", "aten.max_pool2d", "aten.max_pool3d", "aten.max_pool2d_with_indices"),
    *("aten.avg_pool1d", "aten.avg_pool2d", "aten.avg_pool3d"),
)(in_one_pass("pool"))


@lowered("aten.upsample_bilinear2d", "aten.upsample_bicubic2d")
def interpolation(operation: Operation) -> Iterator[Kernel]:
    """A thread for each pixel of one image goes through all channels of all images in turn.

    So small images with many channels wait for one another. With channels last each element has a
    thread. Source: ``upsample_bilinear2d_out_frame`` in ATen/native/cuda/UpSampleBilinear2d.cu and
    ``upsample_bicubic2d_out_frame`` in UpSampleBicubic2d.cu.
    """
    out = operation.outputs[0]
    kernel = one_pass("interpolation", operation)
    if has_channels_last(next(operation.tensors())) and "bilinear" in operation.op:
        yield kernel
        return
    samples = BICUBIC_SAMPLES if "bicubic" in operation.op else BILINEAR_SAMPLES
    steps = out.shape[0] * out.shape[1] * samples / BILINEAR_SAMPLES
    yield replace(kernel, serial_steps=steps, rows=out.shape[-2] * out.shape[-1])


BILINEAR_SAMPLES = 4
BICUBIC_SAMPLES = 16
