"""Sounds and other signals over time, in the layouts that models of transformers take them in."""

from __future__ import annotations

from collections.abc import Mapping

from flopscope.load.sources.hf.case import Case
from flopscope.load.sources.hf.images import pictures
from flopscope.load.sources.hf.making import Made, Maker, embeddings_of

FRAMES = 128
"""Of a spectrogram that may have any length."""

SAMPLES = 15_360
"""Of a wave: about a second, and whole frames for every hop length in use."""

BINS = (
    *("num_mel_bins", "num_mel_filters", "feature_size", "input_feat_per_channel"),
    *("n_mels", "input_dim", "input_channels", "num_mel_channels", "feat_in", "input_size"),
    *("input_feat_size", "feature_projection_input_dim", "num_features"),
)
"""What configs call the number of bins of a spectrogram."""


def _spectrograms(case: Case) -> Made:
    """Bins by frames or frames by bins, in a length that the config tells or in any."""
    bins = case.audio.integer(*BINS, default=80)
    longest = case.audio.find("max_source_positions")
    lengths = [FRAMES, 200]
    if isinstance(longest, int) and longest <= 4000:
        lengths = [2 * longest, *lengths]  # the first convolutions halve it
    found = []
    for frames in lengths:
        found += [case.floats(case.batch, bins, frames), case.floats(case.batch, frames, bins)]
    picture = case.floats(case.batch, 1, 1001, 64)  # ten seconds, as CLAP takes them
    return [*found, picture, case.floats(bins, case.batch * FRAMES)]


def _frames_mask(case: Case) -> Made:
    mask = case.ones(case.batch, FRAMES)
    return [mask, mask.bool()]


def _waves(case: Case) -> Made:
    bins = case.audio.integer("num_mel_bins", default=80)
    longest = case.audio.integer("max_length", default=FRAMES)
    frames = longest if longest > 20 else FRAMES
    hidden = case.config.integer("hidden_size", default=64)
    found = [
        case.floats(case.batch, SAMPLES),
        case.floats(case.batch, 1, SAMPLES),
        case.floats(case.batch, 1, 24_000),
        case.floats(case.batch, frames, bins),
        case.floats(case.batch, case.tokens, hidden),
    ]
    return found[::-1] if case.has("decoder_input_values") else found


def _hidden(case: Case) -> Made:
    """What a part of a larger model takes: patches, a wave, or features over time."""
    if case.has("grid_thw"):
        return pictures(case)[:3]
    return [case.floats(case.batch, 1, SAMPLES), *_latents(case)]


def _latents(case: Case) -> Made:
    hidden = case.config.integer("hidden_size", default=64)
    return [case.floats(case.batch, hidden, FRAMES), case.floats(case.batch, FRAMES, hidden)]


def _of_width(*names: str) -> Maker:
    def make(case: Case) -> Made:
        return embeddings_of(case, case.config.integer(*names, default=1))

    return make


def _timesteps(case: Case) -> Made:
    import torch

    return [torch.arange(case.tokens).repeat(case.batch, 1)]


def _series(case: Case) -> Made:
    length = case.config.integer("context_length", default=FRAMES)
    channels = case.config.integer("num_input_channels", default=1)
    return [case.floats(case.batch, length, channels), case.floats(case.batch, length)]


def _series_padding(case: Case) -> Made:
    length = case.config.integer("context_length", default=FRAMES)
    return [case.ones(case.batch, length) * 0]


def _frequency(case: Case) -> Made:
    return [case.ones(case.batch, 1) * 0]


MAKERS: Mapping[str, Maker] = {
    **dict.fromkeys(("input_features", "audio_input_features", "audio_mel"), _spectrograms),
    **dict.fromkeys(
        ("input_features_mask", "feature_attention_mask", "audio_mel_mask"), _frames_mask
    ),
    "input_values": _waves,
    "decoder_input_values": _waves,
    "hidden_states": _hidden,
    "latents": _latents,
    "states": _of_width("state_dim"),
    "actions": _of_width("act_dim"),
    "rewards": _of_width(),
    "returns_to_go": _of_width(),
    "timesteps": _timesteps,
    "past_values": _series,
    "past_values_padding": _series_padding,
    "freq": _frequency,
}
"""By the name of a parameter: the tensors that could be meant by it, the likeliest first."""
