"""Language models of transformers, built from their configurations and without weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
import transformers

from flopscope.records import Trace
from flopscope.trace import building, trace

ROWS: list[dict[str, Any]] = json.loads(
    Path(__file__).with_name("language_models.json").read_text(encoding="utf-8")
)


def built(row: dict[str, Any]) -> torch.nn.Module:
    """The model of a row of ``language_models.json``."""
    config = getattr(transformers, f"{row['config']}Config")(**row["options"])
    with building():
        model: torch.nn.Module = getattr(transformers, row["auto"]).from_config(config).eval()
    return model


def trace_of_tokens(model: torch.nn.Module, tokens: int) -> Trace:
    """One sequence of this many tokens through a model."""
    return trace(model, (torch.zeros(1, tokens, dtype=torch.int64),))
