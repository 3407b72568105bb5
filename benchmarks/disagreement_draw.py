"""Models that were drawn by lot before other counters were asked about any of them.

    python -m benchmarks.disagreement_draw    # draws over again

What a library lists of its own accord is its population, in an order drawn by lot; the models are
the first of it, and those of a further draw the next, that have at most so many parameters that
every counter can run them here. Those of ``disagreement_models`` are left out. A model of
transformers has two layers of each kind.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice

import timm
import torchvision
from torch import nn

from benchmarks.children import said
from benchmarks.disagreement_models import MODELS, of_config, of_target
from benchmarks.transformers_models import default_config, model_types, reduced, without_weights
from flopscope.load.sources import resolve
from flopscope.load.target import parse_target
from flopscope.trace import building

PER_DRAW: Mapping[str, int] = {"timm": 8, "torchvision": 4, "hf": 8}
MOST_PARAMS = 300_000_000

FIRST: Sequence[str] = (
    *("timm:coatnet_rmlp_0_rw_224", "timm:lcnet_050", "timm:hrnet_w48", "timm:gernet_m"),
    *("timm:vit_base_patch16_siglip_gap_512", "timm:vit_small_patch16_384"),
    *("timm:mobilenetv2_035", "timm:nfnet_f1"),
    *("torchvision:densenet161", "torchvision:convnext_base", "torchvision:mvit_v2_s"),
    *("torchvision:squeezenet1_0",),
    *("hf:imagegpt", "hf:data2vec-audio", "hf:m2m_100", "hf:roformer"),
    *("hf:qwen3_asr_encoder", "hf:mobilenet_v2", "hf:omniasr", "hf:pp_ocrv5_server_rec"),
)
SECOND: Sequence[str] = (
    *("timm:resnetv2_18", "timm:vit_base_patch16_18x2_224", "timm:ese_vovnet39b_evos"),
    *("timm:tf_efficientnet_em", "timm:mobilevitv2_050", "timm:vit_base_patch16_rpn_224"),
    *("timm:vit_base_patch16_dinov3", "timm:gmixer_12_224"),
    *("torchvision:convnext_large", "torchvision:swin3d_b", "torchvision:resnet101"),
    *("torchvision:resnext101_64x4d",),
    *("hf:smolvlm_vision", "hf:gpt_neox_japanese", "hf:encodec", "hf:paddleocr_vl"),
    *("hf:nemotron3_5_transcribe_audio", "hf:xlnet", "hf:deimv2", "hf:megatron-bert"),
)
THIRD: Sequence[str] = (
    *("timm:xcit_tiny_24_p16_384", "timm:mobileone_s1", "timm:regnetx_002"),
    *("timm:gemma4_vit_167m", "timm:iformer_l2_distilled", "timm:xcit_tiny_12_p8_224"),
    *("timm:mobilenetv3_large_150d", "timm:efficientformer_l7"),
    *("torchvision:retinanet_resnet50_fpn_v2", "torchvision:fcn_resnet101"),
    *("torchvision:shufflenet_v2_x1_5", "torchvision:vit_b_32"),
    *("hf:sam3_video", "hf:nemotron_asr_streaming", "hf:xglm", "hf:grounding-dino"),
    *("hf:moonshine", "hf:mpnet", "hf:siglip2_vision_model", "hf:sam2_video"),
)

DRAWS = {
    name: {
        target: of_config(target[3:]) if target.startswith("hf:") else of_target(target)
        for target in targets
    }
    for name, targets in (("first draw", FIRST), ("second draw", SECOND), ("third draw", THIRD))
}

_POPULATIONS: Mapping[str, Callable[[], Sequence[str]]] = {
    "timm": timm.list_models,
    "torchvision": torchvision.models.list_models,
    "hf": model_types,
}


def drawn(library: str) -> Iterator[str]:
    """The models of a library that are small enough, in the order of the lot."""
    names = sorted(set(_POPULATIONS[library]()) - set(_known(library)))
    random.Random(f"disagreements of {library}").shuffle(names)
    for name in names:
        try:
            elements = sum(parameter.numel() for parameter in _without_weights(library, name))
        except Exception as error:
            print(f"passed over: {library}:{name} ({said(error)})")
            continue
        if elements > MOST_PARAMS:
            print(f"passed over: {library}:{name} ({elements / 1e6:.0f} M parameters)")
            continue
        yield f"{library}:{name}"


def _known(library: str) -> Iterator[str]:
    prefix = "transformers: " if library == "hf" else f"{library}:"
    for model in MODELS:
        if model.startswith(prefix):
            yield model.removeprefix(prefix).removesuffix(", small")


def _without_weights(library: str, name: str) -> Iterator[nn.Parameter]:
    if library == "hf":
        return without_weights(reduced(default_config(name))).parameters()
    with building():
        return resolve(parse_target(f"{library}:{name}")).build().parameters()


def main() -> None:
    """Print all draws."""
    for library, count in PER_DRAW.items():
        names = list(islice(drawn(library), len(DRAWS) * count))
        for place, draw in enumerate(DRAWS):
            print(draw, names[place * count : (place + 1) * count])


if __name__ == "__main__":
    main()
