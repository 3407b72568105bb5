"""Columns: which are shown, and what their cells say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flopscope.errors import UsageError
from flopscope.report import Report, View
from flopscope.report.columns import COLUMNS, column_named, columns_of
from flopscope.report.rows import Row, row_of
from tests.unit.report.samples import SAMPLES

MEASURED, COUNTED = SAMPLES["residual_block"], SAMPLES["language_model"]
INCOMPLETE, ODD = SAMPLES["incomplete"], SAMPLES["odd_modules"]


def shown(report: Report, *asked: str) -> list[str]:
    return [column.name for column in columns_of(report, View(columns=asked))]


def row(report: Report, path: str = "") -> Row:
    """The row at a path of row names."""
    found = row_of(report.profile.root, View())
    for name in filter(None, path.split("/")):
        found = next(child for child in found.children if child.name == name)
    return found


def cell(report: Report, column: str, path: str = "") -> str:
    return column_named(column, report).cell(row(report, path), report)


def test_names_and_titles_are_unique():
    assert len({column.name for column in COLUMNS}) == len(COLUMNS)
    assert len({column.title for column in COLUMNS}) == len(COLUMNS)


def test_time_and_rate_are_shown_where_time_was_measured():
    assert {"time", "rate"} <= set(shown(MEASURED))
    assert not {"time", "rate"} & set(shown(COUNTED))


def test_a_counter_stands_beside_the_column_that_it_compares_with():
    names = shown(MEASURED)
    assert names[names.index("macs") + 1 :][:2] == ["thop", "fvcore"]
    flops = replace(MEASURED, readings=(replace(MEASURED.readings[0], unit="FLOPs"),))
    assert shown(flops)[shown(flops).index("flops") + 1] == "thop"
    assert column_named("thop", flops).title == "thop FLOPs"


def test_a_counter_without_figures_has_no_column():
    assert "fvcore" not in shown(INCOMPLETE)


def test_asked_columns_come_in_their_order_after_the_name():
    assert shown(MEASURED, "bytes", "module", "macs") == ["module", "bytes", "macs"]


def test_an_unknown_column_is_refused_with_the_nearest_name():
    with pytest.raises(UsageError) as raised:
        shown(COUNTED, "flop")
    assert raised.value.hint == "did you mean 'flops'?"


def test_an_unknown_column_with_no_near_name_is_refused_with_all_names():
    with pytest.raises(UsageError) as raised:
        shown(MEASURED, "colour")
    assert all(name in raised.value.hint for name in shown(MEASURED))


def test_share_is_of_the_flops_of_the_whole_model():
    flops = row(MEASURED, "norm1").cost.flops
    assert column_named("share", MEASURED).value(row(MEASURED, "norm1"), MEASURED) == pytest.approx(
        100 * flops / MEASURED.flops
    )


def test_a_model_without_arithmetic_has_no_shares():
    idle = replace(ODD, profile=replace(ODD.profile, root=ODD.modules["dropout"]))
    assert cell(idle, "share") == "-"


def test_intensity_is_flops_per_byte():
    # A 64x64 linear on 392 rows, three times: 2 * 392 * 64 * 64 FLOPs each, float32.
    nbytes = 4 * (392 * 64 + 64 * 64 + 392 * 64)
    assert cell(ODD, "intensity", "refine") == f"{2 * 392 * 64 * 64 / nbytes:.1f}"


def test_the_models_time_is_the_median_of_the_runs_without_hooks():
    assert cell(MEASURED, "time") == "40.30 ms"


def test_the_own_row_gets_the_time_that_its_children_leave():
    # 41.0 - (18.1 + 1.2 + 17.9 + 1.3 + 0.9 + 0.004), all of runs with hooks.
    assert column_named("time", MEASURED).value(row(MEASURED, "(own)"), MEASURED) == pytest.approx(
        0.001596
    )


def test_a_module_that_was_not_measured_has_no_time_and_no_rate():
    assert cell(INCOMPLETE, "time", "blocks") == "-"
    assert cell(INCOMPLETE, "rate", "blocks") == "-"


def test_the_rate_is_flops_over_time():
    # 2 * 2,717,908,992 MACs and 786,432 additions in 18.1 ms
    assert cell(MEASURED, "rate", "conv1") == "300.4"


def test_a_container_takes_as_long_as_what_is_inside_it():
    seconds = {f"model.layers.{index}": 0.001 for index in range(12)}
    timed = replace(COUNTED, timing=replace(MEASURED.timing, module_seconds=seconds))
    assert cell(timed, "time", "model/layers") == "12.00 ms"
    del seconds["model.layers.3"]
    assert cell(timed, "time", "model/layers") == "-"


def test_what_lacks_uncounted_work_is_marked_all_the_way_up():
    paths = ("", "blocks", "blocks/0-1", "blocks/0-1/(own)", "(own)")
    assert all(cell(INCOMPLETE, "flops", path).startswith("≥") for path in paths)
    assert not cell(INCOMPLETE, "flops", "blocks/0-1/project").startswith("≥")
    assert not cell(INCOMPLETE, "params").startswith("≥")


def test_a_counters_figure_is_looked_up_by_scope():
    assert cell(MEASURED, "thop", "norm1") == "1.57 M"  # 2 * 2 * 384 * 32 * 32
    assert cell(MEASURED, "fvcore", "relu") == "-"
    assert cell(MEASURED, "thop") == "5.44 G"


def test_several_outputs_are_the_first_and_how_many_more():
    assert cell(ODD, "output", "recurrent") == "8×49×64 +2"
    assert cell(ODD, "output", "loss") == "scalar"


def test_a_module_that_never_ran_says_so_where_its_output_would_be():
    assert cell(ODD, "output", "auxiliary_head") == "not called"
