"""Collapsed stacks, read back line by line."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from flopscope.records import ModuleSpec
from flopscope.report import FORMATS, View
from flopscope.report.several import SEVERAL_FORMATS, Several
from flopscope.report.weights import WEIGHTS, totals, weights_of
from flopscope.tree import Node
from tests.unit.report.samples import SAMPLES

MEASURED, ODD = SAMPLES["residual_block"], SAMPLES["odd_modules"]


def read(text: str) -> list[tuple[list[str], int]]:
    lines = [re.fullmatch(r"(.+) (\d+)", line) for line in text.splitlines()]
    assert all(lines)
    return [(found[1].split(";"), int(found[2])) for found in lines if found]


@pytest.mark.parametrize("report", SAMPLES.values(), ids=SAMPLES)
def test_each_line_is_a_modules_path_and_its_own_weight(report):
    for weight in weights_of(report):
        if weight.name == "time":
            continue
        found = read(FORMATS["collapsed"](report, View(weight=weight.name)))
        scopes = [".".join(frame.partition(" (")[0] for frame in frames[1:]) for frames, _ in found]
        expected = {s: weight.own(node, report) for s, node in report.modules.items()}
        assert dict(zip(scopes, (own for _, own in found), strict=True)) == {
            scope: own for scope, own in expected.items() if own
        }


def test_flops_are_the_default_and_time_is_in_nanoseconds():
    assert sum(own for _, own in read(FORMATS["collapsed"](MEASURED, View()))) == MEASURED.flops
    spent = read(FORMATS["collapsed"](MEASURED, View(weight="time")))
    assert (["ResidualBlock", "conv1 (Conv2d)"], 18_100_000) in spent
    assert sum(own for _, own in spent) == round(totals(MEASURED, WEIGHTS["time"])[""] * 1e9)


def test_a_semicolon_in_a_name_begins_no_frame():
    child = Node(ModuleSpec("a;b\nc", "Linear", calls=1, params=7), ODD.profile.root.own_cost)
    root = replace(ODD.profile.root, children=(child,))
    report = replace(ODD, profile=replace(ODD.profile, root=root))
    assert read(FORMATS["collapsed"](report, View(weight="params"))) == [
        (["VideoNet", "a,b c (Linear)"], 7)
    ]


def test_several_models_stand_below_their_targets():
    both = Several((MEASURED, ODD))
    found = read(SEVERAL_FORMATS["collapsed"](both, View()))
    assert {frames[0] for frames, _ in found} == {MEASURED.target, ODD.target}
    assert sum(own for _, own in found) == MEASURED.flops + ODD.flops
