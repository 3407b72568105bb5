"""How long building a model without its weights takes, beside torch's own way to do that.

    python benchmarks/building.py   # a table in Markdown; needs torchvision and transformers

Every row is one model. Each column is the median of several rounds, in each of which both ways run
once, one after the other, so that a busy machine slows both alike.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

import torch
from torch import nn

from flopscope.trace import building

Maker = Callable[[], nn.Module]


def makers() -> dict[str, Maker]:
    """Three models by the functions that build them."""
    import torchvision
    from transformers import LlamaConfig, LlamaForCausalLM

    return {
        "resnet50": partial(torchvision.models.get_model, "resnet50", weights=None),
        "vit_b_16": partial(torchvision.models.get_model, "vit_b_16", weights=None),
        "Llama-2-7B": partial(LlamaForCausalLM, LlamaConfig()),
    }


def seconds(make: Maker, where: AbstractContextManager[object]) -> float:
    """Of building once."""
    gc.collect()
    start = time.perf_counter()
    with where:
        make()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    print("| model | on the meta device, ms | by flopscope, ms | ratio |")
    print("|---|---|---|---|")
    for name, make in makers().items():
        on_meta, ours = [], []
        for _ in range(options.rounds):
            on_meta.append(seconds(make, torch.device("meta")))
            ours.append(seconds(make, building()))
        base, spent = statistics.median(on_meta), statistics.median(ours)
        print(
            f"| {name} | {base * 1e3:.0f} | {spent * 1e3:.0f} | {spent / base:.2f}x |", flush=True
        )


if __name__ == "__main__":
    main()
