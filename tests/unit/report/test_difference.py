"""What changed between two reports, as a reader is shown it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from flopscope.analysis.difference import difference
from flopscope.analysis.written import Counts, Layer, Run, Written
from flopscope.records import Scope
from flopscope.report import View
from flopscope.report.difference import DIFFERENCE_FORMATS
from flopscope.report.difference_markdown import MOST_CHARACTERS
from flopscope.report.difference_rows import FIGURES, groups_of

Own = Mapping[Scope, tuple[str, int]]
"""By scope, parents first: a module's type and its own FLOPs."""

HOSTILE = "a|b`c`_d_ </details> @user #12"


def counts(flops: int, moved: int | None = None) -> Counts:
    return Counts(flops // 2, flops // 2, flops, flops if moved is None else moved)


def written(own: Own, name: str = "pkg:Net", **facts: object) -> Written:
    layers = tuple(_layers(own))
    plain = Written(
        name, "pkg:Net", "", (), {"flopscope": "1", "torch": "2"}, layers, 0, None, None, None
    )
    return replace(plain, **facts)  # type: ignore[arg-type]  (fields of Written)


def _layers(own: Own) -> Iterator[Layer]:
    for scope, (kind, flops) in own.items():
        inside = sum(
            figure
            for other, (_, figure) in own.items()
            if not scope or other == scope or other.startswith(f"{scope}.")
        )
        yield Layer(scope, kind, 1, counts(inside), counts(flops), None, None, None)


def stack(blocks: int, flops: int, name: str = "up") -> Own:
    own = {"": ("Net", 0), "blocks": ("ModuleList", 0)}
    for block in range(blocks):
        own |= {f"blocks.{block}": ("Block", 0), f"blocks.{block}.{name}": ("Linear", flops)}
    return own


def shown(before: Own | Written, after: Own | Written, format_name: str = "table") -> str:
    sides = (each if isinstance(each, Written) else written(each) for each in (before, after))
    return DIFFERENCE_FORMATS[format_name](difference(*sides), View())


def labels(before: Own, after: Own) -> list[str]:
    groups = groups_of(difference(written(before), written(after)).changes)
    return [group.label for group in groups]


def test_the_same_change_in_every_block_is_one_line_with_the_sum() -> None:
    (group,) = groups_of(difference(written(stack(12, 100)), written(stack(12, 140))).changes)

    assert group.label == "blocks.0-11.up ×12"
    assert [group.added(figure) for figure in FIGURES] == [12 * 20, 12 * 20, 12 * 40, 12 * 40]


def test_the_same_renaming_in_every_block_is_one_line() -> None:
    after = stack(12, 100, "fc1")

    assert labels(stack(12, 100), after) == ["blocks.0-11.up → blocks.0-11.fc1 ×12"]


def test_blocks_between_which_others_stayed_are_named_one_by_one() -> None:
    before = stack(8, 100)
    changed = {f"blocks.{block}.up": ("Linear", 140) for block in (0, 1, 2, 5)}
    every_other = {f"blocks.{block}.up": ("Linear", 140) for block in (0, 2, 4, 6)}

    assert labels(before, {**before, **changed}) == ["blocks.0-2,5.up ×4"]
    assert labels(before, {**before, **every_other}) == ["blocks.0,2,…,6.up ×4"]


def test_a_line_names_no_module_that_did_not_change() -> None:
    """Stages of one and of three blocks are not two stages of three."""
    before: dict[Scope, tuple[str, int]] = {"": ("Net", 0)}
    for stage, blocks in ((0, 1), (1, 3)):
        before[f"{stage}"] = ("Stage", 0)
        before |= {f"{stage}.{block}": ("Linear", 10) for block in range(blocks)}
    after = {scope: (kind, 2 * flops) for scope, (kind, flops) in before.items()}

    assert labels(before, after) == ["1.0-2 ×3", "0.0"]


def test_a_table_is_as_wide_as_its_view() -> None:
    long = {"": ("Net", 0), "a_module_with_a_name_" * 8: ("A" * 60, 10)}
    found = difference(written({"": ("Net", 0)}), written(long))
    for width in (60, 80, 120, 200):
        text = DIFFERENCE_FORMATS["table"](found, View(width=width))
        assert max(map(len, text.splitlines())) <= width
        assert "+10" in text


def test_bytes_alone_are_told_where_nothing_else_changed() -> None:
    """What another element type makes of a module."""
    before = written(stack(1, 100))
    layers = [
        replace(each, own=counts(each.own.flops, each.own.flops // 2)) for each in before.layers
    ]
    text = shown(before, replace(before, layers=tuple(layers)))

    (line,) = (line for line in text.splitlines() if "blocks.0.up" in line)
    assert line.split() == ["~", "blocks.0.up", "Linear", "-50", "B"]
    assert "Params" not in text.split("1 module")[1]


@pytest.mark.parametrize("format_name", ["table", "markdown"])
def test_what_was_not_counted_is_said(format_name: str) -> None:
    after = written(stack(1, 100), uncounted=("mylib.scan",))

    assert "mylib.scan" in shown(stack(1, 100), after, format_name)
    assert "not counted" not in shown(stack(1, 100), stack(1, 100), format_name)


@pytest.mark.parametrize("format_name", ["table", "markdown"])
def test_other_inputs_are_said(format_name: str) -> None:
    sides = [written(stack(1, 100), inputs=(("x", (1, size), "float32"),)) for size in (8, 16)]

    assert "not the same inputs: 1×8 float32 and 1×16 float32" in shown(*sides, format_name)


def test_files_say_which_model_they_are_of() -> None:
    inputs = (("x", (1, 8), "float32"),)
    before, after = (written(stack(1, 100), name, inputs=inputs) for name in ("old", "new"))

    assert shown(before, after).splitlines()[:2] == ["old → new", "pkg:Net on 1×8 float32"]


def test_a_time_that_differs_by_less_than_its_error_is_said_so() -> None:
    runs = [Run("cpu", "a CPU", 1, seconds, 0.03, None) for seconds in (0.100, 0.104, 0.200)]
    before, near, far = (written(stack(1, 100), run=run) for run in runs)

    # Of the difference: 0.03 · √(0.100² + 0.104²) = 4.3 ms.
    assert "+4.00 ms (+4.0%, within the error)" in shown(before, near)
    assert "+100 ms (+100.0%)" in shown(before, far)


def test_no_name_is_taken_for_markdown() -> None:
    after = {**stack(1, 100), HOSTILE: ("Lin|ear", 10)}
    text = shown(stack(1, 100), after, "markdown")

    assert text.count("</details>") == 1
    (line,) = (line for line in text.splitlines() if "user" in line)
    assert line.count("|") == 1 + 7  # between seven columns
    assert not re.search(r"[@#`](?!\d+;)", line.replace("&#", ""))


def test_a_comment_is_never_longer_than_github_takes_and_never_cut_in_the_middle() -> None:
    after: dict[Scope, tuple[str, int]] = {"": ("Net", 0)}
    after |= {f"{'|' * 3000}{chr(65 + i)}": ("<" * 3000 + chr(65 + i), 10 + i) for i in range(26)}
    text = shown({"": ("Net", 0)}, after, "markdown")

    assert len(text.encode()) <= MOST_CHARACTERS
    assert text.count("<details>") == text.count("</details>")
