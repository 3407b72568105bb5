from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from examples.residual_block import ResidualBlock
from flopscope.counters import read
from flopscope.measurements import Reading
from tests.models import (
    EXAMPLES,
    CatchesAnError,
    FunctionalOnly,
    NeverCalled,
    ReturnsDataclass,
    SharedBlock,
    TakesKeywords,
)


def reading_of(model: nn.Module, *args: Any, **kwargs: Any) -> Reading:
    return read("fvcore", model, args, kwargs)


# (2, 384, 32, 32) stays that size at stride 1; stride 2 halves the height and the width.
PIXELS = {1: 2 * 32 * 32, 2: 2 * 16 * 16}
CONVOLUTION = 384 * 384 * 3 * 3  # weights: what is multiplied for each pixel
PROJECTION = 384 * 384  # the 1x1 convolution of the shortcut
PARAMS = {1: 2 * (CONVOLUTION + 384), 2: 2 * (CONVOLUTION + 384) + PROJECTION + 384}


@pytest.mark.parametrize(
    ("norm_fn", "stride", "macs", "params"),
    [
        # Two norms at 4 per element, or 5 with weights.
        ("instance", 1, PIXELS[1] * (2 * CONVOLUTION + 2 * 4 * 384), PARAMS[1]),
        ("group", 1, PIXELS[1] * (2 * CONVOLUTION + 2 * 5 * 384), PARAMS[1] + 2 * 2 * 384),
        # Three batch norms, which in evaluation are a scale and a shift: 2 per element.
        (
            "batch",
            2,
            PIXELS[2] * (2 * CONVOLUTION + PROJECTION + 3 * 2 * 384),
            PARAMS[2] + 3 * 2 * 384,
        ),
        ("none", 2, PIXELS[2] * (2 * CONVOLUTION + PROJECTION), PARAMS[2]),
    ],
)
def test_the_residual_block_is_what_fvcore_says_of_it(
    norm_fn: str, stride: int, macs: int, params: int
) -> None:
    block = ResidualBlock(norm_fn=norm_fn, stride=stride)
    reading = reading_of(block, torch.zeros(2, 384, 32, 32))
    assert (reading.value, reading.params) == (macs, params)
    assert reading.unit == "MACs"


def test_modules_have_the_total_of_what_is_inside_them() -> None:
    inner = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    reading = reading_of(nn.Sequential(inner, nn.Linear(2, 5)), torch.zeros(3, 4))
    assert reading.modules == {
        "": 3 * (4 * 8 + 8 * 2 + 2 * 5),
        "0": 3 * (4 * 8 + 8 * 2),
        "0.0": 3 * 4 * 8,
        "0.1": 0,
        "0.2": 3 * 8 * 2,
        "1": 3 * 2 * 5,
    }


def test_functions_outside_of_modules_are_seen() -> None:
    reading = reading_of(FunctionalOnly(), torch.zeros(2, 3, 6, 6))
    assert reading.value == 2 * 6 * 6 * (3 * 3 * 3 * 8) + 2 * 8 * 5


def test_an_operator_without_a_rule_is_named_and_its_module_unknown_not_zero() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.Softmax(dim=-1), nn.Softmax(dim=-1))
    reading = reading_of(model, torch.zeros(3, 4))
    assert reading.modules == {"": 3 * 4 * 4, "0": 3 * 4 * 4}
    assert reading.notes == ("no rule, counted as zero: softmax ×2",)


def test_a_module_that_is_never_called_is_named_and_unknown() -> None:
    reading = reading_of(NeverCalled(), torch.zeros(3, 4))
    assert reading.modules == {"": 3 * 4 * 4, "used": 3 * 4 * 4}
    assert reading.notes == ("never called: unused",)


def test_a_long_list_of_modules_that_are_never_called_is_cut() -> None:
    model = NeverCalled()
    model.unused = nn.ModuleList(nn.Linear(4, 4) for _ in range(7))
    model.unused.append(nn.Sequential(nn.Linear(4, 4)))
    (note,) = reading_of(model, torch.zeros(3, 4)).notes
    assert note == ("never called: unused.0, unused.1, unused.2, unused.3, unused.4 and 3 more")


def test_a_shared_module_is_counted_for_each_call_under_its_first_name() -> None:
    reading = reading_of(SharedBlock(), torch.zeros(3, 4))
    assert reading.modules[""] == reading.modules["left.0"] == 2 * 3 * 4 * 4


def test_what_each_module_adds_itself_is_by_operator() -> None:
    reading = reading_of(FunctionalOnly(), torch.zeros(2, 3, 6, 6))
    assert reading.operators == {"": {"conv": 2 * 6 * 6 * (3 * 3 * 3 * 8), "matmul": 2 * 8 * 5}}
    assert reading_of(SharedBlock(), torch.zeros(3, 4)).operators == {
        "left.0": {"linear": 2 * 3 * 4 * 4}
    }


def test_the_projections_of_attention_are_seen_as_where_gradients_are_enabled() -> None:
    example = EXAMPLES["Attends"]
    reading = reading_of(example.build(), *example.args())
    assert reading.operators == {"attention": {"linear": (2 * 5) * (3 * 8 * 8 + 8 * 8)}}
    assert reading.uncounted["scaled_dot_product_attention"] == 1


def test_inputs_by_name_and_plain_values_reach_the_model() -> None:
    x = torch.zeros(3, 4)
    reading = reading_of(TakesKeywords(), x, other=x, combine="multiply")
    assert reading.value == 2 * 3 * 4 * 4
    assert reading.notes == ("no rule, counted as zero: mul",)


def test_tensors_in_a_dataclass_are_followed() -> None:
    assert reading_of(ReturnsDataclass(), torch.zeros(3, 4)).value == 3 * 4 * 2


class Cache:
    """Holds a tensor where torch does not look for one."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor


class HidesAResult(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.shown = nn.Linear(4, 2)
        self.hidden = nn.Linear(4, 8)

    def forward(self, x: Tensor) -> tuple[Tensor, Cache]:
        return self.shown(x), Cache(self.hidden(x))


def test_a_result_that_hides_its_tensors_is_named() -> None:
    reading = reading_of(HidesAResult(), torch.zeros(3, 4))
    assert "what only leads to a Cache in the result is not seen" in reading.notes


class ReturnsNothing(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Cache:
        return Cache(self.linear(x))


def test_a_result_without_tensors_is_a_failure_not_a_zero() -> None:
    reading = reading_of(ReturnsNothing(), torch.zeros(3, 4))
    assert reading.value is None
    assert len(reading.notes) == 1


def test_a_model_that_catches_an_error_of_its_own_can_be_counted() -> None:
    # Without care torch.jit aborts the process here: a scope was entered and never left.
    reading = reading_of(CatchesAnError(), torch.zeros(3, 4))
    assert reading.modules["fallback"] == 3 * 4 * 4
