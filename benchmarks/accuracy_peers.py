"""A sample of models that other counters are asked about, with weights, since they run them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise

import timm
import torch
import torchvision
import transformers
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from flopscope import tree
from flopscope.counters import read
from flopscope.trace import trace


class LanguageModel(nn.Module):
    """An embedding, two recurrent layers and a head."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(10_000, 400)
        self.recurrent = nn.LSTM(400, 400, num_layers=2, batch_first=True)
        self.head = nn.Linear(400, 10_000)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        states, _ = self.recurrent(self.embedding(tokens))
        logits: torch.Tensor = self.head(states)
        return logits


class Decoder(nn.Module):
    """Transposed convolutions from a small map of features to an image, as a U-Net ends."""

    def __init__(self) -> None:
        super().__init__()
        widths = (512, 256, 128, 64)
        self.steps = nn.Sequential(
            *(nn.ConvTranspose2d(a, b, 2, stride=2) for a, b in pairwise(widths))
        )

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        image: torch.Tensor = self.steps(features)
        return image


def mixture() -> nn.Module:
    """A mixture of experts of Mixtral's kind, small enough to run."""
    config = transformers.MixtralConfig(
        vocab_size=8000,
        hidden_size=512,
        intermediate_size=1792,
        num_hidden_layers=4,
        num_attention_heads=8,
        num_key_value_heads=2,
    )
    model: nn.Module = transformers.AutoModelForCausalLM.from_config(config)
    return model


def encoder() -> nn.Module:
    """torch's own transformer, which has a fused path in inference."""
    layer = nn.TransformerEncoderLayer(256, 8, 1024, batch_first=True)
    return nn.TransformerEncoder(layer, num_layers=4)


IMAGE = (1, 3, 224, 224)
TOKENS = (1, 128)
MODELS: Mapping[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "torchvision resnet50": (torchvision.models.resnet50, IMAGE),
    "torchvision mobilenet_v3_large": (torchvision.models.mobilenet_v3_large, IMAGE),
    "torchvision densenet121": (torchvision.models.densenet121, IMAGE),
    "torchvision convnext_tiny": (torchvision.models.convnext_tiny, IMAGE),
    "torchvision swin_t": (torchvision.models.swin_t, IMAGE),
    "torchvision vit_b_16": (torchvision.models.vit_b_16, IMAGE),
    "torchvision r3d_18": (torchvision.models.video.r3d_18, (1, 3, 16, 112, 112)),
    "timm convmixer_768_32": (lambda: timm.create_model("convmixer_768_32"), IMAGE),
    "timm nf_resnet50": (lambda: timm.create_model("nf_resnet50"), (1, 3, 256, 256)),
    "timm xcit_nano_12_p16": (lambda: timm.create_model("xcit_nano_12_p16_224"), IMAGE),
    "transposed convolutions": (Decoder, (1, 512, 28, 28)),
    "LSTM language model": (LanguageModel, TOKENS),
    "torch.nn.TransformerEncoder": (encoder, (1, 128, 256)),
    "transformers GPT-2": (
        lambda: transformers.GPT2LMHeadModel(transformers.GPT2Config()),
        TOKENS,
    ),
    "transformers BERT": (lambda: transformers.BertModel(transformers.BertConfig()), TOKENS),
    "transformers Mixtral, small": (mixture, TOKENS),
}
"""How each is made, and the shape of its input: token numbers where it has two dimensions."""


def peers(say: Callable[[str], None]) -> Iterator[list[str]]:
    """For each model its multiply-accumulates, and what every other counter makes of them."""
    for name, (make, shape) in MODELS.items():
        say(name)
        model = make().eval()
        tokens = shape == TOKENS
        given = torch.zeros(shape, dtype=torch.int64) if tokens else torch.randn(shape)
        macs = tree.profile(trace(model, (given,))).root.cost.macs
        cells = [
            _cell(read(counter, model, (given,)).value, macs) for counter in ("thop", "fvcore")
        ]
        yield [name, f"{macs / 1e9:.3f}", *cells, _cell(_torch_macs(model, given), macs)]


def _torch_macs(model: nn.Module, *args: torch.Tensor) -> int:
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(*args)
    return int(counter.get_total_flops()) // 2


def _cell(theirs: int | None, ours: int) -> str:
    if theirs is None:
        return "failed"
    return f"{theirs / 1e9:.3f} ({theirs / ours - 1:+.1%})"
