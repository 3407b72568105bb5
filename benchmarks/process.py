"""What a whole process takes: counting beside only importing and building the same model.

    python benchmarks/process.py    # a table in Markdown; needs torchvision and transformers

Every row is a process, started anew in each round, one after the other, so that a busy machine
slows all alike. The ratio is to the first process of its group, which counts nothing: it imports
what building takes and builds the model on the meta device. The memory is the largest that the
process ever held.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent

ON_META = """
import torch, torchvision
with torch.device("meta"):
    model = torchvision.models.resnet50().eval()
    x = torch.empty(1, 3, 224, 224)
"""
ON_CPU = """
import torch, torchvision
model, x = torchvision.models.resnet50().eval(), torch.empty(1, 3, 224, 224)
"""
GIANT = """
import sys, torch, transformers
sys.path.insert(0, {here!r})
import giants
with torch.device("meta"):
    giants.{name}()
"""
FLOP_COUNTER_MODE = """
from torch.utils.flop_counter import FlopCounterMode
with torch.no_grad(), FlopCounterMode(display=False) as counter:
    model(x)
print(counter.get_total_flops())
"""
THOP = "\nimport thop\nprint(thop.profile(model, (x,), verbose=False))\n"
FVCORE = "\nfrom fvcore.nn import FlopCountAnalysis\nprint(FlopCountAnalysis(model, x).total())\n"

Command = list[str]


def python(code: str) -> Command:
    return [sys.executable, "-c", code]


def flopscope(target: str, *options: str) -> Command:
    command = ["profile", target, "--no-time", "--format", "json", *options]
    return [sys.executable, "-m", "flopscope", *command]


def giant(name: str) -> dict[str, Command]:
    target = f"{HERE / 'giants.py'}:{name}"
    return {
        f"{name}: import and build on meta": python(GIANT.format(here=str(HERE), name=name)),
        f"{name}: flopscope": flopscope(target, "--shape", "1,128", "--dtype", "int64"),
    }


GROUPS: list[dict[str, Command]] = [
    {
        "ResNet-50: import and build on meta": python(ON_META),
        "ResNet-50: flopscope": flopscope("torchvision.models:resnet50", "--shape", "1,3,224,224"),
        "ResNet-50: FlopCounterMode": python(ON_META + FLOP_COUNTER_MODE),
        "ResNet-50: thop": python(ON_CPU + THOP),
        "ResNet-50: fvcore": python(ON_CPU + FVCORE),
    },
    giant("llama_405b"),
    giant("deepseek_v3"),
]


def seconds_and_bytes(command: Command) -> tuple[float, int]:
    """Wall-clock time of a process and its peak resident memory."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    taken = time.perf_counter() - start
    if status:
        raise SystemExit(f"failed: {command}")
    return taken, usage.ru_maxrss * 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print("| process | seconds | ratio | peak memory, GiB |")
    print("|---|---|---|---|")
    for group in GROUPS:
        taken: dict[str, list[float]] = {name: [] for name in group}
        peaks: dict[str, int] = dict.fromkeys(group, 0)
        for _ in range(options.rounds):
            for name, command in group.items():
                seconds, peak = seconds_and_bytes(command)
                taken[name].append(seconds)
                peaks[name] = max(peaks[name], peak)
        base = statistics.median(next(iter(taken.values())))
        for name, runs in taken.items():
            median = statistics.median(runs)
            row = f"{median:.1f} | {median / base:.2f}x | {peaks[name] / 2**30:.2f}"
            print(f"| {name} | {row} |", flush=True)


if __name__ == "__main__":
    main()
