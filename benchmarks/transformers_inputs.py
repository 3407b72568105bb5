"""Inputs for any transformers model, made from the signature of its forward and from its config.

What no signature tells is how the tensors of an input are laid out: a spectrogram may be bins by
frames or frames by bins. So there are several candidates for most models, likeliest first, and the
one that is meant is the first that the model runs on.
"""

from __future__ import annotations

import inspect
import itertools
import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from transformers import PretrainedConfig

from flopscope.errors import TraceError
from flopscope.trace import trace

TOKENS = 16
FRAMES = 128
SAMPLES = 15_360  # whole frames for every hop length in use
GRID = (1, 8, 8)
MODEST = 224
CANDIDATES = 24

Inputs = dict[str, Any]


def candidates(model: nn.Module) -> Iterator[Inputs]:
    """Keyword arguments to try a model with: all the modalities that it takes, then fewer."""
    task = Task(model, PlainConfig(model.config))
    seen: set[Any] = set()
    for names in _forms(task):
        alternatives = [MAKERS[name](task) for name in names]
        for values in itertools.islice(itertools.product(*alternatives), CANDIDATES):
            inputs = _consistent(dict(zip(names, values, strict=True)))
            layout = tuple((name, value.shape, value.dtype) for name, value in inputs.items())
            if layout not in seen:
                seen.add(layout)
                yield _with_placeholders(task, inputs)


@dataclass(frozen=True)
class PlainConfig:
    """A config and those inside it, searched by attribute."""

    config: PretrainedConfig

    def all(self) -> Iterator[Any]:
        """This config, then those of its parts."""
        yield from parts(self.config)

    def find(self, *names: str, default: Any = None) -> Any:
        """The first of these attributes that this config has, or else one inside it."""
        for config in self.all():
            for name in names:
                value = vars(config).get(name)
                if value is not None:
                    return value
        return default

    def inside(self, *words: str) -> PlainConfig:
        """The part whose name has one of these words in it, or else this config."""
        for word in words:
            for name, value in vars(self.config).items():
                if word in name and isinstance(value, PretrainedConfig):
                    return PlainConfig(value)
        for value in vars(self.config).values():
            if isinstance(value, PretrainedConfig) and PlainConfig(value).has_part(*words):
                return PlainConfig(value).inside(*words)
        return self

    def has_part(self, *words: str) -> bool:
        return any(
            word in name and isinstance(value, PretrainedConfig)
            for name, value in vars(self.config).items()
            for word in words
        )


def parts(config: Any) -> Iterator[Any]:
    """A config and every config inside it."""
    yield config
    for value in vars(config).values():
        if isinstance(value, PretrainedConfig):
            yield from parts(value)


@dataclass(frozen=True)
class Task:
    """What inputs are made for."""

    model: nn.Module
    config: PlainConfig

    @property
    def parameters(self) -> dict[str, inspect.Parameter]:
        return dict(inspect.signature(self.model.forward).parameters)

    @property
    def vision(self) -> PlainConfig:
        return self.config.inside("vision", "image", "backbone", "visual")

    @property
    def audio(self) -> PlainConfig:
        return self.config.inside("audio", "speech", "sound", "acoustic")

    @property
    def text(self) -> PlainConfig:
        return self.config.inside("text", "decoder", "language", "llm")

    @property
    def main(self) -> list[str]:
        name = self.model.main_input_name
        return list(name) if isinstance(name, (list, tuple)) else [str(name)]


TEXT = ("input_ids",)
VISION = ("pixel_values", "image_pixel_values")
AUDIO = ("input_features", "input_values", "audio_input_features")
COMPANIONS = {
    "pixel_values": (
        *("image_grid_thw", "grid_thw", "image_grid_hw", "image_sizes", "spatial_shapes"),
        *("pixel_attention_mask", "target_sizes", "image_position_ids", "aspect_ratio_ids"),
        *("aspect_ratio_mask", "pixel_position_ids", "image_merge_sizes", "merge_sizes"),
        *("input_points", "image_attention_mask"),
    ),
    "input_features": ("input_features_mask", "feature_attention_mask"),
    "input_values": ("input_values_mask",),
}
"""What has to be given along with an input where the signature has it."""
ALWAYS = ("decoder_input_ids", "decoder_input_values", "bbox", "mm_token_type_ids")
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
PARTNERS = {
    "states": ("actions", "rewards", "returns_to_go", "timesteps"),
    "visual_feats": ("visual_pos",),
    "flattened_patches": ("image_embeds_position_mask",),
    "past_values": ("past_values_padding", "freq"),
}


def _forms(task: Task) -> list[list[str]]:
    """The lists of parameters to give, richest first."""
    offered = task.parameters
    required = [
        name
        for name, parameter in offered.items()
        if parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
    ]
    main = [name for name in task.main if name in offered and name in MAKERS]
    forms = []
    for chosen in COMBINED:
        given = [name for name in chosen if name in offered]
        if chosen and not given:
            continue
        names = dict.fromkeys([*required, *main, *given])
        for name in list(names):
            if name in main or name in given:
                wanted = (*COMPANIONS.get(name, ()), *PARTNERS.get(name, ()))
                names.update(dict.fromkeys(other for other in wanted if other in offered))
        names.update(dict.fromkeys(name for name in ALWAYS if name in offered))
        form = [name for name in names if name in MAKERS]
        if form and form not in forms:
            forms.append(form)
        bare = [name for name in form if name not in ALWAYS or name == "decoder_input_ids"]
        if bare and bare not in forms:
            forms.append(bare)
    if "encoder_hidden_states" in offered and forms:
        forms.append([*forms[-1], "encoder_hidden_states"])
    return forms


def _consistent(inputs: Inputs) -> Inputs:
    """Without the parameters that don't go with the layout of the others."""
    kept = {name: value for name, value in inputs.items() if value is not None}
    pixels = kept.get("pixel_values")
    if pixels is not None and pixels.ndim == 4 and "image_sizes" in kept:
        height, width = pixels.shape[-2:]
        kept["image_sizes"] = torch.tensor([[height, width]] * pixels.shape[0])
    features = kept.get("input_features")
    for name in ("input_features_mask", "feature_attention_mask"):
        if features is not None and name in kept:
            frames = max(features.shape[1:]) if features.ndim == 3 else features.shape[0]
            kept[name] = kept[name][:, :1].expand(features.shape[0], frames).clone()
    return kept


_PRODUCT = re.compile(r"\d+(?:x|, )(\d+)\]? (?:X|and) \[?(\d+)(?:x|, )\d+")
_SUM = re.compile(r"size of tensor a \((\d+)\) must match the size of tensor b \((\d+)\)")
_SUM_ON_META = re.compile(
    r"dimension of length (\d+) at -1!.* broadcastable to \[(?:\d+, )*(\d+)\]"
)


def repaired(inputs: Inputs, message: str) -> Iterator[Inputs]:
    """Inputs with as many features as a model's first layer said that it takes, in its error."""
    found = _PRODUCT.search(message) or _SUM.search(message)
    on_meta = _SUM_ON_META.search(message)
    if found is not None:
        given, wanted = map(int, found.groups())
    elif on_meta is not None:
        wanted, given = map(int, on_meta.groups())
    else:
        return
    for name, value in reversed(inputs.items()):
        if value.is_floating_point() and value.shape[-1] == given:
            yield {**inputs, name: torch.randn(*value.shape[:-1], wanted)}


class _Part(nn.Module):
    """One method of a model, to be traced: tells how many tokens its features stand for."""

    def __init__(self, model: nn.Module, method: str, tell: Callable[[int], None]) -> None:
        super().__init__()
        self.model = model
        self.method = method
        self.tell = tell

    def forward(self, **inputs: Any) -> None:
        self.tell(_rows(getattr(self.model, self.method)(**inputs)))


def _rows(features: Any) -> int:
    """How many tokens some features stand for."""
    pooled = getattr(features, "pooler_output", None)
    found = pooled if pooled is not None else getattr(features, "last_hidden_state", features)
    if isinstance(found, torch.Tensor):
        return math.prod(found.shape[:-1])
    return sum(_rows(feature) for feature in found)


PLACEHOLDERS = {
    "get_image_features": (
        ("pixel_values", "image_grid_thw", "image_sizes", "pixel_attention_mask"),
        ("image_token_id", "image_token_index", "image_patch_id", "im_patch_id", "media_token_id"),
    ),
    "get_audio_features": (
        ("input_features", "input_features_mask", "feature_attention_mask", "input_values"),
        ("audio_token_id", "audio_token_index", "audio_soft_token_id"),
    ),
}
"""By the method that makes features in the place of tokens: what it takes, and those tokens."""


def _with_placeholders(task: Task, inputs: Inputs) -> Inputs:
    """The inputs with as many placeholder tokens in ``input_ids`` as there are features."""
    if "input_ids" not in inputs or len(inputs) == 1:
        return inputs
    pieces = [inputs["input_ids"]]
    kinds = [torch.zeros_like(inputs["input_ids"])]
    for method, (names, tokens) in PLACEHOLDERS.items():
        token = task.config.find(*tokens)
        if token is None or names[0] not in inputs or not hasattr(task.model, method):
            continue
        count = _feature_count(task.model, method, inputs)
        pieces.insert(1, torch.full((1, count), int(token)))
        kinds.insert(1, torch.ones(1, count, dtype=torch.long))
    filled = {**inputs, "input_ids": torch.cat(pieces, 1)}
    if "mm_token_type_ids" in inputs:
        filled["mm_token_type_ids"] = torch.cat(kinds, 1)
    return filled


def _feature_count(model: nn.Module, method: str, inputs: Inputs) -> int:
    accepted = inspect.signature(getattr(model, method)).parameters
    given = {name: inputs[name] for name in inputs if name in accepted and name != "input_ids"}
    told: list[int] = []
    try:
        trace(_Part(model, method, told.append), (), given)
    except TraceError:
        return 0
    return told[0]


Maker = Callable[[Task], Sequence[Any]]
MAKERS: dict[str, Maker] = {}
"""By the name of a parameter: the tensors that could be meant by it."""


def _makes(*names: str) -> Callable[[Maker], Maker]:
    def enter(maker: Maker) -> Maker:
        MAKERS.update(dict.fromkeys(names, maker))
        return maker

    return enter


@_makes("input_ids", "decoder_input_ids", "qformer_input_ids")
def _tokens(task: Task) -> Sequence[Any]:
    """Tokens of every vocabulary: neither the lowest nor the highest, which often are special."""
    sizes = [vars(part).get("vocab_size") for part in task.config.all()]
    vocabulary = min((size for size in sizes if isinstance(size, int) and size > 1), default=100)
    low, high = vocabulary // 4, max(vocabulary // 2, vocabulary // 4 + 1)
    ids = torch.arange(TOKENS) % (high - low) + low
    books = task.config.find("num_codebooks", "num_quantizers")
    if books is None and task.config.has_part("decoder"):
        books = task.config.inside("decoder").find("num_channels")
    plain = ids.reshape(1, TOKENS)
    if not isinstance(books, int):
        return [plain]
    beside = [plain[..., None].expand(1, TOKENS, count).clone() for count in (books, books + 1)]
    return [plain, *beside]


@_makes("task_inputs", "classes_input_ids", "tasks_input_ids")
def _labels(task: Task) -> Sequence[Any]:
    length = task.config.find("task_seq_len", default=TOKENS)
    return [torch.full((1, length), 5)]


@_makes("classes_attention_mask", "tasks_attention_mask", "qformer_attention_mask")
def _all_attended(_task: Task) -> Sequence[Any]:
    return [torch.ones(1, TOKENS, dtype=torch.long)]


@_makes("classes_structure")
def _one_class(_task: Task) -> Sequence[Any]:
    return [torch.tensor([1])]


@_makes("bbox")
def _boxes(_task: Task) -> Sequence[Any]:
    return [torch.tensor([1, 2, 3, 4]).expand(1, TOKENS, 4).clone()]


@_makes("mm_token_type_ids")
def _token_kinds(_task: Task) -> Sequence[Any]:
    return [torch.zeros(1, TOKENS, dtype=torch.long)]


def _side(task: Task) -> tuple[int, int]:
    side = task.vision.find("image_size", "input_size", "img_size", default=224)
    if isinstance(side, dict):
        side = list(side.values())
    if isinstance(side, (list, tuple)):
        return int(side[-2]) if len(side) > 1 else int(side[0]), int(side[-1])
    return int(side), int(side)


def _channels(task: Task) -> int:
    channels = task.vision.find("num_channels", "in_channels", "in_chans", default=3)
    return channels if isinstance(channels, int) else 3


def _patch(task: Task) -> tuple[int, int]:
    """Side of a patch, and how many frames it spans."""
    size = task.vision.find("patch_size", default=16)
    size = size[-1] if isinstance(size, (list, tuple)) else size
    return int(size), int(task.vision.find("temporal_patch_size", "patch_temporal", default=1))


@_makes("pixel_values", "image_pixel_values", "prompt_pixel_values", "prompt_masks")
def _images(task: Task) -> Sequence[Any]:
    channels, (height, width) = _channels(task), _side(task)
    image = torch.randn(1, channels, height, width)
    modest = torch.randn(1, channels, min(height, MODEST), min(width, MODEST))
    frames = task.vision.find("num_frames", "frames_per_clip", "max_num_tiles", default=2)
    several = image[:, None].expand(1, int(frames), channels, height, width).clone()
    other = torch.randn(1, channels, 224, 224)
    size, span = _patch(task)
    number = math.prod(GRID)
    flat = torch.randn(number, channels * span * size * size)
    patches = [
        flat,
        torch.randn(number, channels, size, size),
        torch.randn(number, channels * size * size),
        flat[None],
        torch.randn(1, number, channels * size * size),
    ]
    strip = torch.randn(1, channels, size, number * size)
    is_packed = any(name in task.parameters for name in ("image_grid_thw", "grid_thw"))
    is_padded = any(name in task.parameters for name in ("spatial_shapes", "pixel_position_ids"))
    images = [modest, image, several, torch.randn(2, channels, height, width)]
    large = [torch.randn(1, channels, side, side) for side in (336, 384, 512, 640, 1024, 1536)]
    if is_packed:
        return [*patches, *images]
    if "target_sizes" in task.parameters:
        return [strip, *images]
    if is_padded:
        return [*patches[::-1], *images]
    if isinstance(task.config.find("num_frames", "frames_per_clip"), int):
        return [several, image, other]
    return [*images, several[:, None], patches[0], other, *large, *patches[1:]]


@_makes("pixel_values_videos")
def _videos(task: Task) -> Sequence[Any]:
    frames = int(task.vision.find("num_frames", "frames_per_clip", default=8))
    sides = dict.fromkeys([_side(task), (336, 336)])
    return [torch.randn(1, frames, _channels(task), *side) for side in sides]


@_makes("hidden_states")
def _hidden(task: Task) -> Sequence[Any]:
    if "grid_thw" in task.parameters:
        return _images(task)[:3]
    hidden = int(task.config.find("hidden_size", default=64))
    wave = torch.randn(1, 1, SAMPLES)
    return [wave, torch.randn(1, hidden, FRAMES), torch.randn(1, FRAMES, hidden)]


@_makes("latents")
def _latents(task: Task) -> Sequence[Any]:
    hidden = int(task.config.find("hidden_size", default=64))
    return [torch.randn(1, hidden, FRAMES), torch.randn(1, FRAMES, hidden)]


@_makes("image_grid_thw", "grid_thw")
def _grids(_task: Task) -> Sequence[Any]:
    return [torch.tensor([GRID])]


@_makes("image_grid_hw")
def _flat_grids(_task: Task) -> Sequence[Any]:
    return [None, torch.tensor([GRID[1:]])]


@_makes("target_sizes", "spatial_shapes")
def _shapes(_task: Task) -> Sequence[Any]:
    return [torch.tensor([GRID[1:]])]


@_makes("image_sizes")
def _image_sizes(task: Task) -> Sequence[Any]:
    return [torch.tensor([_side(task)])]


@_makes("pixel_attention_mask")
def _pixel_mask(task: Task) -> Sequence[Any]:
    if "spatial_shapes" in task.parameters:
        return [torch.ones(1, math.prod(GRID), dtype=torch.long)]
    return [None, torch.ones(1, 2, dtype=torch.bool)]


@_makes("pixel_position_ids", "image_position_ids")
def _pixel_positions(_task: Task) -> Sequence[Any]:
    rows = torch.arange(GRID[1]).repeat_interleave(GRID[2])
    columns = torch.arange(GRID[2]).repeat(GRID[1])
    return [torch.stack([columns, rows], -1)[None]]


@_makes("image_merge_sizes", "merge_sizes")
def _merge_sizes(_task: Task) -> Sequence[Any]:
    return [torch.tensor([1])]


@_makes("aspect_ratio_ids")
def _aspect_ratios(_task: Task) -> Sequence[Any]:
    return [torch.ones(1, 1, dtype=torch.long)]


@_makes("aspect_ratio_mask")
def _tiles(task: Task) -> Sequence[Any]:
    tiles = int(task.vision.find("max_num_tiles", default=1))
    return [torch.ones(1, 1, tiles, dtype=torch.long)]


@_makes("image_attention_mask")
def _attended_images(_task: Task) -> Sequence[Any]:
    return [torch.ones(1, TOKENS, 2, dtype=torch.long)]


@_makes("input_points")
def _points(_task: Task) -> Sequence[Any]:
    return [torch.tensor([[[[100.0, 100.0]]]])]


@_makes("flattened_patches")
def _flattened(task: Task) -> Sequence[Any]:
    size, _ = _patch(task)
    return [torch.ones(1, 64, 2 + _channels(task) * size * size)]


@_makes("image_embeds_position_mask")
def _embedded_positions(task: Task) -> Sequence[Any]:
    latent = int(task.config.find("latent_query_num", default=0))
    return [torch.arange(TOKENS)[None] < min(latent, TOKENS)] if latent else [None]


@_makes("input_features", "audio_input_features", "audio_mel")
def _spectrograms(task: Task) -> Sequence[Any]:
    bins = task.audio.find(
        *("num_mel_bins", "num_mel_filters", "feature_size", "input_feat_per_channel"),
        *("n_mels", "input_dim", "input_channels", "num_mel_channels", "feat_in", "input_size"),
        *("input_feat_size", "feature_projection_input_dim", "num_features"),
        default=80,
    )
    bins = int(bins) if isinstance(bins, int) else 80
    longest = task.audio.find("max_source_positions", default=None)
    lengths = [FRAMES, 200]
    if isinstance(longest, int) and longest <= 4000:
        lengths = [2 * longest, *lengths]
    found = []
    for frames in lengths:
        found += [torch.randn(1, bins, frames), torch.randn(1, frames, bins)]
    return [*found, torch.randn(1, 1, 1001, 64), torch.randn(bins, FRAMES)]


@_makes("input_features_mask", "feature_attention_mask", "audio_mel_mask")
def _frames_mask(task: Task) -> Sequence[Any]:
    del task
    return [torch.ones(1, FRAMES, dtype=dtype) for dtype in (torch.long, torch.bool)]


@_makes("input_values", "decoder_input_values")
def _waves(task: Task) -> Sequence[Any]:
    bins = int(task.audio.find("num_mel_bins", default=80))
    longest = task.audio.find("max_length", default=FRAMES)
    longest = longest if isinstance(longest, int) and longest > 20 else FRAMES
    hidden = int(task.config.find("hidden_size", default=64))
    found = [
        torch.randn(1, SAMPLES),
        torch.randn(1, 1, SAMPLES),
        torch.randn(1, 1, 24_000),
        torch.randn(1, longest, bins),
        torch.randn(1, TOKENS, hidden),
    ]
    return found if "decoder_input_values" not in task.parameters else found[::-1]


@_makes("inputs")
def _any_inputs(task: Task) -> Sequence[Any]:
    width = int(task.config.find("d_model", "hidden_size", default=64))
    return [torch.randn(1, TOKENS, width)]


@_makes("inputs_embeds", "noise_embeds", "context_hidden_states", "query_embeds", "action_embeds")
def _embeddings(task: Task) -> Sequence[Any]:
    width = int(task.text.find("hidden_size", "d_model", default=64))
    return [torch.randn(1, TOKENS, width)]


@_makes("encoder_hidden_states")
def _encoded(task: Task) -> Sequence[Any]:
    width = task.config.find("encoder_hidden_size", "cross_attention_hidden_size", "hidden_size")
    return [torch.randn(1, TOKENS, int(width or 64))]


@_makes("visual_feats")
def _regions(task: Task) -> Sequence[Any]:
    return [torch.randn(1, 36, int(task.config.find("visual_feat_dim", default=2048)))]


@_makes("visual_pos")
def _region_boxes(task: Task) -> Sequence[Any]:
    return [torch.randn(1, 36, int(task.config.find("visual_pos_dim", default=4)))]


def _of_width(*names: str) -> Maker:
    def make(task: Task) -> Sequence[Any]:
        return [torch.randn(1, TOKENS, int(task.config.find(*names, default=1)))]

    return make


MAKERS.update(
    states=_of_width("state_dim"),
    actions=_of_width("act_dim"),
    rewards=_of_width(),
    returns_to_go=_of_width(),
)


@_makes("timesteps")
def _timesteps(_task: Task) -> Sequence[Any]:
    return [torch.arange(TOKENS)[None]]


@_makes("past_values")
def _series(task: Task) -> Sequence[Any]:
    length = int(task.config.find("context_length", default=FRAMES))
    channels = int(task.config.find("num_input_channels", default=1))
    return [torch.randn(1, length, channels), torch.randn(1, length)]


@_makes("past_values_padding")
def _series_padding(task: Task) -> Sequence[Any]:
    length = int(task.config.find("context_length", default=FRAMES))
    return [torch.zeros(1, length, dtype=torch.long)]


@_makes("freq")
def _frequency(_task: Task) -> Sequence[Any]:
    return [torch.zeros(1, 1, dtype=torch.long)]
