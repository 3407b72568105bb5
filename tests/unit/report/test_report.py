"""The report as a Python object."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import replace

import pytest

from flopscope.errors import UsageError
from flopscope.report import FORMATS, SUFFIXES, View, format_of
from tests.unit.report.samples import SAMPLES

MEASURED, INCOMPLETE = SAMPLES["residual_block"], SAMPLES["incomplete"]


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_totals_are_at_hand():
    assert MEASURED.params == MEASURED.trainable_params == 2_654_976
    assert MEASURED.macs == 5_435_817_984
    # Per element: bias twice, 7 for each norm, relu three times, the sum.
    assert MEASURED.flops == 2 * 5_435_817_984 + (2 + 14 + 3 + 1) * 2 * 384 * 32 * 32
    assert MEASURED.buffers == 0
    # Images of 3 MiB: 2 for each of 7 operators, 3 for the sum; and the weights.
    assert MEASURED.bytes_moved == (2 * 7 + 3) * 3 * 2**20 + 4 * 2_654_976


def test_modules_are_found_by_their_path():
    assert list(MEASURED.modules)[:2] == ["", "conv1"]
    assert MEASURED.modules["conv1"].cost.macs == 2 * 384 * 32 * 32 * 384 * 9


def test_what_was_not_counted_is_at_hand():
    assert [entry.op for entry in INCOMPLETE.uncounted] == [
        "mylib.selective_scan",
        "mylib.checksum",
    ]
    assert MEASURED.uncounted == ()
    assert {total.op for total in INCOMPLETE.operators} >= {"mylib.checksum", "aten.view"}


def test_modules_around_an_uncounted_operator_are_incomplete():
    entry = replace(INCOMPLETE.uncounted[0], scopes=("a.b.c", "d"))
    report = replace(INCOMPLETE, profile=replace(INCOMPLETE.profile, uncounted=(entry,)))
    assert report.incomplete == {"", "a", "a.b", "a.b.c", "d"}
    assert MEASURED.incomplete == frozenset()


def test_printing_in_a_terminal_shows_the_table_at_its_width(monkeypatch):
    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setenv("COLUMNS", "90")
    assert str(MEASURED) == repr(MEASURED) == FORMATS["table"](MEASURED, View(width=90))


def test_printing_elsewhere_shows_all_of_the_table(monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert str(MEASURED) == FORMATS["table"](MEASURED, View())


def test_a_saved_report_has_the_format_of_its_suffix(tmp_path):
    for suffix, name in SUFFIXES.items():
        path = tmp_path / f"report{suffix}"
        MEASURED.save(path)
        assert path.read_text(encoding="utf-8") == FORMATS[name](MEASURED, View()) + "\n"


def test_a_dict_can_be_asked_for_again_after_json_was_imported():
    assert MEASURED.to_dict() == json.loads(MEASURED.to_json()) == MEASURED.to_dict()


def test_every_format_has_a_suffix():
    assert set(SUFFIXES.values()) == set(FORMATS)


@pytest.mark.parametrize("path", ["report.xyz", "report", "json", ""])
def test_a_file_without_a_known_suffix_is_refused_with_those_known(path):
    with pytest.raises(UsageError) as raised:
        format_of(path)
    assert all(suffix in raised.value.hint for suffix in SUFFIXES)


def test_a_suffix_may_be_in_capitals():
    assert format_of("REPORT.JSON") == "json"


@pytest.mark.parametrize(
    ("path", "name"),
    [("a.speedscope.json", "speedscope"), ("a.trace.json", "chrome"), ("speedscope.json", "json")],
)
def test_the_longest_suffix_decides(path, name):
    assert format_of(path) == name
