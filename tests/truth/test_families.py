"""Models by name, given nothing else, come to what is published of them or follows from it.

``benchmarks/families.py`` has forty more, in ``docs/families.md``.
"""

from __future__ import annotations

import pytest

pytest.importorskip("transformers", reason="transformers is not installed")
pytest.importorskip("timm", reason="timm is not installed")
pytest.importorskip("torchvision", reason="torchvision is not installed")

from flopscope.request import Request
from flopscope.targeting import profile_target

PARAMS = {
    "timm:resnet50": 25_557_032,  # torchvision's num_params of the same network
    "torchvision:resnet50": 25_557_032,
    "hf:gpt2": 124_439_808,  # 50257 and 1024 embeddings of 768, 12 layers of 12 x 768^2 + 13 x 768
    "hf:bert": 109_482_240,  # bert-base-uncased without a head
    "hf:t5": 60_506_624,  # t5-small
    "hf:mamba": 50280 * 768  # embeddings, tied
    + 32 * (2 * 768 * 1536 + 1536 * 5 + 1536 * 80 + 48 * 1536 + 1536 * 18 + 1536 * 768 + 768)
    + 768,
    "hf:vit": 86_389_248,  # ViT-B/16 without its head, with a pooler
    "hf:wav2vec2": 94_371_712,  # wav2vec2-base without a head
    "hf:clip": 151_277_313,  # ViT-B/32 of OpenAI
}
"""Params by target."""


@pytest.mark.parametrize("target", PARAMS)
def test_a_name_is_enough(target: str) -> None:
    report = profile_target(Request(target, time=False))
    assert report.params == PARAMS[target]
    assert report.uncounted == ()
    assert report.macs > 0
    assert any(note.startswith("input: ") for note in report.notes)
