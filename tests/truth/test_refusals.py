"""Models of libraries that refuse an input say what does not fit, and which input they take."""

from __future__ import annotations

import pytest

pytest.importorskip("timm", reason="timm is not installed")
pytest.importorskip("torchvision", reason="torchvision is not installed")
pytest.importorskip("transformers", reason="transformers is not installed")

import timm
import torch
import torchvision
import transformers
from torch import nn

import flopscope
from flopscope.errors import TraceError


def bert():
    return transformers.BertModel(
        transformers.BertConfig(
            hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32
        )
    )


CASES = {
    "resnet18": (
        torchvision.models.resnet18,
        torch.zeros(1, 4, 224, 224),
        "conv1 (Conv2d) expects 3 channels, got 4 (1×4×224×224)",
        "1×3×224×224 float32",
    ),
    "vit_b_16": (
        torchvision.models.vit_b_16,
        torch.zeros(1, 3, 200, 200),
        "Wrong image height! Expected 224 but got 200!",
        "1×3×224×224 float32",
    ),
    "swin": (
        lambda: timm.create_model("swin_tiny_patch4_window7_224"),
        torch.zeros(1, 3, 300, 300),
        "Input height (300) doesn't match model (224).",
        "1×3×224×224 float32",
    ),
    # 512 positions, and token numbers are integers: the defaults of transformers.BertConfig.
    "bert, too long": (
        bert,
        torch.zeros(1, 600, dtype=torch.int64),
        "embeddings (BertEmbeddings) failed in ",
        "1×512 int64",
    ),
    "bert, floats": (
        bert,
        torch.zeros(1, 60),
        "embeddings.word_embeddings (Embedding) takes whole numbers, int64 or int32, and got",
        "1×60 int64",
    ),
    "bert, beyond the vocabulary": (
        bert,
        torch.full((1, 60), 30522),
        "embeddings.word_embeddings (Embedding) has 30522 rows, and an index is 30522",
        "1×60 int64 with numbers from 0 to 30521",
    ),
    "lstm": (
        lambda: nn.LSTM(8, 4),
        torch.zeros(5, 1, 9),
        "LSTM expects 8 features, got 9 (5×1×9)",
        "5×1×8 float32",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_an_input_that_is_refused_is_answered_with_one_that_is_taken(name):
    make, given, message, accepted = CASES[name]
    with torch.device("meta"):
        model = make().eval()

    with pytest.raises(TraceError) as caught:
        flopscope.profile(model, given)

    assert message in caught.value.message
    assert caught.value.hint == f"it takes an input of {accepted}"
