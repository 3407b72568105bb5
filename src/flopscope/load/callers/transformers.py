"""Any model of transformers that generates: called by its own ``generate``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from flopscope.errors import InputError
from flopscope.load.callers.turns import Caller, Turns, named_cache
from flopscope.load.importing import import_library
from flopscope.load.sources.hf.case import Config

if TYPE_CHECKING:
    from torch import Tensor

PADDING = 0


def caller_of(model: Any) -> Caller:
    """What calls a model of transformers: its own ``generate``, greedily, to the length asked for.

    So caches are of the classes that it makes, and a call has the arguments that it would have.

    Raises:
        InputError: the model does not generate, or not from tokens.
    """
    if not model.can_generate():
        raise InputError(
            f"{type(model).__name__} does not generate text",
            hint="--task causal-lm or another task chooses a class of the model that does",
        )

    if model.main_input_name != "input_ids":
        raise InputError(
            f"{type(model).__name__} is prompted with {model.main_input_name}, not with tokens",
            hint="flopscope profile counts its forward pass",
        )

    def drive(turns: Turns) -> Callable[[Any], object]:
        return lambda called: _generate(called, turns)

    return Caller(drive, cache_in, has_encoder=bool(model.config.is_encoder_decoder))


def cache_in(kwargs: Mapping[str, Any], output: Any) -> object:
    """The cache that a model returned, or else the one that it was given."""
    returned = named_cache(output) if isinstance(output, Mapping) else None
    return returned if returned is not None else named_cache(kwargs)


def _generate(model: Any, turns: Turns) -> object:
    import torch

    library = import_library("transformers", "hf")
    config = Config(model.config).inside("text", "decoder", "language", "llm")
    vocabulary = config.integer("vocab_size", default=2)
    token = max(1, vocabulary // 2)
    arguments: dict[str, Any] = {"use_cache": True}
    prompt = turns.past
    if model.config.is_encoder_decoder:
        begin, prompt = _begin(model), turns.prompt
        said = [_tokens(turns.batch, 1, begin), _tokens(turns.batch, turns.past - 1, token)]
        arguments["decoder_input_ids"] = torch.cat(said, dim=1)
    tokens = _tokens(turns.batch, prompt, token)
    if turns.all_logits:  # which generate doesn't ask for, and some models don't let it
        return model(tokens, **arguments)
    if model.config.is_encoder_decoder:
        arguments["decoder_start_token_id"] = begin
    with _quiet(library):
        return library.GenerationMixin.generate(
            model,
            tokens,
            max_new_tokens=turns.steps + 1,
            do_sample=False,
            num_beams=1,
            eos_token_id=None,
            pad_token_id=PADDING,
            **arguments,
        )


def _begin(model: Any) -> int:
    """The token that what a decoder says begins with."""
    for config in (model.generation_config, model.config):
        for name in ("decoder_start_token_id", "bos_token_id"):
            token = getattr(config, name, None)
            if isinstance(token, int):
                return token
    return PADDING


def _tokens(batch: int, count: int, token: int) -> Tensor:
    import torch

    return torch.full((batch, count), token, dtype=torch.long)


@contextmanager
def _quiet(library: Any) -> Iterator[None]:
    """Keep it from remarking on lengths, which are what was asked for."""
    before = library.logging.get_verbosity()
    library.logging.set_verbosity_error()
    try:
        yield
    finally:
        library.logging.set_verbosity(before)
