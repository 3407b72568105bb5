"""What a step written by hand is spent on, and what follows for a whole training."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from flopscope.analysis.plan import Fleet, Goal, planned
from flopscope.analysis.training import PARTS, training_of
from flopscope.costs import Cost
from flopscope.errors import InputError
from flopscope.records import TensorSpec
from flopscope.tree import profile
from tests.training import step_of
from tests.unit.report.training_sample import GIVEN, HIDDEN, OUT, ROWS, training_step

REPORT = training_step()
FLEET = Fleet("card", 1e15, "bf16_matrix", "its vendor", 80 * 2**30, 8, 0.5)


def test_every_call_is_spent_on_one_part() -> None:
    assert REPORT.training is not None
    root = REPORT.profile.root
    parts = [REPORT.training.cost(root, part) for part in PARTS]
    assert Cost.total(parts) == root.cost
    first, second = ROWS * GIVEN * HIDDEN, ROWS * HIDDEN * OUT
    assert [cost.macs for cost in parts] == [first + second, first, 0, second, 0]


def test_weights_are_what_is_multiplied_in_a_forward_pass() -> None:
    use = REPORT.training.weights
    assert use.multiplied == GIVEN * HIDDEN + HIDDEN * OUT
    assert use.looked_up == 0
    first, second = ROWS * GIVEN * HIDDEN, ROWS * HIDDEN * OUT
    assert use.macs == {
        "forward": first + second,
        "recompute": first,
        "weight_gradients": second,
    }


def plan_of(report, goal, fleet=FLEET):
    return planned(report.profile, report.training, report.inputs, 0, goal, fleet)


SAMPLES = Goal(units=4000, of_tokens=False)


def test_the_terms_lead_from_the_rule_of_thumb_to_the_count() -> None:
    plan = plan_of(REPORT, SAMPLES)
    multiplied, bias = GIVEN * HIDDEN + HIDDEN * OUT, OUT
    first, second = ROWS * GIVEN * HIDDEN, ROWS * HIDDEN * OUT
    figures = {term.meaning.split(":")[0]: term.flops for term in plan.terms}
    assert figures == {
        "6 FLOPs for each parameter and unit": 6 * (multiplied + bias) * ROWS,
        "parameters that are only looked up": 0,
        "parameters that multiply nothing": -6 * bias * ROWS,
        "weights used more or less than once for each unit": 0,
        # Of inputs no layer's at all, of weights the second one's alone.
        "gradients that nothing needs": -2 * (first + second) - 2 * first,
        "products without weights": 0,
        # The bias is added, the outputs are summed up, and so are the gradients of the bias.
        "all but products": 3 * ROWS * OUT,
        "computed a second time": 2 * first,
        "the optimizer's step": HIDDEN * OUT + OUT,
    }
    assert sum(figures.values()) == plan.step_flops == REPORT.flops


def test_a_training_is_its_passes_by_their_samples_and_a_step_of_the_optimizer_for_each_batch() -> (
    None
):
    plan = plan_of(REPORT, replace(SAMPLES, global_batch=100))
    optimizer = HIDDEN * OUT + OUT
    assert plan.steps == 4000 // 100
    assert plan.flops == (REPORT.flops - optimizer) * 4000 // ROWS + 40 * optimizer
    assert plan.model_flops == plan.flops - 2 * ROWS * GIVEN * HIDDEN * 4000 // ROWS
    assert plan.seconds == pytest.approx(plan.model_flops / (1e15 * 0.5 * 8))
    assert plan.device_hours == pytest.approx(plan.days * 24 * 8)


def test_without_a_batch_every_device_makes_the_counted_step() -> None:
    assert plan_of(REPORT, SAMPLES).global_batch == ROWS * 8


def test_a_batch_that_is_not_filled_takes_a_step_too() -> None:
    assert plan_of(REPORT, Goal(101, of_tokens=False, global_batch=100)).steps == 2


def test_a_model_without_whole_numbers_has_no_tokens() -> None:
    with pytest.raises(InputError, match="no input of the model is made of tokens"):
        plan_of(REPORT, Goal(4000))


class Scores(nn.Module):
    """Words of a table of its own, a norm, one attention-like product, scores."""

    def __init__(self, words: int, width: int) -> None:
        super().__init__()
        self.words = nn.Embedding(words, width)
        self.norm = nn.LayerNorm(width)
        self.score = nn.Linear(width, words, bias=False)

    def forward(self, x):
        x = self.norm(self.words(x))
        return self.score(x @ x.transpose(-2, -1) @ x)


@given(
    words=st.integers(2, 20),
    width=st.integers(2, 9),
    batch=st.integers(1, 3),
    tokens=st.integers(1, 7),
)
@settings(max_examples=25, deadline=None)  # which a first trace, that loads things, would miss
def test_the_terms_of_a_traced_step_are_closed_forms(
    words: int, width: int, batch: int, tokens: int
) -> None:
    traced = step_of(Scores(words, width), torch.zeros(batch, tokens, dtype=torch.int64))
    counted, training = profile(traced), training_of(traced)
    assert training is not None
    inputs = [("0", TensorSpec((batch, tokens), "int64"))]
    plan = planned(counted, training, inputs, 0, Goal(10**6), FLEET)
    every = batch * tokens
    assert plan.units_per_step == every
    figures = [term.flops for term in plan.terms]
    assert figures[:6] == [
        6 * (2 * words * width + 2 * width) * every,
        -6 * words * width * every,
        -6 * 2 * width * every,
        0,
        0,
        2 * 3 * 2 * batch * tokens * tokens * width,
    ]
    assert sum(figures) == plan.step_flops
