"""flopscope's figures beside published ones and beside other counters, as the text of a document.

    python -m benchmarks.accuracy > docs/accuracy.md     # from the root; needs the truth group

Published figures and their sources are in ``tests/truth``, where tests hold the counts to them. What is
being counted goes to stderr.
"""

from __future__ import annotations

import csv
import importlib
import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import timm
import torch

from benchmarks.accuracy_peers import peers
from flopscope import tree
from flopscope.analysis.active_params import active_params, parameters_read
from flopscope.analysis.conventions import total
from flopscope.api import profile_target
from flopscope.errors import FlopscopeError
from flopscope.request import Request
from tests.truth import detectors, language, zoo

TRUTH = Path(__file__).parent.parent / "tests" / "truth"

INTRODUCTION = """\
# Accuracy

What flopscope counts beside what others publish. Written by `python -m benchmarks.accuracy`, with {versions}. The figures and their
sources are in `tests/truth`, and tests hold the counts to them. One GMAC is 10⁹ multiply-accumulates; every model is counted from shapes
alone, without weights."""

TORCHVISION = """\
## torchvision

`weights.meta["_ops"]`, to the three decimals printed, and `num_params`, of every published set of weights. The example is a family's
smallest model."""

DETECTORS = """\
## Detectors of torchvision

What a detector does depends on the boxes that it finds. A trace keeps as many as the detector is set to keep: no box is below the
threshold, none suppresses another. Where the published run, on noise, kept fewer, the difference is these boxes times the work per box.
(Keypoint R-CNN is counted without detections: it resizes each one's heat map to the size of the box.)"""

TIMM = """\
## timm

timm's published figures were counted by fvcore, which adds normalisations, pooling and resizing to the multiply-accumulates and leaves
out convolutions with `padding="same"`. The middle column is the same trace in that convention (`flopscope.analysis.conventions`),
with attention in the open, as timm had it counted. Four models were published with their branches folded, and three under names that
now lead to another model; they are built as they were published. The example is a family's smallest model."""

PYCLS = """\
## pycls

pycls derives its figures layer by layer, additions of biases included; the same layers built by timm come to the same integers."""

LANGUAGE = """\
## Language models

Built from their configurations. GMACs are of 128 tokens, experts included. Active parameters are those that one token really reads
(`flopscope.analysis.active_params`): of a stack of experts the chosen ones, of the embedding one row. Publishers differ about the
embedding: Mixtral and Qwen3 count the whole table, gpt-oss and DeepSeek do not. Qwen3's 3.353 is published as 3.3; DeepSeek's 36.6 as
37 and, in its notes on the weights, as 36.7. The routers' correction biases, 58 × 256 numbers, are parameters in DeepSeek's listing and
buffers here."""

PEERS = """\
## Other counters

The same models run by other counters on the CPU, in inference, without gradients: GMACs as each reports them (half of what
`torch.utils.flop_counter` calls FLOPs), and how far that is from the multiply-accumulates of all contractions. A dash: it failed."""


def rows_of(name: str) -> list[dict[str, str]]:
    """A table of published figures."""
    return list(csv.DictReader((TRUTH / name).read_text(encoding="utf-8").splitlines()))


def counting(rows: Iterable[dict[str, str]], name: str) -> Iterator[dict[str, str]]:
    """The rows, each announced."""
    for row in rows:
        say(row[name])
        yield row


def say(text: str) -> None:
    """Tell whoever waits what is being counted."""
    print(text, file=sys.stderr, flush=True)


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table in Markdown, its first column text and the others figures."""
    lines = ["| " + " | ".join(header) + " |", "|---" + "|---:" * (len(header) - 1) + "|"]
    lines += ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    return "\n".join(lines)


def by_family(
    counted: Iterable[tuple[str, int, tuple[object, ...], bool]],
) -> Iterator[list[object]]:
    """Families with their models, how many are equal to the published, and the smallest's cells."""
    families: dict[str, list[tuple[int, tuple[object, ...], bool]]] = {}
    for family, macs, cells, equal in counted:
        families.setdefault(family, []).append((macs, cells, equal))
    for family in sorted(families):
        members = families[family]
        _, cells, _ = min(members, key=lambda member: member[0])
        yield [family, len(members), sum(equal for *_, equal in members), *cells]


def torchvision_families() -> Iterator[tuple[str, int, tuple[object, ...], bool]]:
    """Every weights of torchvision that are no detector's."""
    known: dict[tuple[str, str], tuple[int, int]] = {}
    rows = [row for row in rows_of("torchvision.csv") if row["task"] != "detection"]
    for row in counting(rows, "weights"):
        target = row["target"], row["shapes"]
        if target not in known:
            request = Request(row["target"], shapes=tuple(row["shapes"].split()), time=False)
            report = profile_target(request)
            known[target] = report.macs, report.params
        macs, params = known[target]
        ours, published = f"{macs / 1e9:.3f}", f"{float(row['published_gmacs']):.3f}"
        module, _, function = row["target"].partition(":")
        builder = getattr(importlib.import_module(module), function.partition("(")[0])
        family = builder.__module__.removeprefix("torchvision.models.")
        equal = ours == published and params == int(row["published_params"])
        yield family, macs, (row["weights"].partition("_Weights")[0], ours, published), equal


def detector_rows() -> Iterator[list[object]]:
    """Every weights of a detector of torchvision."""
    for row in counting(detectors.ROWS, "weights"):
        count, _ = detectors.count(row)
        boxes = f"{count.published} of {count.traced} {count.boxes}" if count.boxes else "all"
        yield [
            row["weights"].replace("_Weights", ""),
            f"{count.macs / 1e9:.3f}",
            boxes,
            f"{count.macs_with_published_boxes / 1e9:.3f}",
            f"{float(row['published_gmacs']):.3f}",
        ]


def timm_families() -> Iterator[tuple[str, int, tuple[object, ...], bool]]:
    """Every published model and image size of timm that is tested."""
    for row in counting(rows_of("timm.csv"), "model"):
        size = int(row["img_size"])
        macs = tree.profile(zoo.trace_of(row["model"], size)).root.cost.macs
        theirs = total(zoo.published_trace_of(row["model"], size), "fvcore")
        published = f"{float(row['published_gmacs']):.2f}"
        cells = row["model"], f"{macs / 1e9:.3f}", f"{theirs / 1e9:.2f}", published
        equal = macs == int(row["macs"]) and f"{theirs / 1e9:.2f}" == published
        yield row["family"], macs, cells, equal


def timm_census() -> str:
    """Whether every model that timm lists is counted, and completely."""
    names = timm.list_models()
    wrong: dict[str, str] = {}
    for name in names:
        say(name)
        try:
            uncounted = tree.profile(zoo.trace_at_own_size(name)).uncounted
        except FlopscopeError as error:
            wrong[name] = error.message
        else:
            wrong |= {name: f"{entry.op} is uncounted" for entry in uncounted}
    whole = (
        f"Of the {len(names)} models that timm lists, {len(names) - len(wrong)} are counted whole"
    )
    return f"{whole}; the others: {wrong}." if wrong else f"{whole}."


def pycls_rows() -> Iterator[list[object]]:
    """Every model of pycls that timm builds, too."""
    for row in counting(rows_of("pycls.csv"), "name"):
        ours = total(zoo.trace_of(row["timm"], int(row["img_size"])), "pycls")
        yield [row["name"], f"{ours:,}", f"{int(row['macs_and_biases']):,}"]


def language_rows() -> Iterator[list[object]]:
    """Language models with published params."""
    for row in language.ROWS:
        say(row["model"])
        model = language.built(row)
        counted = tree.profile(language.trace_of_tokens(model, 128)).root
        one_token = language.trace_of_tokens(model, 1)
        active = active_params(one_token)
        read = parameters_read(one_token)
        sizes = dict(model.named_parameters())
        rows_left = sum(
            sizes[name].numel() - read[name]
            for name in read
            if name.endswith("embed_tokens.weight")
        )
        yield [
            row["model"],
            f"{counted.params:,}",
            published_params(row),
            f"{counted.cost.macs / 1e9:.6f}",
            f"{float(row['gmacs']):.6f}" if "gmacs" in row else "",
            f"{active / 1e9:.3f}",
            f"{(active + rows_left) / 1e9:.3f}",
            row.get("active_billions", ""),
        ]


def published_params(row: dict[str, Any]) -> str:
    """As exact as they were published."""
    if "params" in row:
        return f"{row['params']:,}"
    return f"{row['params_billions']} × 10⁹" if "params_billions" in row else ""


def versions() -> str:
    """What the figures were made with."""
    names = ("torch", "torchvision", "timm", "transformers", "thop", "fvcore")
    return ", ".join(f"{name} {version(name)}" for name in names)


FAMILY = ("family", "published", "equal", "example")


def document() -> Iterator[str]:
    """The sections of the document."""
    yield INTRODUCTION.format(versions=versions())
    yield TORCHVISION
    yield table((*FAMILY, "GMACs", "published"), by_family(torchvision_families()))
    yield DETECTORS
    header = ("weights", "GMACs", "boxes of the published run", "GMACs with these", "published")
    yield table(header, detector_rows())
    yield TIMM
    header = (*FAMILY, "GMACs", "as fvcore counts", "published")
    yield table(header, by_family(timm_families()))
    yield timm_census()
    yield PYCLS
    yield table(("model", "MACs and biases", "pycls"), pycls_rows())
    yield LANGUAGE
    header = ("model", "params", "published", "GMACs", "expected")
    active = ("active, 10⁹", "with the whole table", "published")
    yield table((*header, *active), language_rows())
    yield PEERS
    header = ("model", "GMACs", "thop", "fvcore", "torch.utils.flop_counter")
    yield table(header, peers(say))


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # of deprecated names in timm and torch.jit
    torch.manual_seed(0)
    print("\n\n".join(document()))
