"""The table in terminals, pipes and poor encodings."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from flopscope.records import TensorSpec
from flopscope.report import FORMATS, View
from flopscope.report.grid import grid_of
from tests.unit.report.samples import SAMPLES

ANSI = re.compile(r"\x1b\[[\d;]*m")
render = FORMATS["table"]

samples = pytest.mark.parametrize("report", SAMPLES.values(), ids=SAMPLES)


@samples
@pytest.mark.parametrize("width", [72, 80, 100, 120, 160, 200])
def test_no_line_is_wider_than_the_terminal(report, width):
    assert max(map(len, render(report, View(width=width)).splitlines())) <= width


@samples
def test_a_pipe_gets_everything(report):
    text = render(report, View())
    assert "…" not in text
    assert "left out" not in text
    assert all(node.name in text for node in report.modules.values() if node.spec.calls == 1)


@samples
@pytest.mark.parametrize("width", range(30, 130, 10))
def test_no_width_ever_cuts_a_figure(report, width):
    whole, fitted = (grid_of(report, View(width=limit)) for limit in (None, width))
    table = render(report, View(width=width))
    for column in fitted.columns[1:]:
        if column.kind != "name":
            cells = [cell.strip() for cell in fitted.cells[column.name]]
            assert cells == [cell.strip() for cell in whole.cells[column.name]]
            assert all(cell in table for cell in cells)


@samples
def test_columns_that_do_not_fit_are_named(report):
    wide, narrow = (render(report, View(width=width)) for width in (None, 80))
    titles, kept = (
        set(re.split(r"  +", text.split("\n\n")[1].splitlines()[0])) for text in (wide, narrow)
    )
    (line,) = (line for line in narrow.splitlines() if line.startswith("left out"))
    named = line.removeprefix("left out").partition(":")[0].split(",")
    assert titles - kept == {title.strip() for title in named}


@samples
def test_colour_changes_nothing_but_the_colour(report):
    plain, coloured = (render(report, View(width=100, color=color)) for color in (False, True))
    assert ANSI.search(coloured)
    assert not ANSI.search(plain)
    assert [line.rstrip() for line in ANSI.sub("", coloured).splitlines()] == plain.splitlines()


@samples
@pytest.mark.parametrize("width", [None, 80])
def test_ascii_is_ascii(report, width):
    assert render(report, View(width=width, ascii=True)).isascii()


def test_a_name_from_another_alphabet_is_spelled_in_ascii():
    report = replace(SAMPLES["residual_block"], target="модель:Net")
    text = render(report, View(ascii=True))
    assert text.splitlines()[0] == "модель:Net".encode("ascii", "backslashreplace").decode()


def test_the_terminal_codes_of_a_warning_do_not_reach_the_terminal():
    assert "\x1b" not in render(SAMPLES["incomplete"], View())


def test_markup_in_a_name_is_shown_as_it_is():
    report = replace(SAMPLES["residual_block"], target="[bold]net[/bold] :smile:")
    assert render(report, View()).splitlines()[0] == "[bold]net[/bold] :smile:"


@pytest.mark.parametrize(
    "variable", ["NO_COLOR", "FORCE_COLOR", "TERM", "COLUMNS", "JPY_PARENT_PID"]
)
def test_the_environment_has_no_say(monkeypatch, variable):
    report, view = SAMPLES["residual_block"], View(width=100, color=True)
    before = render(report, view)
    monkeypatch.setenv(variable, "1")
    assert render(report, view) == before


def test_a_long_name_keeps_its_beginning_and_its_end():
    text = render(SAMPLES["odd_modules"], View(width=60))
    (line,) = (line for line in text.splitlines() if "├─ 0" in line or "query" in line)
    assert re.search(r"query\w*…\w+tion ", line)


def test_a_line_of_totals_ends_the_table():
    rows = render(SAMPLES["residual_block"], View()).split("\n\n")[1].splitlines()
    (total,) = (row for row in rows if row.startswith("Total"))
    assert total.split()[1:] == rows[2].split()[3:]  # the model's: name, type and shape aside


def test_several_inputs_are_named():
    text = render(SAMPLES["language_model"], View())
    assert "inputs      input_ids 1×128 int64\n            attention_mask 1×128 bool\n" in text


def test_a_scalar_input_and_none_at_all():
    report = SAMPLES["odd_modules"]
    scalar = replace(report, inputs=(("0", TensorSpec(())),))
    assert "input       scalar float32\n" in render(scalar, View())
    assert "inputs      none\n" in render(replace(report, inputs=()), View())
