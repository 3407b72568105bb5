"""The plot of a roofline: where its roof is, and where work lies under it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopscope.analysis.ideal import Ideals
from flopscope.costs import Cost
from flopscope.machine import Machine
from flopscope.measurements import Bandwidth
from flopscope.report import View
from flopscope.report.axis import Axis, axis
from flopscope.report.columns import column_named
from flopscope.report.limits import roofline_of
from flopscope.report.roofline_plot import MARKS, Point, plot
from flopscope.report.rows import row_of
from flopscope.roofline import Ideal, Limits, Performance
from flopscope.units import format_fixed
from tests.unit.report.samples import SAMPLES

# The ridge is at 1e15 / 2.5e12 = 400 FLOP/B.
LIMITS = Limits(flops_per_second=1e15, bytes_per_second=2.5e12, seconds_per_call=5e-6)


def work(macs=0, other_flops=0, bytes_moved=0, seconds=None, calls=None):
    return Performance(Cost(macs, other_flops, bytes_moved), LIMITS, seconds, calls)


def point(name, performance):
    """Work whose operators are all as its sum is."""
    return Point(name, performance, performance.roofline_share, performance.bound)


SAMPLE = [
    # 4000 FLOP/B and 0.5 PFLOP/s: half of the peak.
    point("blocks.0.mlp", work(macs=10**12, bytes_moved=5 * 10**8, seconds=4e-3)),
    # 1 FLOP/B and 2 TFLOP/s: 80 % of what memory feeds.
    point("blocks.0.norm", work(other_flops=10**8, bytes_moved=10**8, seconds=5e-5)),
    # 4 × 5 µs of the 25 µs are overhead.
    point("blocks.0.attention.relative_position_bias", work(0, 10**6, 10**5, 2.5e-5, calls=4)),
    point("embed", work(bytes_moved=10**8, seconds=1e-4)),
    point("never × timed", work(macs=10**6, bytes_moved=10**6)),
]


@pytest.mark.parametrize(
    ("name", "view", "height"),
    [
        ("80", View(), 16),
        ("120", View(width=120), 24),
        ("ascii", View(width=60, ascii=True), 10),
    ],
)
def test_the_plot_is_the_golden_one(name, view, height, golden):
    golden(f"roofline.{name}.txt", plot(LIMITS, SAMPLE, view, height))


def test_what_a_cache_feeds_is_under_a_roof_of_its_own(golden):
    # 1 FLOP/B at 8 TFLOP/s: more than memory feeds, and 80 % of what the cache does.
    cached = Point("small", work(0, 10**6, 10**6, seconds=1.25e-7), 0.8, "memory")
    text = plot(LIMITS, [cached], View(), cache_bytes_per_second=1e13)

    golden("roofline.cache.txt", text)
    assert text.splitlines()[1] == ". from memory  : from caches, at most 10.0 TB/s"


def test_a_cache_no_faster_than_memory_is_not_drawn():
    for bandwidth in (None, LIMITS.bytes_per_second):
        assert plot(LIMITS, SAMPLE, View(), cache_bytes_per_second=bandwidth) == plot(
            LIMITS, SAMPLE, View()
        )


def test_the_legend_says_of_a_module_what_its_row_in_the_table_does():
    """Norms are in a cache, ten times as fast as memory, and so near their roof."""
    machine = Machine(
        "a machine",
        "measured",
        {"float32": 1e12},
        (Bandwidth(2**24, 4e10), Bandwidth(2**28, 4e9)),
        1e-6,
    )
    least = {
        "conv1": 0.009,
        "norm1": 0.0006,
        "conv2": 0.009,
        "norm2": 0.0006,
        "relu": 0.0003,
        "": 0.0004,
    }
    own = {
        scope: Ideal(seconds, seconds if "conv" in scope else 0.0, 1)
        for scope, seconds in least.items()
    }
    report = replace(SAMPLES["residual_block"], ideals=Ideals(machine, "float32", own))
    legend = roofline_of(report, View(width=100)).split("\n\n")[-1].splitlines()

    told = {}
    for line in legend:
        _, name, *_, share, bound = re.split(" {2,}", line)
        told[name] = share, bound
    for row in row_of(report.profile.root, View()).children:
        name = "ResidualBlock (own)" if row.kind == "own" else row.name
        if name in told:
            percent = column_named("roofline", report).value(row, report)
            assert told[name] == (
                format_fixed(percent, 0, " %"),
                column_named("bound", report).value(row, report),
            )
    # 0.6 of 1.2 ms, and 0.4 of 1.596 ms
    assert (told["norm1"][0], told["ResidualBlock (own)"][0]) == ("50 %", "25 %")


@given(width=st.integers(40, 200), height=st.integers(4, 60), is_ascii=st.booleans())
def test_every_line_of_the_plot_fits_its_width_and_there_are_as_many_as_asked_for(
    width, height, is_ascii
):
    text = plot(LIMITS, [], View(width=width, ascii=is_ascii), height)
    title, _, *rows, _, _ = text.splitlines()
    assert title.startswith("at most")
    assert len(rows) == height
    assert all(len(row) <= width for row in rows)
    assert text.isascii() or not is_ascii


@given(st.integers(1, 10**15), st.integers(1, 10**15), st.floats(1e-9, 1e3))
def test_work_of_any_size_has_a_place(flops, nbytes, seconds):
    text = plot(LIMITS, [point("it", work(0, flops, nbytes, seconds))], View(width=80))
    _, _, *rows = text.splitlines()
    assert sum("a" in row for row in rows[:16]) == 1


def test_work_on_the_roof_is_drawn_in_its_line():
    # 400 FLOP/B at the peak: the ridge itself.
    at_ridge = work(other_flops=400 * 10**9, bytes_moved=10**9, seconds=4e-4)
    text = plot(LIMITS, [point("ridge", at_ridge)], View(width=100))
    (row,) = (line for line in text.splitlines() if "a" in line and "─" in line)
    assert row.startswith("  1 PFLOP/s ┤")


def test_what_has_no_place_on_a_logarithmic_axis_is_in_the_legend_without_a_letter():
    *_, embed, never = plot(LIMITS, SAMPLE, View()).splitlines()
    assert embed.startswith("   embed ")
    assert never.startswith("   never × timed ")


def test_work_beyond_the_alphabet_is_in_the_legend_without_a_letter():
    same = work(0, 10**6, 10**5, 1e-5)
    named = [point(f"layer{index}", same) for index in range(len(MARKS) + 1)]
    *_, last, beyond = plot(LIMITS, named, View()).splitlines()
    assert last.startswith(f"{MARKS[-1]}  layer{len(MARKS) - 1}")
    assert beyond.startswith(f"   layer{len(MARKS)}")


def test_two_pieces_of_work_of_one_name_have_a_letter_each():
    text = plot(LIMITS, [SAMPLE[0], SAMPLE[0]], View())
    assert [line[0] for line in text.splitlines()[-2:]] == ["a", "b"]


@pytest.mark.parametrize("limits", [Limits(), Limits(1e12), Limits(None, 1e12)])
def test_there_is_no_plot_without_limits(limits):
    assert plot(limits, SAMPLE, View()) == ""


def test_an_axis_spans_whole_powers_of_ten_around_its_values():
    assert axis([0.3, 20, 4000], cells=6) == Axis(low=-1, high=4, cells=6)
    assert axis([0.3, 20, 4000], cells=6).decades() == dict(
        enumerate([0.1, 1.0, 10.0, 100.0, 1000.0, 10000.0])
    )


def test_an_axis_of_a_single_power_of_ten_has_two_ends():
    assert axis([10], cells=8) == Axis(low=1, high=2, cells=8)


@given(st.floats(1e-12, 1e18), st.floats(1e-12, 1e18), st.integers(2, 300))
def test_every_value_is_on_its_axis(one, other, cells):
    spanned = axis([one, other], cells)
    assert 0 <= spanned.cell(one) < cells
    assert 0 <= spanned.cell(other) < cells
