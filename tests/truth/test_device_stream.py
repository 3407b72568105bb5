"""The stream of a GPU is what torch's own simulation of one says, operator by operator.

``FakeTensorMode`` follows a program on tensors that claim to be on a GPU, under torch's autocast
and with the kernels' layouts. It needs a torch that was built for CUDA, and no GPU. Without fused
attention: without a GPU torch takes that apart, and lays it out in another way.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

pytest.importorskip("timm", reason="timm is not installed")

import timm

from flopscope import costs, tree
from flopscope.naming import module_paths
from flopscope.planning import Mode
from flopscope.records import Operation, TensorSpec
from flopscope.trace import building, trace
from flopscope.trace.accelerator import CAST_INSIDE, taken_apart
from flopscope.trace.casting import autocast_included
from flopscope.trace.rules.table import overloads
from flopscope.trace.specs import op_name, schema_tags
from flopscope.trace.steps import is_composite
from flopscope.trace.stream import canonical
from tests.recording import Recording

pytestmark = pytest.mark.skipif(
    not torch.backends.cuda.is_built(), reason="torch was not built for CUDA"
)

QUICK = ("resnet18", "xcit_nano_12_p8_224")
OTHERS = (
    *(
        "resnet50",
        "efficientnet_b0",
        "swin_tiny_patch4_window7_224",
        "densenet121",
        "regnety_002",
        "mobilenetv3_large_100",
    ),
    *("tf_efficientnet_b0", "tf_mixnet_s", "convnext_tiny", "eca_nfnet_l0", "hrnet_w18_small"),
    *("vit_small_patch16_224", "beit_base_patch16_224", "convit_tiny", "coat_tiny", "volo_d1_224"),
    *("maxvit_tiny_rw_224", "edgenext_xx_small", "davit_tiny", "nest_tiny", "poolformer_s12"),
    *("mixer_s32_224", "halonet26t", "botnet26t_256"),
)
NAMES = (*QUICK, *(pytest.param(name, marks=pytest.mark.truth) for name in OTHERS))

APART = frozenset(overloads("expand_as", "view_as", "reshape_as", "type_as"))
"""Operators whose parts a trace records, for the sake of what is known."""


@pytest.fixture(autouse=True)
def _attention_in_parts() -> Iterator[None]:
    fused = bool(timm.layers.use_fused_attn())
    timm.layers.set_fused_attn(False)
    yield
    timm.layers.set_fused_attn(fused)


def built(name: str, mode: Mode) -> tuple[torch.nn.Module, torch.Tensor]:
    with building():
        model = timm.create_model(name).eval()
    images = torch.empty(2, *model.pretrained_cfg["input_size"], device="meta")
    return mode.prepared(model), mode.laid_out(images)


class Simulation(Recording):
    """Keeps every operator that a simulated GPU runs, where a trace would."""

    def __init__(self, mode: Mode) -> None:
        super().__init__()
        self._casts = mode.autocast is not None

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        if func is torch.ops.prim.device.default:
            return func(*args)
        if self._casts and func in CAST_INSIDE:
            with self, autocast_included():  # which torch turns off inside of a mode
                return taken_apart(func, args, kwargs)
        is_counted = costs.knows(op_name(func), schema_tags(func))
        if func in APART or (is_composite(func) and not is_counted):
            with self:
                return func.decompose(*args, **kwargs)
        return super().__torch_dispatch__(func, types, args, kwargs)


def simulated(name: str, mode: Mode) -> list[Operation]:
    torch._C._ensureCUDADeviceGuardSet()
    model, images = built(name, mode)
    with canonical(), mode.entered_in("device:cuda"), FakeTensorMode():
        _put_on_gpu(model)
        images = _on_gpu(images)
        with Simulation(mode) as simulation:
            model(images)
    return simulation.operations


def _put_on_gpu(model: torch.nn.Module) -> None:
    made: dict[int, torch.Tensor] = {}
    for _, module in module_paths(model):
        for table in (module._parameters, module._buffers):
            for name, tensor in table.items():
                if tensor is not None:
                    table[name] = made.setdefault(id(tensor), _on_gpu(tensor))


def _on_gpu(tensor: torch.Tensor) -> torch.Tensor:
    return torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device="cuda")


def described(operation: Operation) -> tuple[Any, ...]:
    tensors = (*operation.tensors(), *operation.outputs)
    return operation.op, operation.overload, tuple(map(_described, tensors))


def _described(tensor: TensorSpec) -> tuple[Any, ...]:
    """Without the strides of dimensions of one element, which lead nowhere."""
    strides = tensor.strides
    if strides is not None:
        pairs = zip(tensor.shape, strides, strict=True)
        strides = tuple(0 if size == 1 else stride for size, stride in pairs)
    return tensor.shape, tensor.dtype, strides


@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize("autocast", [None, "float16"])
@pytest.mark.parametrize("name", NAMES)
def test_types_and_layouts_are_those_of_a_simulated_gpu(name, autocast, channels_last):
    mode = Mode(autocast=autocast, channels_last=channels_last)
    model, images = built(name, mode)
    with mode.entered_in("device:cuda"):
        traced = trace(model, (images,), stream="device:cuda")
    found = [described(call.operation) for call in traced.calls]
    assert found == list(map(described, simulated(name, mode)))


@pytest.mark.parametrize("autocast", [None, "float16"])
@pytest.mark.parametrize("name", NAMES)
def test_the_macs_are_those_of_the_canonical_stream(name, autocast):
    mode = Mode(autocast=autocast)
    model, images = built(name, mode)
    with mode.entered_in("device:cuda"):
        there = tree.profile(trace(model, (images,), stream="device:cuda"))
    assert there.root.cost.macs == tree.profile(trace(model, (images,))).root.cost.macs
    assert there.uncounted == ()


def test_autocast_and_half_precision_are_not_the_same_stream():
    def calls(mode: Mode) -> int:
        model, images = built("resnet18", mode)
        given = images.to(model.conv1.weight.dtype)
        with mode.entered_in("device:cuda"):
            return len(trace(model, (given,), stream="device:cuda").calls)

    assert calls(Mode(dtype="float16")) == calls(Mode()) < calls(Mode(autocast="float16"))
