"""How long counting takes, beside what else could be done in that time: ratios from one run.

    python benchmarks/speed.py      # a table in Markdown; needs torchvision and transformers

Every row is one model, built on the meta device. Every column is the median of several rounds,
in each of which all of them run once, one after the other, so that a busy machine slows all
alike. flopscope starts each time with nothing remembered, and counts per module and per
operator.
"""

from __future__ import annotations

import argparse
import copy
import gc
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from flopscope import tree
from flopscope.trace import trace

Case = tuple[nn.Module, tuple[Any, ...], dict[str, Any]]
IMAGES = ("resnet50", "vit_b_16", "swin_b", "convnext_base")


def cases() -> dict[str, Case]:
    """Five models on the meta device with their inputs."""
    import torchvision
    from transformers import LlamaConfig, LlamaForCausalLM

    found: dict[str, Case] = {}
    with torch.device("meta"):
        for name in IMAGES:
            model = torchvision.models.get_model(name, weights=None).eval()
            found[name] = model, (torch.empty(1, 3, 224, 224),), {}
        llama = LlamaForCausalLM(LlamaConfig()).eval()
        length = 512
        found["Llama-2-7B, 512 tokens"] = (
            llama,
            (),
            {
                "input_ids": torch.zeros(1, length, dtype=torch.long),
                # On the meta device transformers cannot make these itself.
                "attention_mask": torch.zeros(1, 1, length, length),
                "position_ids": torch.zeros(1, length, dtype=torch.long),
                "use_cache": False,
            },
        )
    return found


def bare(case: Case) -> None:
    model, args, kwargs = case
    with torch.no_grad():
        model(*args, **kwargs)


def flopscope(case: Case) -> None:
    model, args, kwargs = case
    assert tree.profile(trace(model, args, kwargs)).root.cost.macs > 0


def flop_counter_mode(case: Case) -> None:
    with FlopCounterMode(display=False):
        bare(case)


def thop(case: Case) -> None:
    from thop import profile

    model, args, kwargs = case
    profile(model, (*args, *kwargs.values()), verbose=False)


def fvcore(case: Case) -> None:
    from fvcore.nn import FlopCountAnalysis

    model, args, kwargs = case
    analysis = FlopCountAnalysis(model, (*args, *kwargs.values()))
    analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False).total()


RUNNERS: dict[str, Callable[[Case], None]] = {
    "bare forward": bare,
    "flopscope": flopscope,
    "FlopCounterMode": flop_counter_mode,
    "thop": thop,
    "fvcore": fvcore,
}


def seconds(run: Callable[[Case], None], case: Case) -> float | None:
    """Of one run, or None where it fails."""
    gc.collect()
    start = time.perf_counter()
    try:
        run(case)
    except Exception as error:  # a peer that cannot do it has no time
        print(f"{run.__name__}: {type(error).__name__}: {error}"[:120], file=sys.stderr)
        return None
    return time.perf_counter() - start


def measured(case: Case, rounds: int) -> dict[str, float | None]:
    """Median seconds of each runner; one that fails is left out of the later rounds."""
    runners = dict(RUNNERS)
    # Each has a model of its own: some leave hooks in it, which slow all who come after.
    cases = {name: copy.deepcopy(case) for name in runners}
    taken: dict[str, list[float]] = {name: [] for name in RUNNERS}
    bare(case)  # what torch imports on first use is no part of any of them
    for _ in range(rounds):
        for name, run in list(runners.items()):
            spent = seconds(run, cases[name])
            if spent is None:
                del runners[name]
            else:
                taken[name].append(spent)
    return {name: statistics.median(runs) if runs else None for name, runs in taken.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    peers = [name for name in RUNNERS if name != "bare forward"]
    print("| model | bare forward, ms |", " | ".join(peers), "|")
    print("|---|---|" + "---|" * len(peers))
    ratios: dict[str, list[float]] = {name: [] for name in peers}
    for name, case in cases().items():
        times = measured(case, options.rounds)
        base = times["bare forward"]
        assert base is not None
        cells = []
        for peer in peers:
            spent = times[peer]
            cells.append("fails" if spent is None else f"{spent / base:.2f}x")
            if spent is not None:
                ratios[peer].append(spent / base)
        print(f"| {name} | {base * 1e3:.0f} |", " | ".join(cells), "|", flush=True)
    means = [
        f"{statistics.geometric_mean(found):.2f}x" if found else "-" for found in ratios.values()
    ]
    print("| geometric mean | |", " | ".join(means), "|")


if __name__ == "__main__":
    main()
