"""The most that a training step holds: traced without values, against torch's profiler on a CPU.

python -m benchmarks.training [NAME...] prints the table of docs/training.md. Each model is really
trained for two steps, the second of which is profiled.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from flopscope.checkpointing import checkpointed
from flopscope.guest import disposable
from flopscope.recipe import Recipe
from flopscope.trace import trace_step
from tests.profiled import peak_nbytes


class LanguageModel(nn.Module):
    """Two layers of an LSTM between a table of words and scores."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(10_000, 512)
        self.cells = nn.LSTM(512, 512, 2, batch_first=True)
        self.scores = nn.Linear(512, 10_000)

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        return self.scores(self.cells(self.words(words))[0])


@dataclass(frozen=True)
class Case:
    """A model, what it is called with, and patterns of what is checkpointed in it, one by one."""

    make: Callable[[], nn.Module]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    checkpoint: tuple[str, ...]
    loss: Callable[[Any], torch.Tensor] | None = None


def cases() -> Mapping[str, Case]:
    import torchvision
    import transformers

    images = (torch.zeros(4, 3, 224, 224),)
    words = torch.zeros(2, 256, dtype=torch.int64)

    def of_words(scores: torch.Tensor) -> torch.Tensor:
        labels = torch.zeros(scores.shape[:-1], dtype=torch.int64)
        return cross_entropy(scores.flatten(0, -2), labels.flatten())

    def gpt2() -> nn.Module:
        config = transformers.GPT2Config(loss_type="ForCausalLM")
        return transformers.GPT2LMHeadModel(config)

    return {
        "ResNet-50": Case(torchvision.models.resnet50, images, {}, ("layer?", "layer?.*")),
        "ViT-B/16": Case(torchvision.models.vit_b_16, images, {}, ("encoder.layers.*",)),
        "GPT-2": Case(gpt2, (), {"input_ids": words, "labels": words}, ("transformer.h.*",)),
        "LSTM": Case(
            LanguageModel, (torch.zeros(16, 64, dtype=torch.int64),), {}, ("cells",), of_words
        ),
    }


OPTIMIZERS: Mapping[str, Callable[[list[torch.Tensor]], torch.optim.Optimizer]] = {
    "SGD": lambda parameters: torch.optim.SGD(parameters, lr=1e-3),
    "AdamW": torch.optim.AdamW,
}


def row(name: str, case: Case, optimizer: str, blocks: tuple[str, ...]) -> str:
    model = case.make().train()
    recipe = Recipe(OPTIMIZERS[optimizer], optimizer, case.loss, "of words", checkpoint=blocks)
    start = time.perf_counter()
    traced = trace_step(model, case.args, case.kwargs, recipe)
    seconds = time.perf_counter() - start
    copied, args, kwargs = disposable(model, case.args, case.kwargs)
    with checkpointed(copied, blocks):
        real = peak_nbytes(copied, args, kwargs, recipe)
    assert traced.peak is not None
    how = f"`{blocks[0]}`" if blocks else "nothing"
    found = traced.peak.nbytes
    figures = f"{found / 2**20:,.1f} | {real / 2**20:,.1f} | {found / real - 1:+.2%}"
    return f"| {name} | {optimizer} | {how} | {figures} | {traced.peak.phase} | {seconds:.1f} s |"


def main(names: list[str]) -> None:
    print(
        "| model | optimizer | checkpointed | traced, MiB | profiled, MiB | off by | in phase |"
        " tracing |"
    )
    print("|---|---|---|--:|--:|--:|---|--:|")
    for name, case in cases().items():
        if names and name not in names:
            continue
        for blocks in ((), *((pattern,) for pattern in case.checkpoint)):
            for optimizer in OPTIMIZERS:
                print(row(name, case, optimizer, blocks), flush=True)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    main(sys.argv[1:])
