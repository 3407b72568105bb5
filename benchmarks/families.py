"""Models of forty families by name, each profiled at the first try, without a shape being given.

python -m benchmarks.families                 # writes docs/families.md
python -m benchmarks.families hf:llama        # one row, to standard output
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import traceback
import warnings
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import torch

from flopscope.errors import FlopscopeError
from flopscope.report import Report
from flopscope.report.shapes import format_shape
from flopscope.request import Request
from flopscope.targeting import profile_target
from flopscope.units import format_quantity

PAGE = Path("docs/families.md")

FAMILIES = {
    "vision, timm": (
        "timm:resnet50",
        "timm:vit_base_patch16_224",
        "timm:swin_tiny_patch4_window7_224",
        "timm:convnext_tiny",
        "timm:efficientnet_b0",
        "timm:mixer_b16_224",
        "timm:maxvit_tiny_tf_224",
    ),
    "vision, torchvision": (
        "torchvision:densenet121",
        "torchvision:mobilenet_v3_large",
        "torchvision:fasterrcnn_resnet50_fpn",
        "torchvision:deeplabv3_resnet50",
        "torchvision:r3d_18",
        "torchvision:raft_small",
    ),
    "text": ("hf:bert", "hf:deberta-v2", "hf:xlnet", "hf:gpt2", "hf:llama", "hf:gemma2"),
    "encoder-decoder": ("hf:t5", "hf:bart", "hf:pegasus"),
    "mixture of experts": ("hf:mixtral", "hf:deepseek_v3", "hf:qwen3_moe"),
    "state space and recurrent": ("hf:mamba", "hf:mamba2", "hf:rwkv"),
    "vision, transformers": ("hf:dinov2", "hf:segformer", "hf:detr", "hf:sam"),
    "audio": ("hf:wav2vec2", "hf:whisper", "hf:encodec"),
    "multi-modal": ("hf:clip", "hf:blip", "hf:llava", "hf:paligemma"),
    "time series": ("hf:patchtst",),
}
"""Targets by the kind of model."""

PREAMBLE = """# Forty families at the first try

`python -m benchmarks.families`, with {libraries}:
each target as it stands here, with `--no-time` and no `--shape`. Weights are neither downloaded nor
made. A type of transformers is its default config. "Assumed" is what the count takes for values
that depend on the data; "uncounted" is operators without a formula.
"""


def main() -> None:
    """Print a row, or write the page, each row from a process of its own."""
    if len(sys.argv) > 1:
        warnings.filterwarnings("ignore")
        torch.set_num_threads(1)
        print(*map(row, sys.argv[1:]), sep="\n")
        return
    lines = [PREAMBLE.format(libraries=_libraries()).strip()]
    for kind, targets in FAMILIES.items():
        lines += [
            f"\n## {kind.capitalize()}\n",
            "| target | input made | params | MACs | assumed |",
        ]
        lines += ["|---|---|---:|---:|---|", *_rows(targets)]
    PAGE.write_text("\n".join(lines) + "\n")


def row(target: str) -> str:
    """A target's row of the table."""
    started = time.perf_counter()
    try:
        report = profile_target(Request(target, time=False))
    except FlopscopeError as error:
        traceback.print_exc()
        return f"| `{target}` | failed: {error.message} | | | |"
    print(f"{target}: {time.perf_counter() - started:.1f} s", file=sys.stderr)
    figures = f"{report.params:,} | {format_quantity(report.macs)}{_uncounted(report)}"
    return f"| `{target}` | {_inputs(report)} | {figures} | {_assumed(report)} |"


def _rows(targets: Iterable[str]) -> Iterable[str]:
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    for target in targets:
        told = subprocess.run(
            [sys.executable, "-m", "benchmarks.families", target],
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            check=False,
        )
        yield told.stdout.strip() or f"| `{target}` | the process died | | | |"


def _inputs(report: Report) -> str:
    return ", ".join(f"{name} {format_shape(spec.shape)}" for name, spec in report.inputs)


def _uncounted(report: Report) -> str:
    return "".join(f", uncounted {entry.op} x{entry.calls}" for entry in report.uncounted)


def _assumed(report: Report) -> str:
    return "; ".join(dict.fromkeys(each.name for each in report.assumptions))


def _libraries() -> str:
    names = ("torch", "timm", "torchvision", "transformers")
    return ", ".join(f"{name} {version(name)}" for name in names)


if __name__ == "__main__":
    main()
