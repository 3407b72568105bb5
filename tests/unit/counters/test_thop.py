from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import thop
import torch
from torch import nn

from examples.residual_block import ResidualBlock
from flopscope.counters import read
from flopscope.measurements import Reading
from tests.models import EXAMPLES, FunctionalOnly, TakesKeywords


def reading_of(model: nn.Module, *args: torch.Tensor, **kwargs: Any) -> Reading:
    return read("thop", model, args, kwargs)


# (2, 384, 32, 32) stays that size at stride 1; stride 2 halves the height and the width.
PIXELS = {1: 2 * 32 * 32, 2: 2 * 16 * 16}
CONVOLUTION = 384 * 384 * 3 * 3  # weights: what is multiplied for each pixel
CONVOLUTION_PARAMS = CONVOLUTION + 384
PROJECTION = 384 * 384  # the 1x1 convolution of the shortcut
PROJECTION_PARAMS = PROJECTION + 384


@pytest.mark.parametrize(
    ("norm_fn", "stride", "macs", "params"),
    [
        # Two norms without weights, at 2 per element.
        (
            "instance",
            1,
            PIXELS[1] * (2 * CONVOLUTION + 2 * 2 * 384),
            2 * CONVOLUTION_PARAMS,
        ),
        # No rule for a group norm: neither its work nor its 2 x 384 params.
        ("group", 1, PIXELS[1] * 2 * CONVOLUTION, 2 * CONVOLUTION_PARAMS),
        # Norms with weights are 4 per element. The third norm has two names: it is hooked twice, so
        # that its work doubles, and added for each: 1 + 1 + 2 x 2 norms, and the params of 4.
        (
            "batch",
            2,
            PIXELS[2] * (2 * CONVOLUTION + PROJECTION + (1 + 1 + 2 * 2) * 4 * 384),
            2 * CONVOLUTION_PARAMS + PROJECTION_PARAMS + 4 * 2 * 384,
        ),
        (
            "none",
            2,
            PIXELS[2] * (2 * CONVOLUTION + PROJECTION),
            2 * CONVOLUTION_PARAMS + PROJECTION_PARAMS,
        ),
    ],
)
def test_the_residual_block_is_what_thop_says_of_it(
    norm_fn: str, stride: int, macs: int, params: int
) -> None:
    block = ResidualBlock(norm_fn=norm_fn, stride=stride)
    reading = reading_of(block, torch.zeros(2, 384, 32, 32))
    assert (reading.value, reading.params) == (macs, params)
    assert reading.unit == "MACs"


def test_figures_are_ints_although_thop_gives_floats() -> None:
    reading = reading_of(nn.Sequential(nn.Linear(4, 2)), torch.zeros(3, 4))
    figures = [reading.value, reading.params, *reading.modules.values()]
    assert {type(figure) for figure in figures} == {int}


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


def test_a_module_without_a_rule_is_unknown_and_named_not_zero() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.GELU(), nn.Sequential(nn.GELU(), nn.SiLU()))
    reading = reading_of(model, torch.zeros(3, 4))
    assert reading.modules == {"": 3 * 4 * 4, "0": 3 * 4 * 4}
    assert reading.notes == ("no rule, counted as zero: GELU ×2, SiLU",)


def test_attention_is_named_as_left_out() -> None:
    example = EXAMPLES["Attends"]
    reading = reading_of(example.build(), *example.args())
    assert reading.value == 0
    assert "MultiheadAttention" in reading.notes[0]


def test_a_function_outside_of_modules_escapes_it() -> None:
    reading = reading_of(FunctionalOnly(), torch.zeros(2, 3, 6, 6))
    assert reading.value == 0
    assert reading.notes == ("no rule, counted as zero: FunctionalOnly",)


def test_inputs_by_name_reach_the_model() -> None:
    x = torch.zeros(3, 4)
    reading = reading_of(TakesKeywords(), x, other=x, combine="multiply")
    assert reading.value == 2 * 3 * 4 * 4


def test_its_warnings_become_notes() -> None:
    model = nn.Sequential(nn.PReLU())
    assert reading_of(model, torch.zeros(3, 4)).notes == ("This API is being deprecated",)


def test_its_log_lines_become_notes() -> None:
    model = nn.Sequential(nn.Upsample(scale_factor=2, mode="trilinear"))
    reading = reading_of(model, torch.zeros(1, 1, 2, 2, 2))
    assert reading.notes == ("mode trilinear is not implemented yet, take it a zero op",)


def test_the_distribution_that_answered_gives_its_version() -> None:
    reading = reading_of(nn.Linear(4, 4), torch.zeros(3, 4))
    assert reading.version.startswith(thop.__version__)


def test_of_two_distributions_the_one_that_was_imported_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    metadata = tmp_path / "ultralytics_thop-2.2.3.dist-info"
    metadata.mkdir()
    metadata.joinpath("METADATA").write_text(
        "Metadata-Version: 2.1\nName: ultralytics-thop\nVersion: 2.2.3\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    ours = reading_of(nn.Linear(4, 4), torch.zeros(3, 4))
    assert (ours.distribution, ours.notes) == ("thop", ())
    monkeypatch.setattr(thop, "__version__", "2.2.3")
    theirs = reading_of(nn.Linear(4, 4), torch.zeros(3, 4))
    assert (theirs.distribution, theirs.version) == ("ultralytics-thop", "2.2.3")
    assert theirs.notes == ("answered by ultralytics-thop, which installs the same module",)


def test_what_each_module_adds_is_by_its_type() -> None:
    reading = reading_of(ResidualBlock(norm_fn="batch", stride=2), torch.zeros(2, 384, 32, 32))
    assert reading.operators["conv1"] == {"Conv2d": PIXELS[2] * CONVOLUTION}
    # The third norm's two names, each with twice its work.
    assert reading.operators["norm3"] == reading.operators["shortcut.1"]
    assert reading.operators["norm3"] == {"BatchNorm2d": PIXELS[2] * 2 * 4 * 384}
    assert sum(sum(kinds.values()) for kinds in reading.operators.values()) == reading.value


def test_a_model_that_has_a_rule_itself_adds_its_own() -> None:
    reading = reading_of(nn.Linear(4, 4), torch.zeros(3, 4))
    assert reading.operators == {"": {"Linear": 3 * 4 * 4}}
