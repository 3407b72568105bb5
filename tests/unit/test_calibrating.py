"""Calibrating runs what it says and compares it with the right trace; here on a processor."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from flopscope.analysis.prediction.estimate import predict
from flopscope.calibrating import calibrate, check_device
from flopscope.devices import typed_device
from flopscope.errors import InputError, UsageError
from flopscope.measure.references import REFERENCES, Copy, Reference
from flopscope.trace import building, cuda_autocast, trace

SMALL = (
    Reference("product", lambda: nn.Linear(64, 64, bias=False), (64,), (256,), torch.float32),
    Reference("copy", Copy, (1 << 16,), (16,), torch.float32),
    Reference("perceptron", lambda: nn.Sequential(nn.Linear(64, 64), nn.ReLU()), (64,), (32, 64)),
)


@pytest.mark.parametrize("reference", REFERENCES, ids=lambda reference: reference.name)
def test_a_reference_keeps_a_large_card_busy_with_kernels_that_have_rules(reference) -> None:
    with building():
        model = reference.build().eval().to(reference.dtype)
    given = torch.empty(
        reference.batches[-1], *reference.sample, dtype=reference.dtype, device="meta"
    )
    with cuda_autocast(torch.float16):
        found = trace(model, (given,), stream="device:cuda")
    stream = predict(found, typed_device("H100 SXM")).stream

    assert stream.launch_share < 0.1
    assert stream.unknown_share == 0


def test_the_references_are_limited_by_different_things() -> None:
    assert [reference.name for reference in REFERENCES[:2]] == ["product of matrices", "copy"]


def test_what_is_measured_becomes_scalars_and_rates_of_an_unknown_device() -> None:
    steps: list[str] = []
    found = calibrate("cpu", SMALL, steps.append)

    assert [each.name for each in found.compared] == [
        "product, batch 256",
        "copy, batch 16",
        "perceptron, batch 64",
    ]
    assert steps[-1] == "fitting"
    assert found.rates is not None
    product, copy = found.compared[:2]
    assert found.rates[0] == pytest.approx(2 * 256 * 64 * 64 / product.seconds)
    assert found.rates[1] == pytest.approx(2 * 16 * (1 << 16) * 4 / copy.seconds)
    assert found.device.bytes_per_second == found.rates[1]


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_without_a_cuda_device_there_is_nothing_to_calibrate() -> None:
    with pytest.raises(InputError, match="no CUDA device"):
        check_device("cuda")


def test_only_cuda_devices_are_calibrated() -> None:
    with pytest.raises(UsageError, match="cpu"):
        check_device("cpu")
