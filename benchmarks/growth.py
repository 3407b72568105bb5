"""What the time and the memory of a trace grow with, a decade at a time.

    python benchmarks/growth.py     # a table in Markdown

Every row is a stack of convolutions with a norm and an activation after each, traced in a process
of its own. One thing at a time is made ten times as large as it was: the number of layers, of
channels (a hundred times as many weights), of images or of pixels along a side. The seconds are the
median of several traces that start with nothing remembered; the memory is the largest that the
process ever held, most of it torch.
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import resource
import statistics
import time
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import nn

from flopscope.trace import trace


@dataclass(frozen=True)
class Stack:
    """A model and its input by their sizes."""

    layers: int = 30
    channels: int = 64
    images: int = 1
    side: int = 64

    def built(self) -> nn.Sequential:
        """The model, on the meta device."""
        with torch.device("meta"):
            return nn.Sequential(
                *(
                    nn.Sequential(
                        nn.Conv2d(self.channels, self.channels, 3, padding=1),
                        nn.BatchNorm2d(self.channels),
                        nn.GELU(),
                    )
                    for _ in range(self.layers)
                )
            ).eval()

    def images_on_meta(self) -> torch.Tensor:
        """The input."""
        return torch.empty(self.images, self.channels, self.side, self.side, device="meta")


@dataclass(frozen=True)
class Measured:
    """What tracing a stack took."""

    params: int
    operators: int
    seconds: float
    peak_bytes: int


def measured(stack: Stack, rounds: int) -> Measured:
    """Trace a stack several times, in a process that has done nothing else."""
    model, images = stack.built(), stack.images_on_meta()
    trace(model, (images,))  # what torch imports on first use is no part of it
    taken = []
    for _ in range(rounds):
        gc.collect()
        start = time.perf_counter()
        traced = trace(model, (images,))
        taken.append(time.perf_counter() - start)
    return Measured(
        params=sum(module.params for module in traced.modules),
        operators=len(traced.calls),
        seconds=statistics.median(taken),
        peak_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    )


def rows() -> list[tuple[str, Stack]]:
    """Each thing that grows, in three steps of a decade or less."""
    usual = Stack()
    return [
        *((f"{layers} layers", replace(usual, layers=layers)) for layers in (10, 30, 100)),
        *((f"{width} channels", replace(usual, channels=width)) for width in (64, 200, 640)),
        *((f"{images} images", replace(usual, images=images)) for images in (1, 10, 1000)),
        *((f"{side}x{side} pixels", replace(usual, side=side)) for side in (64, 200, 640)),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    print("| stack | params | operators | trace, ms | per operator, us | peak memory, MiB |")
    print("|---|---|---|---|---|---|")
    names, stacks = zip(*rows(), strict=True)
    # One process for every row, lest it inherit the memory of the one before.
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        found = pool.imap(partial(measured, rounds=options.rounds), stacks)
        for name, row in zip(names, found, strict=True):
            each = row.seconds / row.operators
            cells = (
                name,
                f"{row.params:,}",
                row.operators,
                f"{row.seconds * 1e3:.1f}",
                f"{each * 1e6:.0f}",
                f"{row.peak_bytes / 2**20:.0f}",
            )
            print("|", " | ".join(map(str, cells)), "|", flush=True)


if __name__ == "__main__":
    main()
