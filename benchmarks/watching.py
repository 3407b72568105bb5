"""What watching adds to a step of training, and what counting takes, as docs/watching.md has it.

python -m benchmarks.watching
"""

from __future__ import annotations

import statistics
from contextlib import nullcontext
from time import process_time

import torch
import torchvision
from torch import nn

import flopscope
from flopscope.watching.work import work_of

REPETITIONS, STEPS = 15, 100


def seconds_per_step(model: nn.Module, x: torch.Tensor, *, watched: bool) -> float:
    """Seconds of the processor's, as other work on the machine adds nothing to these."""
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-6)

    def steps(number: int) -> None:
        for _ in range(number):
            model(x).sum().backward()
            optimizer.step()
            optimizer.zero_grad()

    with flopscope.watch(model, every=None, say=None) if watched else nullcontext():
        steps(3)
        began = process_time()
        steps(STEPS)
        return (process_time() - began) / STEPS


def main() -> None:
    torch.set_num_threads(1)
    x = torch.ones(1, 1)
    for layers in (1, 50, 250):
        model = nn.Sequential(*(nn.Linear(1, 1) for _ in range(layers)))
        added = [
            seconds_per_step(model, x, watched=True) - seconds_per_step(model, x, watched=False)
            for _ in range(REPETITIONS)
        ]
        median = statistics.median(added)
        print(f"{2 * layers:>4} parameters: {1e6 * median:.0f} µs more for each step")
    model, images = torchvision.models.resnet50(), torch.randn(8, 3, 224, 224)
    for name, differentiated in (("training", True), ("inference", False)):
        began = process_time()
        work_of(model, (images,), {}, differentiated=differentiated, autocast=None)
        print(f"counting a pass of ResNet-50 in {name}: {process_time() - began:.2f} s")


if __name__ == "__main__":
    main()
