"""How far measured times can be trusted, held against torch's own timer and hand-written sweeps.

    python benchmarks/timing.py      # tables in Markdown; needs torchvision; a quiet machine

Everything is measured in this one process, the sides of a comparison one right after the other.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Iterator
from typing import Any

import torch
import torchvision
from torch import nn
from torch.utils.benchmark import Timer

from flopscope import tree
from flopscope.analysis.ideal import ideals
from flopscope.machine import Machine, measured
from flopscope.measure.peaks import measure_peaks
from flopscope.measure.sampling import Budget
from flopscope.measure.timing import Wanted, measure
from flopscope.measurements import Environment, Peaks, Timing
from flopscope.report import Report
from flopscope.report.limits import limited
from flopscope.trace import trace

Case = tuple[nn.Module, tuple[Any, ...]]
IMAGE = (1, 3, 224, 224)
FOR_THE_TIMER = ("resnet50", "vit_b_16", "mobilenet_v3_large", "LSTM", "convnext_tiny")
FOR_THE_PARTS = ("resnet50", "vit_b_16", "LSTM")
FOR_THE_ROOFLINE = (
    *("resnet18", "resnet50", "vit_b_16", "mobilenet_v3_large", "convnext_tiny", "densenet121"),
    *("swin_t", "efficientnet_b0", "vgg11", "LSTM"),
)
ROUNDS = 6
SIDES = (512, 1024, 2048, 3072)


class Recurrent(nn.Module):
    """A language model of two LSTM layers."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(10_000, 512)
        self.lstm = nn.LSTM(512, 512, 2, batch_first=True)
        self.head = nn.Linear(512, 10_000)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return self.head(self.lstm(self.embedding(tokens))[0])


def case(name: str) -> Case:
    if name == "LSTM":
        return Recurrent().eval(), (torch.zeros(8, 64, dtype=torch.long),)
    return torchvision.models.get_model(name, weights=None).eval(), (torch.randn(IMAGE),)


def by_torch(model: nn.Module, args: tuple[Any, ...]) -> list[float]:
    """The seconds of passes by torch's own timer, with as many threads as torch has."""
    timer = Timer(
        "model(*args)", globals={"model": model, "args": args}, num_threads=torch.get_num_threads()
    )
    with torch.inference_mode():
        return timer.blocked_autorange(min_run_time=1.0).times


def of_the_timer() -> Iterator[str]:
    yield "| model | flopscope, ms | torch.utils.benchmark, ms | its quartiles | inside |"
    yield "|---|---:|---:|---:|---|"
    for name in FOR_THE_TIMER:
        model, args = case(name)
        taken: list[float] = []
        theirs: list[float] = []
        for _ in range(ROUNDS):  # in turns: a clock that changes does so for both
            taken += measure(model, args, {}, "cpu", Wanted(Budget(most_seconds=2))).seconds
            theirs += by_torch(model, args)
        ours = statistics.median(taken)
        first, middle, third = statistics.quantiles(theirs, n=4, method="inclusive")
        inside = "yes" if first <= ours <= third else f"{ours / middle - 1:+.1%} off"
        yield f"| {name} | {_ms(ours)} | {_ms(middle)} | {_ms(first)} to {_ms(third)} | {inside} |"


def of_the_parts() -> Iterator[str]:
    yield "| model | whole, ms | with hooks, ms | layers, ms | between, ms | both by whole |"
    yield "|---|---:|---:|---:|---:|---:|"
    for name in FOR_THE_PARTS:
        model, args = case(name)
        timing = measure(model, args, {}, "cpu", Wanted(Budget(least_seconds=2, most_seconds=4)))
        watched = timing.module_seconds
        leaves = sum(
            seconds
            for scope, seconds in watched.items()
            if not any(other.startswith(f"{scope}.") for other in watched) and scope
        )
        whole, hooked = timing.median_seconds, watched[""]
        cells = (
            _ms(whole),
            _ms(hooked),
            _ms(leaves),
            _ms(hooked - leaves),
            f"{hooked / whole:.1%}",
        )
        yield f"| {name} | {' | '.join(cells)} |"


def of_the_peak(peaks: Peaks) -> str:
    best = 0.0
    for side in SIDES:
        a, b = torch.randn(side, side), torch.randn(side, side)
        fastest = min(_seconds_of_product(a, b) for _ in range(5))
        best = max(best, 2 * side**3 / fastest)
    ours = peaks.flops_per_second["float32"]
    return (
        f"Products of float32: {ours / 1e9:.0f} GFLOP/s; the best of a hand-written sweep of"
        f" `torch.mm`: {best / 1e9:.0f} GFLOP/s ({ours / best:.2f}x)."
    )


def _seconds_of_product(a: torch.Tensor, b: torch.Tensor) -> float:
    start = time.perf_counter()
    torch.mm(a, b)
    return time.perf_counter() - start


def of_the_roofline(machine: Machine) -> Iterator[str]:
    yield "| model | layers | of the roofline, whole | highest of a layer | which |"
    yield "|---|---:|---:|---:|---|"
    for name in FOR_THE_ROOFLINE:
        model, args = case(name)
        report = _report(name, model, args, machine)
        shares = [
            (found.share, node)
            for node in report.modules.values()
            if not node.children and (found := limited(report, node)).share
        ]
        highest, node = max(shares, key=lambda pair: pair[0])
        whole = limited(report, report.profile.root).share or 0
        layer = f"{node.scope} ({node.spec.kind}, {node.cost.bytes_moved / 2**20:.2f} MiB)"
        yield f"| {name} | {len(shares)} | {whole:.0%} | {highest:.0%} | {layer} |"


def _report(name: str, model: nn.Module, args: tuple[Any, ...], machine: Machine) -> Report:
    found = trace(model, args)
    timing: Timing = measure(model, args, {}, "cpu")
    about = Environment("", torch.__version__, "", "cpu")
    profile = tree.profile(found)
    return Report(name, (), about, profile, timing=timing, ideals=ideals(found, machine))


def _ms(seconds: float) -> str:
    return f"{1e3 * seconds:.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    torch.set_num_threads(parser.parse_args().threads)
    peaks = measure_peaks("cpu")
    for table in (
        of_the_timer(),
        of_the_parts(),
        [of_the_peak(peaks)],
        of_the_roofline(measured(peaks)),
    ):
        for line in table:
            print(line, flush=True)
        print()
    streams = ", ".join(
        f"{each.nbytes / 2**20:.2f} MiB {each.bytes_per_second / 1e9:.1f}"
        for each in peaks.bandwidths
    )
    print(f"Streams, GB/s: {streams}.")


if __name__ == "__main__":
    main()
