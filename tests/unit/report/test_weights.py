"""Weights add up: every picture of them has the totals that the report has."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flopscope.errors import FlopscopeError, UsageError
from flopscope.report import FORMATS, View
from flopscope.report.formats import WEIGHTED
from flopscope.report.weights import WEIGHTS, stacks, totals, weights_of
from tests.unit.report.samples import SAMPLES

MEASURED, COUNTED = SAMPLES["residual_block"], SAMPLES["language_model"]

samples = pytest.mark.parametrize("report", SAMPLES.values(), ids=SAMPLES)


@samples
def test_a_modules_total_is_the_reports(report):
    expected = {
        "flops": lambda node: node.cost.flops,
        "macs": lambda node: node.cost.macs,
        "params": lambda node: node.params,
        "bytes": lambda node: node.cost.bytes_moved,
    }
    for name, figure in expected.items():
        found = totals(report, WEIGHTS[name])
        assert found == {scope: figure(node) for scope, node in report.modules.items()}


@samples
def test_the_stacks_add_up_to_the_whole(report):
    for weight in weights_of(report):
        amounts = [own for _, own in stacks(report, weight)]
        assert sum(amounts) == pytest.approx(totals(report, weight)[""])


def test_time_is_a_modules_own_and_its_childrens():
    time = totals(MEASURED, WEIGHTS["time"])
    assert time["conv1"] == 0.0181
    assert time[""] == pytest.approx(0.0410)


def test_memory_is_what_is_held_and_what_modules_without_others_return():
    kept = totals(MEASURED, WEIGHTS["memory"])
    image = 4 * 2 * 384 * 32 * 32
    assert kept["conv1"] == 4 * (384 * 384 * 9 + 384) + image
    # Both convolutions, both norms, relu three times and the shortcut return one.
    assert kept[""] == 4 * MEASURED.params + 8 * image


def test_time_is_a_weight_only_where_modules_were_timed():
    assert "time" not in {weight.name for weight in weights_of(COUNTED)}
    assert "time" in {weight.name for weight in weights_of(MEASURED)}


@pytest.mark.parametrize("format_name", sorted(WEIGHTED))
def test_what_was_not_measured_is_one_clear_error(format_name):
    with pytest.raises(FlopscopeError, match="was not measured"):
        FORMATS[format_name](COUNTED, View(weight="time"))


@pytest.mark.parametrize("format_name", sorted(WEIGHTED))
def test_a_weight_that_does_not_exist_is_refused_with_the_one_that_was_meant(format_name):
    with pytest.raises(UsageError) as raised:
        FORMATS[format_name](MEASURED, View(weight="flop"))
    assert "flops" in raised.value.hint


@pytest.mark.parametrize("format_name", sorted(WEIGHTED))
def test_a_model_that_does_nothing_can_be_drawn(format_name):
    root = replace(COUNTED.profile.root, children=())
    nothing = replace(COUNTED, profile=replace(COUNTED.profile, root=root))
    assert FORMATS[format_name](nothing, View()) is not None
