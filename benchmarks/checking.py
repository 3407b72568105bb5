"""What ``flopscope check`` takes for ten budgets, beside only importing torch and torchvision.

    python benchmarks/checking.py    # a table in Markdown; needs torchvision

Both are processes, started anew in each round, one after the other, so that a busy machine slows
both alike. The seconds of the processors are those of user and system together, which other
processes change less than they change the time on the clock.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MODELS = (
    "resnet18",
    "resnet50",
    "vgg16",
    "densenet121",
    "mobilenet_v3_large",
    "efficientnet_b0",
    "regnet_y_400mf",
    "convnext_tiny",
    "vit_b_16",
    "swin_t",
)
BUDGET = '[budgets.{name}]\ntarget = "torchvision:{name}"\nmacs = "100G"\n'

IMPORTS = "importing torch and torchvision"
CHECK = "flopscope check"
COMMANDS = {
    IMPORTS: [sys.executable, "-c", "import torch, torchvision"],
    CHECK: [sys.executable, "-m", "flopscope", "check"],
}


def taken(command: list[str], folder: str) -> tuple[float, float]:
    """Seconds of a process, on the clock and of the processors."""
    start = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    if status:
        raise SystemExit(f"failed: {command}")
    return wall, usage.ru_utime + usage.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    runs: dict[str, list[tuple[float, float]]] = {name: [] for name in COMMANDS}
    with tempfile.TemporaryDirectory() as folder:
        budgets = "".join(BUDGET.format(name=name) for name in MODELS)
        Path(folder, "flopscope.toml").write_text(budgets)
        for _ in range(rounds):
            for name, command in COMMANDS.items():
                runs[name].append(taken(command, folder))
    print("| process | seconds | ratio | seconds of the processors | ratio |")
    print("|---|---|---|---|---|")
    medians = {
        name: [statistics.median(each) for each in zip(*runs[name], strict=True)] for name in runs
    }
    for name, figures in medians.items():
        pairs = zip(figures, medians[IMPORTS], strict=True)
        print(f"| {name} | {' | '.join(f'{is_:.1f} | {is_ / base:.2f}x' for is_, base in pairs)} |")


if __name__ == "__main__":
    main()
