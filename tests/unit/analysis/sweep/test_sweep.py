"""Rows of a sweep: which a law may cover, which are best, and how they are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from flopscope.analysis.sweep.kept import Kept
from flopscope.analysis.sweep.pareto import Aim, front
from flopscope.analysis.sweep.plan import parts_of
from flopscope.analysis.sweep.rows import Row, points_of


def row(flops: int | None, params: int = 0, **sizes: int) -> Row:
    figures = {"params": params} if flops is None else {"flops": flops, "params": params}
    return Row("net", sizes, "count", figures)


FLOPS = Aim("flops", lambda each: each.figures.get("flops"))
PARAMS = Aim("params", lambda each: each.figures.get("params"))
MANY_PARAMS = Aim("params", lambda each: each.figures.get("params"), is_more_better=True)


def test_the_best_are_those_that_no_other_beats_in_everything() -> None:
    rows = [row(10, 5), row(20, 3), row(20, 4), row(30, 9), row(10, 5)]
    assert front(rows, [FLOPS, PARAMS]) == [0, 1, 4]


def test_more_may_be_better() -> None:
    rows = [row(10, 5), row(20, 3), row(30, 9)]
    assert front(rows, [FLOPS, MANY_PARAMS]) == [0, 2]


def test_a_row_without_a_figure_is_not_among_the_best() -> None:
    assert front([row(None, 1), row(5, 2)], [FLOPS, PARAMS]) == [1]


def test_points_are_all_combinations_with_the_last_symbol_fastest() -> None:
    assert list(points_of({"B": [1, 2], "R": [8, 16]})) == [
        {"B": 1, "R": 8},
        {"B": 1, "R": 16},
        {"B": 2, "R": 8},
        {"B": 2, "R": 16},
    ]


def test_a_law_covers_symbols_of_many_sizes_that_need_no_other_model() -> None:
    sizes = {"depth": range(1, 9), "B": [1, 8], "R": range(32, 512, 32)}
    parts = parts_of(sizes, rebuilding={"depth"})
    assert list(parts.outer) == ["depth", "B"]
    assert (list(parts.inner), parts.inner_points) == (["R"], 15)


def test_kept_rows_are_read_back_by_their_sizes(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "rows.jsonl"
    Kept(path).add(row(10, B=1), row(20, B=2))
    Kept(path).add(row(30, B=3))

    again = Kept(path)

    assert {"B": 2} in again
    assert {"B": 4} not in again
    assert again.row({"B": 3}) == row(30, B=3)
    assert len(path.read_text(encoding="utf-8").splitlines()) == 3


@pytest.mark.parametrize("cut", range(1, 40, 7))
def test_a_line_that_a_killed_run_left_unfinished_is_dropped(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "rows.jsonl"
    Kept(path).add(row(10, B=1), row(20, B=2))
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])

    Kept(path).add(row(20, B=2))

    assert path.read_bytes() == whole
    assert Kept(path).row({"B": 2}) == row(20, B=2)


def test_what_something_else_wrote_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"hello": 1}\nnot json\n[]\n', encoding="utf-8")
    assert Kept(path).rows == {}


def test_what_is_forgotten_is_gone(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "rows.jsonl")
    kept.add(row(10, B=1))
    kept.forget()
    assert not kept.path.exists()
    assert {"B": 1} not in kept
    kept.forget()
