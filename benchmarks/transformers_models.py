"""Any transformers model type as a model: as it is by default or smaller, with weights or not."""

from __future__ import annotations

import copy
import itertools
import os
from collections.abc import Iterator, Mapping
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "critical")

import torch
from torch import nn
from transformers import AutoModel, PretrainedConfig
from transformers.initialization import no_init_weights
from transformers.models.auto.configuration_auto import CONFIG_MAPPING, CONFIG_MAPPING_NAMES
from transformers.models.auto.modeling_auto import MODEL_MAPPING_NAMES

from flopscope.load.sources.hf.case import parts
from flopscope.trace import building

LAYER_COUNTS = (
    *("num_hidden_layers", "num_layers", "n_layer", "n_layers", "depth", "encoder_layers"),
    *("decoder_layers", "num_encoder_layers", "num_decoder_layers", "layers", "num_blocks"),
)
EXPERT_COUNTS = ("num_experts", "n_routed_experts", "num_local_experts", "moe_num_experts")
EXPERT_GROUPS = ("n_group", "topk_group", "num_expert_group")
FEW_EXPERTS = 16
WIDTHS = (
    *("intermediate_size", "ffn_dim", "d_ff", "moe_intermediate_size", "encoder_ffn_dim"),
    *("decoder_ffn_dim", "ffn_hidden_size", "n_inner", "expert_ffn_size"),
)
NARROW = 256


def model_types() -> list[str]:
    """Every model type that AutoModel has a model for."""
    return sorted(set(MODEL_MAPPING_NAMES) & set(CONFIG_MAPPING_NAMES))


def default_config(model_type: str) -> PretrainedConfig:
    """The config that a model type has when nothing is said."""
    return configured(model_type, {})


def configured(model_type: str, settings: Mapping[str, Any]) -> PretrainedConfig:
    """The config of a model type with some attributes set."""
    return CONFIG_MAPPING[model_type](**settings)


def reduced(config: PretrainedConfig) -> PretrainedConfig:
    """The same with two layers, or one of every kind, and few experts."""
    small = copy.deepcopy(config)
    for part in parts(small):
        _keep_layers(part)
        for name in EXPERT_COUNTS:
            if _integer(part, name) > FEW_EXPERTS:
                setattr(part, name, FEW_EXPERTS)
                for group in EXPERT_GROUPS:
                    if _integer(part, group):
                        setattr(part, group, 1)
        if _integer(part, "first_k_dense_replace") > 1:
            part.first_k_dense_replace = 1
        if _integer(part, "num_kv_shared_layers"):
            part.num_kv_shared_layers = 0
    return small


def narrowed(config: PretrainedConfig) -> PretrainedConfig:
    """The same with narrow feed-forward layers, where most parameters of a large model are."""
    small = copy.deepcopy(config)
    for part in parts(small):
        for name in WIDTHS:
            if _integer(part, name) > NARROW:
                setattr(part, name, NARROW)
    return small


def _integer(config: Any, name: str) -> int:
    value = vars(config).get(name)
    return value if isinstance(value, int) else 0


def _keep_layers(config: Any) -> None:
    counts = {
        name: value
        for name in LAYER_COUNTS
        if isinstance(value := vars(config).get(name), int) and value > 2
    }
    for count in set(counts.values()):
        per_layer = {
            name: value
            for name, value in vars(config).items()
            if isinstance(value, list) and len(value) == count
        }
        kept = _one_of_each_kind(count, list(per_layer.values()))
        for name, value in per_layer.items():
            setattr(config, name, [value[place] for place in kept])
        for name, value in counts.items():
            if value == count:
                setattr(config, name, len(kept))


def _one_of_each_kind(count: int, per_layer: list[list[Any]]) -> list[int]:
    """The places of two layers, and of the first of every kind."""
    seen: dict[str, int] = {}
    for place in range(count):
        seen.setdefault(repr([values[place] for values in per_layer]), place)
    kept = sorted(seen.values())
    if len(kept) > 4:
        kept = kept[:4]
    others = (place for place in range(count) if place not in kept)
    return sorted([*kept, *itertools.islice(others, max(0, 2 - len(kept)))])


def without_weights(config: PretrainedConfig, dtype: torch.dtype | None = None) -> nn.Module:
    """The model, in no memory: its layers in a dtype but for those that it keeps in another."""
    with building():
        return AutoModel.from_config(copy.deepcopy(config), dtype=dtype).eval()


def with_weights(config: PretrainedConfig, dtype: torch.dtype) -> nn.Module:
    """The model on the CPU, with numbers of a reasonable size in the place of weights."""
    with no_init_weights():
        model = AutoModel.from_config(copy.deepcopy(config), dtype=dtype).eval()
    block = torch.randn(4096, generator=torch.Generator().manual_seed(0)) * 0.02
    for parameter in _unique(model):
        if parameter.is_floating_point():
            _fill(parameter.data, block.to(parameter.dtype))
    return model


def _unique(model: nn.Module) -> Iterator[nn.Parameter]:
    yield from model.parameters()


def _fill(tensor: torch.Tensor, block: torch.Tensor) -> None:
    flat = tensor.reshape(-1) if tensor.is_contiguous() else None
    if flat is None:
        tensor.fill_(0.01)
        return
    whole = flat.numel() // block.numel() * block.numel()
    flat[:whole].view(-1, block.numel()).copy_(block)
    flat[whole:].copy_(block[: flat.numel() - whole])
