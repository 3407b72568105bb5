"""Formats as other programs read them, where those are installed: pip install --group readers."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from flopscope.analysis.difference import difference
from flopscope.analysis.verdicts import Check, Verdict
from flopscope.analysis.written import Counts, Layer, Written
from flopscope.records import ModuleSpec
from flopscope.report import FORMATS, Report, View
from flopscope.report.difference import DIFFERENCE_FORMATS
from flopscope.report.verdicts import VERDICT_FORMATS
from flopscope.tree import Node
from tests.unit.report.samples import SAMPLES

NEEDED = "needs the group readers"

NAMES = (
    "</script><script>alert(1)</script>",
    "a|b`c*d*",
    "@user #12 $x^2_y$ ~~gone~~",
    "\"quoted\" 'single' & <b> &amp;",
    "100%_\\{x}~^",
    "[link](https://example)",
    "https://example",
    "tab\there",
)
"""What a module can be called: anything without a dot."""

MODEL = SAMPLES["language_model"]
TARGET = NAMES[0]


@pytest.fixture
def report() -> Report:
    children = tuple(
        Node(ModuleSpec(name, "Li|n`ear", calls=1, params=1), MODEL.profile.root.own_cost)
        for name in NAMES
    )
    profile = replace(MODEL.profile, root=replace(MODEL.profile.root, children=children))
    return replace(MODEL, target=TARGET, profile=profile, notes=NAMES)


VERDICTS = (
    Verdict("net", "pkg:Net", (Check("macs", 5e9, 4e9, None, (('a"b', 4e9),)),)),
    Verdict('a "name"\n\\', "pkg:Net", (Check("params", 12_345_678_901, 2e10),)),
    Verdict("broken\x1b[31m", "pkg:Gone", failure="it says \x1b[31mno\x00", exit_code=3),
)


def tokens(text: str) -> list[Any]:
    """What GitHub's Markdown makes of a text, inline content among it."""
    markdown_it = pytest.importorskip("markdown_it", reason=NEEDED)
    pytest.importorskip("linkify_it", reason=NEEDED)
    parsed = markdown_it.MarkdownIt("gfm-like", {"html": True}).parse(text)
    return [token for each in parsed for token in (each, *(each.children or ()))]


def cells(found: list[Any]) -> list[str]:
    """The text of the cells of tables."""
    inside = (after for before, after in pairwise(found) if before.type in {"th_open", "td_open"})
    return [
        "".join(each.content for each in cell.children if each.type == "text") for cell in inside
    ]


def require_plain(found: list[Any]) -> None:
    """Only what we mean is markup: tables, lists, bold labels, a few tags without attributes."""
    kinds = {token.type for token in found}
    assert not kinds & {"link_open", "em_open", "s_open", "image", "code_inline", "fence"}
    tags = {token.content for token in found if token.type == "html_inline"}
    assert tags <= {"<code>", "</code>", "<br>"}
    blocks = "".join(token.content for token in found if token.type == "html_block")
    assert "<script" not in blocks
    assert blocks.count("<details>") == blocks.count("</details>")


def test_github_reads_a_report_as_it_is_meant(report: Report) -> None:
    found = tokens(FORMATS["markdown"](report, View()))

    require_plain(found)
    assert [token.type for token in found].count("table_open") == 2
    shown = [cell.replace("\xa0", " ") for cell in cells(found)]
    for name in NAMES[:-1]:
        assert any(cell.endswith(name) for cell in shown)
    assert any(cell.endswith("tab here") for cell in shown)


def test_github_reads_a_difference_as_it_is_meant() -> None:
    found = tokens(DIFFERENCE_FORMATS["markdown"](difference(written(()), written(NAMES)), View()))

    require_plain(found)
    assert [token.type for token in found].count("table_open") == 2
    shown = [cell.replace("\xa0", " ") for cell in cells(found)]
    assert [cell for cell in shown if cell in NAMES] == list(NAMES[:-1])


def written(names: tuple[str, ...]) -> Written:
    """A report of a model that holds modules of these names, the first the dearest."""
    counts = [Counts(1, 1, 20 - place, 1) for place in range(len(names))]
    whole = Counts(9, 9, sum(each.flops for each in counts), 9)
    root = Layer("", "Net", 1, whole, Counts(0, 0, 0, 0), None, None, None)
    layers = (
        Layer(name, "Li|n`ear", 1, own, own, None, None, None)
        for name, own in zip(names, counts, strict=True)
    )
    versions = {"flopscope": "1", "torch": "2"}
    return Written("x", TARGET, "", (), versions, (root, *layers), 0, None, None, None)


def test_junit_is_read_with_every_verdict() -> None:
    junitparser = pytest.importorskip("junitparser", reason=NEEDED)
    text = VERDICT_FORMATS["junit"](VERDICTS, View())

    (suite,) = junitparser.JUnitXml.fromstring(text.encode())
    assert (suite.tests, suite.failures, suite.errors) == (3, 1, 1)
    results = [[type(result).__name__ for result in case.result] for case in suite]
    assert results == [["Failure"], [], ["Error"]]


def test_junit_is_well_formed_whatever_an_error_says() -> None:
    root = ElementTree.fromstring(VERDICT_FORMATS["junit"](VERDICTS, View()))

    (error,) = root.iter("error")
    assert (error.get("message") or "").rstrip() == "it says no"


def test_metrics_are_read_with_their_values() -> None:
    parser = pytest.importorskip("prometheus_client.openmetrics.parser", reason=NEEDED)
    text = VERDICT_FORMATS["metrics"](VERDICTS, View())

    families = parser.text_string_to_metric_families(f"{text}\n")
    samples = [(s.name, s.labels["budget"], s.value) for f in families for s in f.samples]
    assert samples == [
        ("flopscope_macs", "net", 5e9),
        ("flopscope_params", 'a "name"\n\\', 12_345_678_901),
    ]


def test_latex_sets_every_name(report: Report, tmp_path: Path) -> None:
    if shutil.which("pdflatex") is None or not _has_booktabs():
        pytest.skip("needs pdflatex and its package booktabs")
    (tmp_path / "report.tex").write_text(FORMATS["latex"](report, View()), encoding="utf-8")
    (tmp_path / "paper.tex").write_text(
        r"\documentclass{article}\usepackage[T1]{fontenc}\usepackage{booktabs}"
        r"\begin{document}\input{report}\end{document}"
    )
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]


def _has_booktabs() -> bool:
    found = subprocess.run(["kpsewhich", "booktabs.sty"], capture_output=True, check=False)
    return found.returncode == 0
