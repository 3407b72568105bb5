from __future__ import annotations

from tests.unit.costs.operations import cost, flops, spec

X, OUT = spec(8, 32, dtype="quint8"), spec(8, 16, dtype="quint8")
FILTERS, BIAS = spec(16, 3, 5, 5, dtype="qint8"), spec(16)
IMAGE, FEATURES = spec(2, 3, 12, 12, dtype="quint8"), spec(2, 16, 8, 8, dtype="quint8")


def test_a_quantised_layer_has_the_macs_of_a_floating_one() -> None:
    dense = cost("linear", spec(8, 16), input=spec(8, 32), weight=spec(16, 32), bias=spec(16))
    assert cost("quantized.linear", OUT, X=X, W_prepack="?").macs == dense.macs
    assert cost("quantized.linear_dynamic", spec(8, 16), X=spec(8, 32)).macs == dense.macs


def test_a_quantised_convolution_has_the_macs_of_a_floating_one() -> None:
    options = {"input": spec(2, 3, 12, 12), "weight": spec(16, 3, 5, 5), "bias": BIAS}
    dense = cost("conv2d", spec(2, 16, 8, 8), **options)
    packed = cost("quantized.conv2d", FEATURES, qx=IMAGE, packed_weight=(FILTERS, BIAS))
    assert packed.macs == dense.macs


def test_a_relu_is_part_of_the_clamp_that_quantises() -> None:
    plain = cost("quantized.conv2d", FEATURES, qx=IMAGE, packed_weight=(FILTERS, BIAS))
    fused = cost("quantized.conv2d_relu", FEATURES, qx=IMAGE, packed_weight=(FILTERS, BIAS))
    assert fused == plain


def test_quantising_divides_rounds_shifts_and_clamps() -> None:
    assert flops("quantize_per_tensor", X, self=X) == 5 * 256
    assert flops("dequantize", X, self=X) == 2 * 256
    fake = flops("fake_quantize_per_tensor_affine_cachemask", X, self=X)
    assert fake == (5 + 2) * 256
