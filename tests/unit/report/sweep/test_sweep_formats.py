"""A sweep is a table, CSV, JSON, a plot and a picture, of the same points."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from flopscope.analysis.sweep.rows import Row, Sweep
from flopscope.errors import UsageError
from flopscope.report.sweep import SWEEP_FORMATS, SweepView, sweep_format_of
from flopscope.report.sweep.columns import BY_NAME, SWEEP_COLUMNS, curves, figures_needed
from flopscope.report.sweep.picture import draw
from flopscope.report.sweep.plot import plot


def row(batch: int, side: int) -> Row:
    figures = {"macs": batch * side**2, "flops": 2 * batch * side**2, "bytes_moved": 4 * side}
    return Row("net", {"B": batch, "R": side}, "law", figures, seconds=batch / 1000, error=0.02)


SWEEP = Sweep(
    ("B", "R"),
    (
        *(row(batch, side) for batch in (1, 8) for side in (32, 64, 128)),
        Row("net", {"B": 8, "R": 256}, "refused", message="too large"),
    ),
    ("a note",),
)
VIEW = SweepView(("macs", "flops", "seconds"), best=[0])


def test_a_table_has_a_line_for_each_point_and_marks_the_best() -> None:
    lines = SWEEP_FORMATS["table"](SWEEP, VIEW).splitlines()
    assert lines[0].split() == ["B", "R", "MACs", "FLOPs", "Time", "Best"]
    assert lines[2].split() == ["1", "32", "1.02", "k", "2.05", "k", "1.00", "ms", "*"]
    assert lines[8].split() == ["8", "256", "-", "-", "-", "too", "large"]


def test_a_table_says_where_figures_are_from() -> None:
    text = SWEEP_FORMATS["table"](SWEEP, VIEW)
    assert "6 points by an exact law" in text
    assert "1 point refused" in text
    assert "within 2%" in text
    assert "a note" in text


def test_csv_has_exact_figures_under_their_names() -> None:
    rows = list(csv.DictReader(SWEEP_FORMATS["csv"](SWEEP, VIEW).splitlines()))
    assert rows[4]["B"], rows[4]["R"] == ("8", "64")
    assert (rows[4]["macs"], rows[4]["seconds"], rows[4]["params"]) == (str(8 * 64**2), "0.008", "")
    assert (rows[6]["origin"], rows[6]["macs"]) == ("refused", "")
    assert [each["best"] for each in rows] == ["1", "0", "0", "0", "0", "0", "0"]


def test_json_has_every_row() -> None:
    document = json.loads(SWEEP_FORMATS["json"](SWEEP, VIEW))
    assert document["schema"] == "flopscope.sweep/1"
    assert (document["symbols"], len(document["rows"])) == (["B", "R"], 7)
    assert document["rows"][5]["figures"]["flops"] == 2 * 8 * 128**2


def test_a_curve_is_for_each_combination_of_the_other_sizes() -> None:
    against, lines = curves(SWEEP, VIEW)
    assert against == "R"
    assert list(lines) == ["B = 1", "B = 8"]
    assert lines["B = 8"][0] == (32, 2 * 8 * 32**2)


@pytest.mark.parametrize("width", [40, 80, 120])
def test_a_plot_keeps_to_its_width_and_marks_every_curve(width: int) -> None:
    text = plot(SWEEP, SweepView((), width=width))
    lines = text.splitlines()
    assert max(map(len, lines)) <= width
    assert lines[-2:] == ["a  B = 1", "b  B = 8"]
    drawn = "".join(line.partition("┤")[2] + line.partition("│")[2] for line in lines)
    assert (drawn.count("a"), drawn.count("b")) == (3, 3)


def test_a_plot_of_what_nobody_knows_is_empty() -> None:
    assert plot(SWEEP, SweepView((), plotted="params")) == ""


def test_a_plot_of_one_value_is_a_line_on_the_ground_or_above() -> None:
    one = Sweep(("R",), (Row("net", {"R": 8}, "count", {"flops": 5}),))
    assert plot(one, SweepView(())).count("a") >= 1


def test_text_is_in_ascii_where_nothing_else_can_be_shown() -> None:
    view = SweepView(("macs", "moved"), ascii=True)
    assert SWEEP_FORMATS["table"](SWEEP, view).isascii()
    assert plot(SWEEP, view).isascii()


def test_every_column_has_a_cell_for_every_row() -> None:
    for column in SWEEP_COLUMNS:
        assert all(column.cell(each) for each in SWEEP.rows)


def test_the_figures_that_columns_need_are_figures_of_rows() -> None:
    assert figures_needed(("macs", "intensity", "seconds")) == ("macs", "flops", "bytes_moved")
    assert BY_NAME["intensity"].value(row(1, 32)) == 2 * 32**2 / (4 * 32)


@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_a_picture_is_drawn_where_matplotlib_is_installed(tmp_path: Path, suffix: str) -> None:
    pytest.importorskip("matplotlib", reason="pictures are an extra")
    path = tmp_path / f"curve{suffix}"
    draw(SWEEP, VIEW, path)
    assert path.read_bytes().startswith({".svg": b"<?xml", ".png": b"\x89PNG"}[suffix])


def test_a_suffix_that_nothing_is_known_of_is_refused() -> None:
    assert sweep_format_of(Path("a.csv")) == "csv"
    assert sweep_format_of(Path("a.SVG")) is None
    with pytest.raises(UsageError, match=r"a\.xlsx"):
        sweep_format_of(Path("a.xlsx"))
