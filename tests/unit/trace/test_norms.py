"""Norms in the type of autocast, of layers that offer it, where that is asked for."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from flopscope.errors import TraceError
from flopscope.planning import Mode
from flopscope.trace import NormsInHalves, cuda_autocast, trace

X = torch.empty(2, 8, 6)


class OfferingLayerNorm(nn.LayerNorm):
    """A layer with a switch like that of timm's."""

    _fast_norm = False


class OfferingGroupNorm(nn.GroupNorm):
    _fast_norm = False


class OfferingRMSNorm(nn.RMSNorm):
    _fast_norm = False


OFFERING = {
    "layer_norm": OfferingLayerNorm(6),
    "group_norm": OfferingGroupNorm(4, 8),
    "rms_norm": OfferingRMSNorm(6),
}
TORCHS = {
    "layer_norm": nn.LayerNorm(6),
    "group_norm": nn.GroupNorm(4, 8),
    "rms_norm": nn.RMSNorm(6),
}


class Calls(nn.Module):
    """A model that is a function of its input, and offers norms in halves."""

    _fast_norm = False

    def __init__(self, function) -> None:
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


def types(model: nn.Module, name: str) -> set[str]:
    """The types that the operators of a name read and return."""
    operations = [
        call.operation
        for call in trace(model, (X,), stream="device:cuda").calls
        if name in call.operation.op
    ]
    assert operations
    return {
        tensor.dtype
        for operation in operations
        for tensor in (*operation.tensors(), *operation.outputs)
    }


@pytest.mark.parametrize("name", OFFERING)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_a_norm_that_offers_it_runs_in_the_type_of_autocast(name, dtype) -> None:
    with cuda_autocast(dtype), NormsInHalves():
        assert types(OFFERING[name], name) == {str(dtype).removeprefix("torch.")}


@pytest.mark.parametrize("name", TORCHS)
def test_torchs_own_layers_do_not_offer_it(name) -> None:
    with cuda_autocast(torch.float16), NormsInHalves():
        assert types(TORCHS[name], name) == {"float32"}


def test_the_layer_that_calls_a_norm_decides_and_not_what_it_is_in() -> None:
    class Block(nn.Module):
        _fast_norm = False

        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = OfferingLayerNorm(6), nn.LayerNorm(6)

        def forward(self, x):
            return self.second(self.first(x))

    with cuda_autocast(torch.float16), NormsInHalves():
        calls = trace(Block(), (X,), stream="device:cuda").calls
    norms = [call.operation for call in calls if call.operation.op == "aten.layer_norm"]
    assert [norm.outputs[0].dtype for norm in norms] == ["float16", "float32"]


def test_timms_layers_offer_it() -> None:
    layers = pytest.importorskip("timm.layers", reason="of timm's layers")
    with cuda_autocast(torch.float16), NormsInHalves():
        assert types(layers.LayerNorm(6), "layer_norm") == {"float16"}


@pytest.mark.parametrize("name", OFFERING)
def test_autocast_alone_keeps_a_norm_in_float32(name) -> None:
    with cuda_autocast(torch.float16):
        assert types(OFFERING[name], name) == {"float32"}


@pytest.mark.parametrize("name", OFFERING)
def test_without_autocast_a_norm_stays_as_it_is(name) -> None:
    with NormsInHalves():
        assert types(OFFERING[name], name) == {"float32"}


@pytest.mark.parametrize(
    "function",
    [
        lambda x: torch.layer_norm(x, (6,)),
        lambda x: functional.layer_norm(x, normalized_shape=(6,), weight=torch.ones(6)),
    ],
)
def test_a_norm_that_is_called_as_a_function_is_one_too(function) -> None:
    with cuda_autocast(torch.float16), NormsInHalves():
        assert types(Calls(function), "layer_norm") == {"float16"}


def test_a_norm_within_a_region_without_autocast_stays_as_it_is() -> None:
    def uncast(x):
        with torch.autocast("cuda", enabled=False):
            return functional.layer_norm(x, (6,))

    with cuda_autocast(torch.float16), NormsInHalves():
        assert types(Calls(uncast), "layer_norm") == {"float32"}


def test_other_operators_are_what_they_are_with_autocast_alone() -> None:
    model = nn.Sequential(nn.Linear(6, 5), nn.Softmax(-1))
    with cuda_autocast(torch.float16):
        alone = trace(model, (X,), stream="device:cuda").calls
        with NormsInHalves():
            beside = trace(model, (X,), stream="device:cuda").calls

    assert [call.operation.outputs for call in beside] == [call.operation.outputs for call in alone]


def test_autocast_is_on_after_a_norm_that_fails() -> None:
    with cuda_autocast(torch.float16), NormsInHalves():
        with pytest.raises(TraceError):
            trace(OfferingLayerNorm(7), (X,), stream="device:cuda")
        assert torch.is_autocast_enabled("cuda")
        assert types(OFFERING["layer_norm"], "layer_norm") == {"float16"}
    assert not torch.is_autocast_enabled("cuda")


def test_a_mode_has_norms_in_halves_for_a_gpu_alone() -> None:
    mode = Mode(autocast="float16", half_norms=True)
    with mode.entered_in("device:cuda"):
        assert types(OFFERING["layer_norm"], "layer_norm") == {"float16"}
    with mode.entered_in("canonical"):
        norm = trace(OFFERING["layer_norm"], (X,)).calls[-1].operation
    assert norm.outputs[0].dtype == "float32"
