"""Inputs for models of diffusers, made from the signature of their forward and their config."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from flopscope.load.inputs import Inputs
from flopscope.load.sources.diffusers.case import Case

FRAMES = 9
"""Of a latent video, or of a whole one: one and a multiple of four, as their encoders take them."""

SAMPLES = 2**15
"""Of a sound."""

STEP = 500
"""A step of the schedule, about half way."""

SHRINKING = 8
"""Pixels to a side of one latent, as ControlNets reduce their picture."""

LAYOUTS = 24
"""How many ways to lay out the inputs are tried."""

WIDTHS = (
    *("encoder_hid_dim", "caption_channels", "joint_attention_dim", "text_dim", "text_embed_dim"),
    *("cap_feat_dim", "cross_attention_input_dim", "text_states_dim", "in_text_dim"),
    *("text_hidden_dim", "condition_dim", "cross_attention_dim", "caption_dim"),
)
"""What configs call the width of the prompt's embedding, the first projection of it in front."""


SPARED = ("encoder_attention_mask", "encoder_hidden_states_mask")
"""What is given only where the model can't do without."""

Made: TypeAlias = "Sequence[Any]"
"""Values that could be meant, the likeliest first; None where the parameter is left out."""


def candidates(case: Case) -> Iterator[Inputs]:
    """Keyword arguments to try a model with, the likeliest layout first."""
    made = {name: MAKERS[name](case) for name in case.parameters if _is_given(case, name)}
    seen: set[str] = set()
    for values in itertools.islice(itertools.product(*made.values()), LAYOUTS):
        kwargs = {
            name: value for name, value in zip(made, values, strict=True) if value is not None
        }
        told = ", ".join(_shapes(kwargs))
        if told not in seen:
            seen.add(told)
            note = f"input: made from the config of {type(case.model).__name__}: {told}"
            yield Inputs((), kwargs, (note,), is_batched=True)


def _is_given(case: Case, name: str) -> bool:
    return name in MAKERS and (name not in SPARED or case.is_required(name))


def _shapes(kwargs: Mapping[str, Any]) -> Iterator[str]:
    for name, value in kwargs.items():
        if isinstance(value, Mapping):
            yield from _shapes(value)
        else:
            yield f"{name} {'x'.join(map(str, getattr(value, 'shape', [value])))}"


def _latents(case: Case) -> Made:
    """A picture, a video with its channels before or behind its frames, tokens, or a sound."""
    batch, (height, width) = case.batch, case.side
    channels = case.integer("in_channels", "num_channels", default=3)
    frames = case.integer("sample_frames", "sample_num_frames", default=FRAMES)
    picture = case.floats(batch, channels, height, width)
    tokens = case.floats(batch, (height // 2) * (width // 2), channels)
    packed = [tokens] if "img_ids" in case.parameters or "img_shapes" in case.parameters else []
    return [
        *packed,
        picture,
        case.floats(batch, channels, frames, height, width),
        case.floats(batch, frames, channels, height, width),
        case.floats(batch * frames, channels, height, width),
        tokens,
        case.floats(batch, channels, SAMPLES),
        case.floats(batch, case.integer("audio_channels", default=2), SAMPLES),
    ]


def _step(case: Case) -> Made:
    import torch

    return [torch.full((case.batch,), STEP)]


def _prompt(case: Case) -> Made:
    return [case.floats(case.batch, case.tokens, case.integer(*WIDTHS, default=768))]


def _prompt_mask(case: Case) -> Made:
    import torch

    return [torch.ones(case.batch, case.tokens, dtype=torch.long)]


def _pooled(case: Case) -> Made:
    return [case.floats(case.batch, case.integer("pooled_projection_dim", default=768))]


def _axes(case: Case) -> int:
    return len(case.find("axes_dims_rope", "axes_dim") or (0, 0, 0))


def _picture_places(case: Case) -> Made:
    import torch

    places = torch.zeros((case.side[0] // 2) * (case.side[1] // 2), _axes(case))
    return [places, places.repeat(case.batch, 1, 1)]


def _prompt_places(case: Case) -> Made:
    import torch

    places = torch.zeros(case.tokens, _axes(case))
    return [places, places.repeat(case.batch, 1, 1)]


def _guidance(case: Case) -> Made:
    return [case.floats(case.batch) if case.find("guidance_embeds") else None]


def _classes(case: Case) -> Made:
    import torch

    told = case.find("num_class_embeds", "class_embed_type")
    is_wanted = told or case.find("norm_type") == "ada_norm_zero"
    return [torch.zeros(case.batch, dtype=torch.long) if is_wanted else None]


def _added(case: Case) -> Made:
    """What is known of a picture beside its prompt: its size, and the prompt as one vector."""
    if case.find("addition_embed_type") == "text_time":
        each = case.integer("addition_time_embed_dim", default=256)
        width = case.integer("projection_class_embeddings_input_dim", default=6 * each) - 6 * each
        time_ids = case.floats(case.batch, 6)
        return [{"text_embeds": case.floats(case.batch, width), "time_ids": time_ids}]
    if hasattr(case.model, "use_additional_conditions"):
        if not case.model.use_additional_conditions:
            return [{"resolution": None, "aspect_ratio": None}]
        ratio = case.floats(case.batch, 1)
        return [{"resolution": case.floats(case.batch, 2), "aspect_ratio": ratio}]
    return [None]


def _time_ids(case: Case) -> Made:
    each = case.integer("addition_time_embed_dim", default=256)
    width = case.integer("projection_class_embeddings_input_dim", default=3 * each)
    return [case.floats(case.batch, width // each)]


def _control(case: Case) -> Made:
    """The picture that steers: in pixels, or in latents as what it steers is."""
    channels = case.find("conditioning_channels")
    if channels is None:
        return _latents(case)
    height, width = (SHRINKING * side for side in case.side)
    return [case.floats(case.batch, channels, height, width)]


def _size(case: Case) -> Made:
    return [case.floats(case.batch, 2)]


MAKERS: Mapping[str, Callable[[Case], Made]] = {
    **dict.fromkeys(("sample", "hidden_states"), _latents),
    **dict.fromkeys(("timestep", "timesteps", "timestep_ratio"), _step),
    "encoder_hidden_states": _prompt,
    **dict.fromkeys(("encoder_attention_mask", "encoder_hidden_states_mask"), _prompt_mask),
    "pooled_projections": _pooled,
    "img_ids": _picture_places,
    "txt_ids": _prompt_places,
    "guidance": _guidance,
    "class_labels": _classes,
    "added_cond_kwargs": _added,
    "added_time_ids": _time_ids,
    "controlnet_cond": _control,
    **dict.fromkeys(("original_size", "target_size", "crop_coords"), _size),
}
"""By the name of a parameter: what could be meant by it, the likeliest first."""
