"""Training steps of well-known models: their gradients follow from their forward pass."""

from __future__ import annotations

import pytest
import torch

from flopscope.tree import profile
from tests.training import by_part, macs_by_part, step_of

torchvision = pytest.importorskip("torchvision")

FIRST_CONVOLUTION = {
    "resnet50": 64 * 112 * 112 * 3 * 7 * 7,
    "mobilenet_v2": 32 * 112 * 112 * 3 * 3 * 3,
    "regnet_x_400mf": 32 * 112 * 112 * 3 * 3 * 3,
    "vit_b_16": 768 * 14 * 14 * 3 * 16 * 16,
}
"""MACs of the layer that is given the images, whose gradient nothing needs."""


@pytest.mark.parametrize("name", FIRST_CONVOLUTION)
def test_gradients_take_twice_the_forward_pass_less_that_of_the_images(name):
    model = torchvision.models.get_model(name, weights=None).train()
    forward, _, inputs, weights = macs_by_part(step_of(model, torch.zeros(2, 3, 224, 224)))
    assert inputs + weights == 2 * forward - 2 * FIRST_CONVOLUTION[name]


def test_of_a_frozen_trunk_the_head_alone_takes_gradients():
    model = torchvision.models.resnet50(weights=None).train().requires_grad_(requires_grad=False)
    model.fc.requires_grad_()
    batch, features, classes = 2, 2048, 1000
    traced = step_of(model, torch.zeros(batch, 3, 224, 224))
    assert macs_by_part(traced)[1:] == (0, 0, batch * features * classes)
    assert by_part(traced)["optimizer"].flops == 2 * (features + 1) * classes
    assert traced.step.gradient_nbytes == 4 * (features + 1) * classes


DETECTORS = (
    "fasterrcnn_mobilenet_v3_large_fpn",
    "retinanet_resnet50_fpn",
    "ssdlite320_mobilenet_v3_large",
)


@pytest.mark.parametrize("name", DETECTORS)
def test_a_detector_is_trained_on_the_sum_of_its_losses(name):
    model = torchvision.models.get_model(name, weights=None, weights_backbone=None).train()
    targets = [
        {"boxes": torch.tensor([[4.0, 4.0, 50.0, 50.0]]), "labels": torch.tensor([1])}
        for _ in range(2)
    ]
    traced = step_of(model, [torch.zeros(3, 320, 320) for _ in targets], targets)
    forward, again, _, weights = macs_by_part(traced)
    assert traced.step.loss == "the sum of the losses that the model returns"
    assert profile(traced).uncounted == ()
    assert (again, weights) == (0, forward)
