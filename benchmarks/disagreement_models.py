"""The models that other counters are asked about to explain what they say, and how each is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import product
from typing import Any

import torch
import transformers
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from benchmarks import transformers_inputs
from benchmarks.cases import Case, given, image
from benchmarks.transformers_models import configured, reduced
from examples.residual_block import NORMS, ResidualBlock
from flopscope.errors import FlopscopeError, InputError
from flopscope.load.inputs import Inputs
from flopscope.load.sources import Options, Source, resolve
from flopscope.load.target import parse_target
from flopscope.trace import trace

FEATURES = (2, 16, 64)
"""Sequences, positions and channels of what recurrent layers and attention are given."""


class UNet(nn.Module):
    """Two halvings of an image and two doublings by transposed convolutions, with skips."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.pool = nn.MaxPool2d(2)
        self.inward = _stage(3, width)
        self.below = _stage(width, 2 * width)
        self.bottom = _stage(2 * width, 4 * width)
        self.up_below = nn.ConvTranspose2d(4 * width, 2 * width, 2, stride=2)
        self.up_outward = nn.ConvTranspose2d(2 * width, width, 2, stride=2)
        self.out_below = _stage(4 * width, 2 * width)
        self.outward = _stage(2 * width, width)
        self.head = nn.Conv2d(width, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        first = self.inward(x)
        second = self.below(self.pool(first))
        third = self.bottom(self.pool(second))
        second = self.out_below(torch.cat([second, self.up_below(third)], dim=1))
        first = self.outward(torch.cat([first, self.up_outward(second)], dim=1))
        logits: Tensor = self.head(first)
        return logits


def _stage(given: int, made: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(given, made, 3, padding=1, bias=False),
        nn.BatchNorm2d(made),
        nn.ReLU(),
        nn.Conv2d(made, made, 3, padding="same", bias=False),
        nn.BatchNorm2d(made),
        nn.ReLU(),
    )


class Unrolled(nn.Module):
    """A recurrent cell called once for every position."""

    def __init__(self, cell: nn.Module) -> None:
        super().__init__()
        self.cell = cell

    def forward(self, x: Tensor) -> Tensor:
        state = None
        for step in x.unbind(1):
            state = self.cell(step, state)
        return state if isinstance(state, Tensor) else state[0]  # type: ignore[index]


class Packed(nn.Module):
    """A recurrent layer over sequences of different lengths."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.GRU(64, 32, num_layers=2, bidirectional=True, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        lengths = torch.tensor([x.shape[1], x.shape[1] // 2])
        packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True)
        return self.layer(packed)[1]


class Attention(nn.Module):
    """torch's attention: of a sequence to itself, or to another one."""

    def __init__(self, *, crosses: bool) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(64, 4, batch_first=True)
        self.crosses = crosses

    def forward(self, x: Tensor) -> Tensor:
        return self.attention(x.flip(1) if self.crosses else x, x, x)[0]


class Shared(nn.Module):
    """One block in three places, another called three times, and a third never called."""

    def __init__(self) -> None:
        super().__init__()
        block = nn.Sequential(nn.Linear(64, 64), nn.LayerNorm(64))
        self.left = nn.Sequential(block, nn.ReLU())
        self.right = nn.Sequential(block, nn.Sequential(block, nn.Tanh()))
        self.again = nn.Linear(64, 64)
        self.unused = nn.Linear(64, 64)

    def forward(self, x: Tensor) -> Tensor:
        x = self.left(x) + self.right(x)
        for _ in range(3):
            x = self.again(x)
        return x


class Mine(nn.Linear):
    """A class of its own, though all it does is its parent's."""


class Functions(nn.Module):
    """Work that no module does: products of tensors, einsum, functions with weights, unused."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(96, 64))
        self.mine = Mine(96, 64)

    def forward(self, x: Tensor) -> Tensor:
        y = nn.functional.linear(x, self.weight)
        scores = torch.einsum("bqc,bkc->bqk", y, y).softmax(-1)
        _unused = scores @ y @ y.transpose(-1, -2)
        y = self.mine(scores @ y)
        return y + torch.einsum("abc,cd,de->abe", x, self.weight.T, self.weight)


class Normalised(nn.Module):
    """Weights that are worked out anew at each call, by a hook and by parametrizations."""

    def __init__(self) -> None:
        super().__init__()
        self.old = nn.utils.weight_norm(nn.Conv1d(16, 32, 3))
        self.new = nn.utils.parametrizations.weight_norm(nn.Conv1d(32, 32, 3))
        self.spectral = spectral_norm(nn.Linear(60, 8))

    def forward(self, x: Tensor) -> Tensor:
        return self.spectral(self.new(self.old(x)))  # type: ignore[no-any-return]


def of_target(target: str) -> Case:
    """A model of a library with its weights, and the first of its usual inputs that it takes."""
    options = Options(rehearse=trace)

    def source() -> Source:
        return resolve(parse_target(target), options)

    def inputs(model: nn.Module) -> tuple[tuple[Any, ...], dict[str, Any]]:
        found = source().inputs
        assert found is not None
        return _first_accepted(model, iter(found(model, options)))

    return Case(lambda: source().build(), inputs)


def of_config(model_type: str, **settings: Any) -> Case:
    """A model of transformers with two layers of each kind, and sixteen tokens."""

    def build() -> nn.Module:
        config = reduced(configured(model_type, settings))
        model: nn.Module = transformers.AutoModel.from_config(config)
        return model

    def inputs(model: nn.Module) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return _first_accepted(model, transformers_inputs.candidates(model))

    return Case(build, inputs)


def _first_accepted(
    model: nn.Module, offered: Iterator[Inputs]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    refused: FlopscopeError = InputError("nothing is known that it takes")
    for inputs in offered:
        try:
            trace(model.eval(), *inputs.on("cpu"))
        except FlopscopeError as error:
            refused = error
        else:
            return inputs.on("cpu")
    raise refused


def _sequences(build: Callable[[], nn.Module]) -> Case:
    return Case(build, given(torch.randn(FEATURES)))


def _residual_blocks() -> Iterator[tuple[str, Case]]:
    for norm, stride in product(NORMS, (1, 2)):
        block = partial(ResidualBlock, norm_fn=norm, stride=stride)
        inputs = given(torch.randn(2, 384, 32, 32))
        yield f"ResidualBlock, {norm} norm, stride {stride}", Case(block, inputs)


_TARGETS = (
    *("resnet50", "vgg11_bn", "densenet121", "inception_v3", "googlenet", "squeezenet1_1"),
    *("shufflenet_v2_x1_0", "regnet_y_800mf", "mobilenet_v2", "mobilenet_v3_large", "mnasnet1_0"),
    *("efficientnet_b0", "convnext_tiny", "vit_b_16", "swin_t", "swin_v2_t", "maxvit_t"),
    *("deeplabv3_mobilenet_v3_large", "fcn_resnet50", "r3d_18", "s3d", "raft_small"),
)
_OF_TIMM = (
    *("vit_small_patch16_224", "swin_tiny_patch4_window7_224", "convmixer_768_32"),
    *("nf_resnet50", "xcit_nano_12_p16_224", "efficientvit_b0", "levit_128s", "mixer_s16_224"),
)

MODELS: Mapping[str, Case] = {
    **dict(_residual_blocks()),
    **{f"torchvision:{name}": of_target(f"torchvision:{name}") for name in _TARGETS},
    **{f"timm:{name}": of_target(f"timm:{name}") for name in _OF_TIMM},
    "U-Net with transposed convolutions": Case(UNet, given(image(96))),
    "nn.LSTM, 2 layers, both ways": _sequences(
        lambda: nn.LSTM(64, 32, num_layers=2, bidirectional=True, batch_first=True)
    ),
    "nn.LSTM with projections": _sequences(lambda: nn.LSTM(64, 32, proj_size=16)),
    "nn.GRU, 2 layers": _sequences(lambda: nn.GRU(64, 32, num_layers=2)),
    "nn.RNN without biases": _sequences(lambda: nn.RNN(64, 32, bias=False)),
    "nn.LSTM, a lone sequence": Case(lambda: nn.LSTM(64, 32), given(torch.randn(16, 64))),
    "nn.GRU, packed": Case(Packed, given(torch.randn(FEATURES))),
    "nn.LSTMCell": _sequences(lambda: Unrolled(nn.LSTMCell(64, 32))),
    "nn.GRUCell": _sequences(lambda: Unrolled(nn.GRUCell(64, 32))),
    "nn.RNNCell": _sequences(lambda: Unrolled(nn.RNNCell(64, 32))),
    "nn.MultiheadAttention to itself": _sequences(lambda: Attention(crosses=False)),
    "nn.MultiheadAttention to itself, frozen": _sequences(
        lambda: Attention(crosses=False).requires_grad_(requires_grad=False)
    ),
    "nn.MultiheadAttention to another": _sequences(lambda: Attention(crosses=True)),
    "nn.TransformerEncoderLayer": _sequences(
        lambda: nn.TransformerEncoderLayer(64, 4, 128, batch_first=True)
    ),
    "nn.TransformerEncoder": _sequences(
        lambda: nn.TransformerEncoder(nn.TransformerEncoderLayer(64, 4, 128), 2)
    ),
    "nn.TransformerDecoderLayer": Case(
        lambda: nn.TransformerDecoderLayer(64, 4, 128), given(*torch.randn(2, *FEATURES))
    ),
    "nn.Transformer": Case(
        lambda: nn.Transformer(64, 4, 2, 2, 128, batch_first=True),
        given(*torch.randn(2, *FEATURES)),
    ),
    "a block in several places": _sequences(Shared),
    "functions outside of modules": _sequences(Functions),
    "weights that are normalised": Case(Normalised, given(torch.randn(2, 16, 64))),
    "lazy layers": Case(
        lambda: nn.Sequential(nn.LazyConv2d(8, 3), nn.Flatten(), nn.LazyLinear(5)),
        given(image(16)),
    ),
    **{
        f"transformers: {name}": of_config(name)
        for name in ("bert", "gpt2", "t5", "whisper", "albert", "mamba", "deberta-v2", "wav2vec2")
    },
    "transformers: llama, small": of_config("llama", hidden_size=512, intermediate_size=1024),
    "transformers: mixtral, small": of_config(
        "mixtral", hidden_size=512, intermediate_size=1024, num_attention_heads=8
    ),
}
