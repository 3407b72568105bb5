"""How a model is called: with how many sequences of how many tokens, and how often."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from torch import nn

Drive: TypeAlias = "Callable[[nn.Module], object]"
"""Calls a model: with a prompt, and then with one token after the other."""


@dataclass(frozen=True, slots=True)
class Turns:
    """A prompt, and some steps of one token each.

    Attributes:
        batch: how many sequences.
        prompt: how many tokens an encoder is given, where there is one.
        past: how many tokens the first call is given, all of which are in the cache after it.
        steps: how many calls with one token follow it.
        all_logits: whether the first call returns scores for the token after each, not the last.
    """

    batch: int
    prompt: int
    past: int
    steps: int = 0
    all_logits: bool = False


@dataclass(frozen=True, slots=True)
class Caller:
    """What calls a model.

    Attributes:
        drive: makes what calls it.
        cache_in: the cache after a call, given its keyword arguments and what it returned.
        has_encoder: whether the prompt is another model's, which runs before the first call.
        notes: what a reader should know of it.
    """

    drive: Callable[[Turns], Drive]
    cache_in: Callable[[Mapping[str, Any], Any], object]
    has_encoder: bool = False
    notes: tuple[str, ...] = ()


CACHES = (
    *("cache", "past_key_values", "past_key_value", "kv_cache", "kv_caches", "caches"),
    *("past", "pasts", "past_kv", "past_kvs", "layer_past", "cache_params", "state", "states"),
    *("mems", "memory", "hidden"),
)
"""What a cache is called, among the parameters of a forward and in what it returns."""


def named_cache(values: Mapping[str, Any]) -> object:
    """The cache among some values by name, or None."""
    return next((values[name] for name in CACHES if values.get(name) is not None), None)
