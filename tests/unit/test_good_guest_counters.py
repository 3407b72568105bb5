from __future__ import annotations

from contextlib import suppress

import pytest
from torch import nn

from flopscope.counters import read
from flopscope.measure.sampling import Budget
from flopscope.measure.timing import Wanted, measure
from tests.counters import EVERY
from tests.good_guest import left_as_found
from tests.models import EXAMPLES, Example


def trained_a_little(example: Example) -> nn.Module:
    """The model in training mode, with gradients on some of its parameters."""
    model = example.build()
    for parameter in list(model.parameters())[::2]:
        if parameter.requires_grad:
            parameter.grad = parameter.detach().clone()
    return model


# Each runs in a process of its own: that none of them can do harm is the isolation's claim.
@pytest.mark.parametrize(
    ("counter", "name"),
    [("thop", name) for name in EXAMPLES]
    + [pytest.param(*each.values, "Normalises", marks=each.marks) for each in EVERY],
)
def test_a_counter_leaves_the_model_and_the_process_as_found(
    counter: str, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    example = EXAMPLES[name]
    model, args, kwargs = trained_a_little(example), example.args(), example.kwargs()
    with left_as_found(model, args, kwargs):
        read(counter, model, args, kwargs)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("mode", ["train", "eval"])
@pytest.mark.parametrize("name", EXAMPLES)
def test_measuring_leaves_the_model_and_the_process_as_found(
    name: str, mode: str, capfd: pytest.CaptureFixture[str]
) -> None:
    example = EXAMPLES[name]
    model, args, kwargs = trained_a_little(example), example.args(), example.kwargs()
    if mode == "eval":
        model.eval()
    with left_as_found(model, args, kwargs), suppress(ValueError):
        measure(model, args, kwargs, "cpu", Wanted(Budget(0.001, 0.001)))
    assert capfd.readouterr() == ("", "")
