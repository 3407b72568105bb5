"""Laws of cost of well-known models, each held against counts at 20 points by lot.

    python -m benchmarks.formulas > docs/formulas.md    # needs torchvision and transformers

The text around the laws is ``formulas.md``, beside this file. The points are drawn anew from the
ranges that a law says it holds for, and every total is counted there: all have to be equal to the
last unit, or this ends with an error.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path

from flopscope.analysis.formula.budget import MEMORY
from flopscope.analysis.sweep.rows import counted_figures, lawful_figures
from flopscope.load.symbols import parse_vary
from flopscope.report import View
from flopscope.report.formula import FORMULA_FORMATS, ClosedForm
from flopscope.report.formula.expression import expression
from flopscope.request import GivenInputs, OpenRequest, Request
from flopscope.varying import Varying, closed_form

POINTS = 20
LIBRARIES = ("torch", "torchvision", "transformers")
MODELS = "benchmarks/formula_models.py"

TEMPLATE = Path(__file__).with_suffix(".md")


@dataclass(frozen=True)
class Case:
    """A model and which of its sizes are open."""

    name: str
    target: str
    shapes: tuple[str, ...] = ()
    batch: str | None = None
    seq: str | None = None
    function: str | None = None
    vary: tuple[str, ...] = field(default=())
    optimizer: str | None = None

    @property
    def command(self) -> str:
        target = f'"{self.target}"' if "(" in self.target else self.target
        words = ["flopscope formula", target]
        words += [f"--shape {shape}" for shape in self.shapes]
        words += [f"--inputs {self.function}"] if self.function else []
        words += [f"--batch {self.batch}"] if self.batch else []
        words += [f"--seq {self.seq}"] if self.seq else []
        words += [f"--train --optimizer {self.optimizer}"] if self.optimizer else []
        return " ".join([*words, *(f"--vary {text}" for text in self.vary)])

    @property
    def request(self) -> OpenRequest:
        inputs = GivenInputs(self.shapes, function=self.function)
        request = Request(self.target, inputs=inputs, time=False)
        if self.optimizer is not None:
            request = replace(request, train=True, optimizer=self.optimizer)
        return OpenRequest(request, self.batch, self.seq, parse_vary(self.vary))


IMAGES = ("B,3,H,W",)
CASES = (
    Case("ResNet-50", "torchvision:resnet50", IMAGES),
    Case("MobileNetV3", "torchvision:mobilenet_v3_large", IMAGES),
    Case("EfficientNet-B0", "torchvision:efficientnet_b0", IMAGES),
    Case("ViT-B/16", "torchvision:vit_b_16", batch="B"),
    Case("Swin-T", "torchvision:swin_t", ("B,3,H,H",)),
    Case("U-Net", f"{MODELS}:UNet", IMAGES),
    Case("LSTM", f"{MODELS}:lstm", ("B,T,64",)),
    Case("GRU", f"{MODELS}:gru", ("B,T,64",)),
    Case("BERT", "hf:bert", batch="B", seq="S"),
    Case("GPT-2", "hf:gpt2", batch="B", seq="S"),
    Case("T5", "hf:t5", ("input_ids:B,S:int64", "decoder_input_ids:B,T:int64")),
    Case("Llama-2-7B", "hf:llama", ("input_ids:B,S:int64",)),
    Case("Mixtral-8x7B", "hf:mixtral", ("input_ids:B,S:int64",)),
    Case("Whisper", "hf:whisper", ("input_features:B,80,3000", "decoder_input_ids:B,T:int64")),
    Case(
        "Llama-2-7B, one token more",
        "hf:llama",
        function=f"{MODELS}:one_token",
        vary=("B=1..64", "P=1..4000"),
    ),
    Case("ResNet-50, a training step", "torchvision:resnet50", IMAGES, optimizer="sgd"),
    Case("GPT-2, a training step", "hf:gpt2", batch="B", seq="S", optimizer="adamw"),
)


def verified(case: Case, form: ClosedForm) -> int:
    """At how many of the points by lot all laws are right.

    Raises:
        SystemExit: at one of them, one is not.
    """
    varying = Varying(case.request)
    draw = random.Random(case.name)
    equal = 0
    for _ in range(POINTS):
        sizes = {each.symbol: each.lattice.drawn(draw) for each in form.laws.ranges}
        counted = counted_figures(varying.figures(sizes))
        foretold = lawful_figures(form.laws, sizes)
        wrong = {name for name, value in foretold.items() if counted[name] != value}
        if wrong:
            raise SystemExit(f"{case.name} at {sizes}: {wrong} are not what the law says")
        equal += bool(foretold.keys() - {"params", "held_nbytes"})
    return equal


def section(case: Case) -> tuple[str, str]:
    """A row of the table, and the text of one model."""
    start = time.perf_counter()
    form = closed_form(case.request)
    seconds = time.perf_counter() - start
    points = verified(case, form)
    text = FORMULA_FORMATS["table"](form, View(depth=0))
    law = form.total("macs")
    shown = "none" if law is None else f"`{expression(law)}`"
    lacking = sorted(
        {"macs", "flops", "bytes_moved", "peak_nbytes", MEMORY}
        - lawful_figures(form.laws, form.laws.base).keys()
    )
    row = f"| {case.name} | {shown} | {points} | {', '.join(lacking)} | {seconds:.0f} |"
    return row, f"## {case.name}\n\n```console\n$ {case.command} --depth 0\n{text}\n```\n"


def document(cases: Sequence[Case]) -> str:
    """The whole page, in Markdown."""
    parts = []
    for case in cases:
        print(case.name, file=sys.stderr, flush=True)
        parts.append(section(case))
    titles = "| model | MACs | equal points | without a law | seconds |\n|---|---|--:|---|--:|"
    return TEMPLATE.read_text(encoding="utf-8").format(
        points=POINTS,
        versions=", ".join(f"{name} {version(name)}" for name in LIBRARIES),
        table="\n".join([titles, *(row for row, _ in parts)]),
        sections="\n".join(text for _, text in parts),
    )


if __name__ == "__main__":
    print(document(CASES), end="")
