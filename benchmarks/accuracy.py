"""flopscope's figures beside published ones and beside other counters, as the text of a document.

    python -m benchmarks.accuracy > docs/accuracy.md     # from the root; needs the truth group
    python -m benchmarks.accuracy pycls language         # some of its tables alone

The text around the tables is ``accuracy.md``, beside this file. Published figures and their sources
are in ``tests/truth``, where tests hold the counts to them. What is being counted goes to stderr.
"""

from __future__ import annotations

import csv
import importlib
import signal
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from string import Formatter
from typing import Any

import timm
from torch import nn

from benchmarks.accuracy_peers import peers
from flopscope import tree
from flopscope.analysis.active_params import active_params, parameters_read
from flopscope.analysis.conventions import total
from flopscope.errors import FlopscopeError
from flopscope.request import GivenInputs, Request
from flopscope.targeting import profile_target
from tests.truth import detectors, language, zoo

TRUTH = Path(__file__).parent.parent / "tests" / "truth"
PATIENCE = 240
TEMPLATE = Path(__file__).with_suffix(".md")


def rows_of(name: str) -> list[dict[str, str]]:
    """A table of published figures."""
    return list(csv.DictReader((TRUTH / name).read_text(encoding="utf-8").splitlines()))


def counting(rows: Iterable[dict[str, str]], name: str) -> Iterator[dict[str, str]]:
    """The rows, each announced."""
    for row in rows:
        say(row[name])
        yield row


def say(text: str) -> None:
    """Tell whoever waits what is being counted, and give it a few minutes."""
    signal.alarm(PATIENCE)
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
            request = Request(
                row["target"], inputs=GivenInputs(tuple(row["shapes"].split())), time=False
            )
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
            if uncounted:
                wrong[name] = f"{uncounted[0].op} is uncounted"
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
        yield [
            row["model"],
            f"{counted.params:,}",
            published_params(row),
            f"{counted.cost.macs / 1e9:.6f}",
            f"{float(row['gmacs']):.6f}" if "gmacs" in row else "",
            *(active_cells(row, model) if "active_billions" in row else ("", "", "")),
        ]


def active_cells(row: dict[str, Any], model: nn.Module) -> tuple[str, str, str]:
    """Active parameters with a row of the embedding, with all of it, and as published."""
    one_token = language.trace_of_tokens(model, 1)
    active = active_params(one_token)
    (name,) = (name for name in parameters_read(one_token) if "embed_tokens" in name)
    whole = active - parameters_read(one_token)[name] + model.get_parameter(name).numel()
    return f"{active / 1e9:.3f}", f"{whole / 1e9:.3f}", row["active_billions"]


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

SECTIONS: Mapping[str, Callable[[], str]] = {
    "versions": versions,
    "torchvision": lambda: table(
        (*FAMILY, "GMACs", "published"), by_family(torchvision_families())
    ),
    "detectors": lambda: table(
        ("weights", "GMACs", "boxes of the published run", "GMACs with these", "published"),
        detector_rows(),
    ),
    "timm": lambda: table(
        (*FAMILY, "GMACs", "as fvcore counts", "published"), by_family(timm_families())
    ),
    "census": timm_census,
    "pycls": lambda: table(("model", "MACs and biases", "pycls"), pycls_rows()),
    "language": lambda: table(
        (
            *("model", "params", "published", "GMACs", "expected"),
            *("active, 10⁹", "with the whole table", "published"),
        ),
        language_rows(),
    ),
    "peers": lambda: table(
        ("model", "GMACs", "thop", "fvcore", "torch.utils.flop_counter"), peers(say)
    ),
}
"""What fills the places of the document."""


def document() -> Iterator[str]:
    """The text of the document, each piece as soon as it is known."""
    for text, section, _, _ in Formatter().parse(TEMPLATE.read_text(encoding="utf-8")):
        yield text
        if section:
            yield SECTIONS[section]()


def too_long(_signal: int, _frame: object) -> None:
    """Give up on a model that takes forever."""
    raise TimeoutError(f"one model took more than {PATIENCE} seconds")


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # of deprecated names in timm and torch.jit
    signal.signal(signal.SIGALRM, too_long)
    asked = sys.argv[1:]
    for piece in (SECTIONS[name]() for name in asked) if asked else document():
        print(piece, end="\n" if asked else "", flush=True)
