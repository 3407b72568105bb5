"""What makes a model faster on one machine than on another, in ratios that can be derived."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from flopscope.analysis.comparison import Comparison
from flopscope.report.written import read_machines
from tests.unit.report.machine_reports import (
    CONV,
    NOTHING,
    WHOLE,
    Object,
    counted,
    module,
    report,
    write,
)


def compare(folder: Path, base: Object, other: Object) -> Comparison:
    machines = read_machines(write(folder, a=base, b=other))
    return Comparison(*(machine.reports[0] for machine in machines))


@pytest.fixture
def comparison(tmp_path: Path) -> Comparison:
    return compare(tmp_path, report("a"), report("b"))


def test_the_speed_is_the_ratio_of_the_times(comparison: Comparison) -> None:
    assert comparison.speed == pytest.approx(40 / 12)
    assert comparison.layer_speed("conv") == pytest.approx(32 / 8)


def test_the_limits_are_compared_each_so_that_more_is_better(comparison: Comparison) -> None:
    assert comparison.peak == pytest.approx(300 / 100)
    assert comparison.bandwidth == pytest.approx(20 / 10)
    assert comparison.starting == pytest.approx(4 / 2)


def test_the_speed_is_what_the_limits_allow_by_how_near_each_gets(comparison: Comparison) -> None:
    assert comparison.allowed == pytest.approx((20 + 5) / (20 / 3 + 2.5))
    shares = [each.model.roofline_share for each in (comparison.base, comparison.other)]
    assert shares == pytest.approx([25 / 40, (20 / 3 + 2.5) / 12])
    assert comparison.nearness == pytest.approx(shares[1] / shares[0])
    assert comparison.allowed * comparison.nearness == pytest.approx(comparison.speed)


def test_the_time_is_split_by_what_limits_it_on_the_first_machine(comparison: Comparison) -> None:
    compute, memory = comparison.parts()

    assert (compute.bound, compute.share, compute.speed) == pytest.approx(("compute", 0.8, 32 / 8))
    assert (memory.bound, memory.share, memory.speed) == pytest.approx(("memory", 0.2, 8 / 4))


def test_the_layers_with_the_greatest_difference_are_first(comparison: Comparison) -> None:
    changes = comparison.changes()

    assert [change.base.scope for change in changes][:2] == ["conv", "act"]
    assert changes[0].seconds == pytest.approx(0.032 - 0.008)


def test_the_errors_of_both_medians_add_up_as_independent_ones(comparison: Comparison) -> None:
    assert comparison.error == pytest.approx(math.hypot(0.03, 0.04))
    assert comparison.is_clear


def test_a_difference_within_the_error_is_not_clear(tmp_path: Path) -> None:
    other = report("a")
    other["modules"][0]["seconds"] = 0.041

    assert not compare(tmp_path, report("a"), other).is_clear


def test_the_same_work_differs_in_nothing(comparison: Comparison) -> None:
    assert comparison.differing == ()


def test_layers_of_other_work_and_layers_of_one_report_alone_differ(tmp_path: Path) -> None:
    other = report("b")
    del other["modules"][2]
    other["modules"][1]["flops"] += 1

    assert compare(tmp_path, report("a"), other).differing == ("conv", "act")


def test_what_was_not_measured_is_unknown(tmp_path: Path) -> None:
    comparison = compare(tmp_path, counted("a"), counted("b"))

    assert comparison.differing == ()
    assert (comparison.speed, comparison.allowed, comparison.nearness) == (None, None, None)
    assert (comparison.parts(), comparison.changes(), comparison.is_clear) == ((), (), False)


def test_what_a_module_runs_itself_is_what_its_children_leave_of_its_time(tmp_path: Path) -> None:
    base = report("a")
    base["modules"][1:] = [
        module("block", "Block", WHOLE, {**NOTHING, "flops": 10**9}, (0.035, 0.02, "compute")),
        module("block.conv", "Conv2d", CONV, CONV, (0.032, 0.02, "compute")),
        module("block.spare", "Linear", NOTHING, NOTHING, (None, 0.0, None)) | {"calls": 0},
    ]
    pieces = compare(tmp_path, base, base).base.pieces

    assert pieces["block"].seconds == pytest.approx(0.035 - 0.032)
    assert pieces["block"].bound == "compute"  # 1 GFLOP, and nothing is moved
    assert pieces[""].seconds == pytest.approx(0.04 - 0.035)
    assert pieces[""].bound is None
    assert "block.spare" not in pieces


def test_children_that_took_longer_than_their_parent_leave_it_unknown(tmp_path: Path) -> None:
    base = report("a")
    base["modules"][1]["seconds"] = 0.05

    assert compare(tmp_path, base, base).base.pieces[""].seconds is None


def test_the_pieces_are_of_a_pass_with_its_modules_watched(tmp_path: Path) -> None:
    base = report("a")
    base["timing"]["overhead_seconds"] = 0.01

    pieces = compare(tmp_path, base, base).base.pieces
    assert pieces[""].seconds == pytest.approx(0.01)
