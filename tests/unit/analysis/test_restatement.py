"""A trace restated in a tool's convention is what the tool prints, in total and per module."""

from __future__ import annotations

import pytest
from torch import nn

from flopscope.analysis.conventions import CONVENTIONS
from flopscope.analysis.restatement import restate
from flopscope.counters import read
from flopscope.records import Call, ModuleSpec, Operation, TensorSpec, Trace
from flopscope.trace import trace
from tests.models import EXAMPLES

RUNNING = [
    (tool, name) for tool in ("thop", "fvcore") for name in EXAMPLES if name != "RaisesInForward"
]


@pytest.mark.parametrize(("tool", "name"), RUNNING)
def test_a_view_is_what_the_tool_prints(tool: str, name: str) -> None:
    example = EXAMPLES[name]
    model, args, kwargs = example.build().eval(), example.args(), example.kwargs()

    reading = read(tool, model, args, kwargs)
    view = restate(trace(model, args, kwargs), tool)

    if reading.value is None:
        pytest.skip(f"{tool} does not run it: {reading.notes}")
    assert view.value == reading.value
    assert {scope: view.modules[scope] for scope in reading.modules} == reading.modules


def two_levels() -> Trace:
    """A product of 2 rows by 3x4 in ``outer.inner``, and one in ``outer`` itself."""
    rows, weight, out = TensorSpec((2, 3)), TensorSpec((4, 3)), TensorSpec((2, 4))
    product = Operation("aten.linear", "default", {"input": rows, "weight": weight}, (out,))
    modules = (
        ModuleSpec("", "Model"),
        ModuleSpec("outer", "Outer"),
        ModuleSpec("outer.inner", "Linear", library="torch.nn.modules.linear"),
    )
    return Trace(modules, (Call(product, "outer.inner"), Call(product, "outer")))


def test_a_module_has_what_is_inside_it() -> None:
    view = restate(two_levels(), "paper")
    each = 2 * 3 * 4
    assert view.own == {"": 0, "outer": each, "outer.inner": each}
    assert view.modules == {"": 2 * each, "outer": 2 * each, "outer.inner": each}
    assert view.value == 2 * each


def test_papers_print_what_we_call_macs() -> None:
    found = restate(two_levels(), "paper")
    assert found.value == restate(two_levels(), "macs").value
    assert (found.convention.label, found.convention.unit) == ("FLOPs", "MACs")


def test_thop_sees_nothing_of_what_runs_outside_of_a_layer() -> None:
    assert restate(two_levels(), "thop").own["outer"] == 0


@pytest.mark.parametrize("name", CONVENTIONS)
def test_every_convention_says_where_it_is_from(name: str) -> None:
    assert CONVENTIONS[name].source


def test_the_views_of_a_model_of_torchs_own_layers_differ() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.LayerNorm(4))
    example = EXAMPLES["FrozenPart"]
    traced = trace(model, example.args(), {})
    macs, norm = 2 * 4 * 4, 2 * 4
    assert restate(traced, "thop").value == macs + 4 * norm
    assert restate(traced, "fvcore").value == macs + 5 * norm
    assert restate(traced, "pycls").value == macs + 2 * 4
