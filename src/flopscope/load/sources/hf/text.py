"""Tokens, and what goes along with them, for a model of transformers."""

from __future__ import annotations

from collections.abc import Mapping

from flopscope.load.sources.hf.case import Case
from flopscope.load.sources.hf.making import Made, Maker, embeddings_of

LABEL = 5
"""A token in the short text that names a task."""


def _tokens(case: Case) -> Made:
    """Tokens of every vocabulary: neither the lowest nor the highest, which often are special."""
    import torch

    sizes = [vars(part).get("vocab_size") for part in case.config.all()]
    vocabulary = min((size for size in sizes if isinstance(size, int) and size > 1), default=100)
    low, high = vocabulary // 4, max(vocabulary // 2, vocabulary // 4 + 1)
    ids = torch.arange(case.tokens) % (high - low) + low
    plain = ids.repeat(case.batch, 1)
    books = case.config.find("num_codebooks", "num_quantizers")
    if books is None and case.config.has_part("decoder"):
        books = case.config.inside("decoder").find("num_channels")
    if not isinstance(books, int):
        return [plain]
    beside = [plain[..., None].repeat(1, 1, count) for count in (books, books + 1)]
    return [plain, *beside]


def _labels(case: Case) -> Made:
    import torch

    length = case.config.integer("task_seq_len", default=case.tokens)
    return [torch.full((case.batch, length), LABEL)]


def _all_attended(case: Case) -> Made:
    return [case.ones(case.batch, case.tokens)]


def _one_class(case: Case) -> Made:
    return [case.ones(case.batch)]


def _boxes(case: Case) -> Made:
    import torch

    return [torch.tensor([1, 2, 3, 4]).repeat(case.batch, case.tokens, 1)]


def _token_kinds(case: Case) -> Made:
    import torch

    return [torch.zeros(case.batch, case.tokens, dtype=torch.long)]


def _encoded(case: Case) -> Made:
    width = case.config.integer(
        *("encoder_hidden_size", "cross_attention_hidden_size", "hidden_size"), default=64
    )
    return [case.floats(case.batch, case.tokens, width)]


def _embedded(case: Case) -> Made:
    return embeddings_of(case, case.text.integer("hidden_size", "d_model", default=64))


def _any_inputs(case: Case) -> Made:
    return embeddings_of(case, case.config.integer("d_model", "hidden_size", default=64))


MAKERS: Mapping[str, Maker] = {
    **dict.fromkeys(("input_ids", "decoder_input_ids", "qformer_input_ids"), _tokens),
    **dict.fromkeys(("task_inputs", "classes_input_ids", "tasks_input_ids"), _labels),
    **dict.fromkeys(
        ("classes_attention_mask", "tasks_attention_mask", "qformer_attention_mask"), _all_attended
    ),
    "classes_structure": _one_class,
    "bbox": _boxes,
    "mm_token_type_ids": _token_kinds,
    "encoder_hidden_states": _encoded,
    "inputs": _any_inputs,
    **dict.fromkeys(
        (
            *("inputs_embeds", "noise_embeds", "context_hidden_states", "query_embeds"),
            "action_embeds",
        ),
        _embedded,
    ),
}
"""By the name of a parameter: the tensors that could be meant by it, the likeliest first."""
