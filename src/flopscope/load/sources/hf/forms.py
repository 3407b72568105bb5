"""A model's signature to the lists of parameters that may be given together."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from flopscope.load.sources.hf.case import Case

TEXT = ("input_ids",)
VISION = ("pixel_values", "image_pixel_values")
AUDIO = ("input_features", "input_values", "audio_input_features")
INSTEAD = ("flattened_patches", "states", "past_values", "pixel_values_videos", "visual_feats")

COMBINED = (
    (*TEXT, *VISION, *AUDIO),
    (*TEXT, *VISION),
    (*TEXT, *AUDIO),
    ("pixel_values_videos", *AUDIO),
    INSTEAD,
    (),
)
"""Which inputs to give together: all modalities, fewer of them, and last what is required alone."""

COMPANIONS: Mapping[str, Collection[str]] = {
    "pixel_values": (
        *("image_grid_thw", "grid_thw", "image_grid_hw", "image_sizes", "spatial_shapes"),
        *("pixel_attention_mask", "target_sizes", "image_position_ids", "aspect_ratio_ids"),
        *("aspect_ratio_mask", "pixel_position_ids", "image_merge_sizes", "merge_sizes"),
        *("input_points", "image_attention_mask"),
    ),
    "input_features": ("input_features_mask", "feature_attention_mask"),
    "input_values": ("input_values_mask",),
    "states": ("actions", "rewards", "returns_to_go", "timesteps"),
    "visual_feats": ("visual_pos",),
    "flattened_patches": ("image_embeds_position_mask",),
    "past_values": ("past_values_padding", "freq"),
}
"""What has to be given along with an input where the signature has it."""

ALWAYS = ("decoder_input_ids", "decoder_input_values", "bbox", "mm_token_type_ids")
"""What is given wherever the signature has it."""


def forms(case: Case, makeable: Collection[str]) -> list[list[str]]:
    """The lists of parameters to give, the richest first.

    Args:
        case: what inputs are made for.
        makeable: the parameters that something is known of.
    """
    found: list[list[str]] = []
    for names in _combinations(case, makeable):
        form = [name for name in names if name in makeable]
        bare = [name for name in form if name not in ALWAYS or name == "decoder_input_ids"]
        found += [each for each in (form, bare) if each and each not in found]
    if case.has("encoder_hidden_states") and found:
        found.append([*found[-1], "encoder_hidden_states"])
    return found


def _combinations(case: Case, makeable: Collection[str]) -> Iterator[list[str]]:
    required = _required(case)
    main = [name for name in case.main if case.has(name) and name in makeable]
    for chosen in COMBINED:
        given = [name for name in chosen if case.has(name)]
        if chosen and not given:
            continue
        names = list(dict.fromkeys([*required, *main, *given]))
        for name in (*main, *given):
            names += [other for other in COMPANIONS.get(name, ()) if case.has(other)]
        names += [name for name in ALWAYS if case.has(name)]
        yield list(dict.fromkeys(names))


def _required(case: Case) -> list[str]:
    return [
        name
        for name, parameter in case.parameters.items()
        if parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
    ]
