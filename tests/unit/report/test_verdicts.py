"""What became of budgets, as text for GitHub and for other runs of the command."""

from __future__ import annotations

import json
from pathlib import Path

from flopscope.analysis.difference import difference
from flopscope.analysis.verdicts import Check, Verdict
from flopscope.report import View
from flopscope.report.verdicts import render, workflow_commands
from flopscope.report.verdicts_files import render_json, verdicts_from
from flopscope.report.verdicts_markdown import MOST_NBYTES, summary
from flopscope.report.verdicts_markdown import render as render_markdown
from flopscope.units import many
from tests.unit.analysis.test_difference import NET, written

LIMIT = 65_536
"""Characters of a comment on GitHub."""

WIDER = {**NET, "head": ("Linear", NET["head"][1] + 40)}


def verdict(name: str, value: float = 2000, limit: float = 1000) -> Verdict:
    blamed = (("x" * 280, 1500.0), ("head", 500.0)) if value > limit else ()
    return Verdict(name, "nets:Net", (Check("macs", value, limit, blamed=blamed),))


def test_markdown_is_as_large_as_its_place_takes_and_says_what_is_missing() -> None:
    verdicts = [verdict(f"{'n' * 280}{number}") for number in range(4000)]
    comment, of_a_step = render_markdown(verdicts, View()), summary(verdicts)

    assert len(comment) < LIMIT
    assert len(f"{of_a_step}\n".encode()) <= MOST_NBYTES
    for text in (comment, of_a_step):
        rows = text.count("| ❌ |")
        assert rows > 10
        assert f"and {many(4000 - rows, 'more limit')}" in text


def test_broken_budgets_come_first() -> None:
    text = render_markdown([verdict("kept", value=1), verdict("broken")], View())
    assert text.index("broken</code>") < text.index("kept</code>")


def test_a_name_is_no_markup() -> None:
    text = render_markdown([verdict("a|b`<img>@you")], View())
    assert not {"|b", "<img", "@you"} & set(text.split())
    assert all(piece not in text for piece in ("a|b", "<img>", "@you"))


def test_a_change_is_shown_below_and_not_read_back() -> None:
    changed = Verdict("net", "nets:Net", change=difference(written(NET), written(WIDER)))
    text = render([changed], View())
    markdown = render_markdown([changed], View())

    assert "1 changed" in text
    assert "FLOPs +40" in text
    assert "<details><summary>1 module: 1 changed</summary>" in markdown
    document = json.loads(render_json([changed], View()))
    assert document["verdicts"][0]["change"]["changes"][0]["added"]["flops"] == 40
    assert verdicts_from(document, Path("one.json")) == (Verdict("net", "nets:Net"),)


def test_a_mark_on_a_file_is_one_line() -> None:
    (line,) = workflow_commands([Verdict("a:b,c", "nets:Net", failure="50%\nlost")], None)
    assert line == "::error title=flopscope%3A a%3Ab%2Cc::50%25%0Alost"
