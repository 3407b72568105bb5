from __future__ import annotations

import pytest

from flopscope.records import Argument
from tests.unit.costs.operations import flops, spec

NONE, MEAN, SUM = 0, 1, 2
X = spec(4, 10)


@pytest.mark.parametrize("op", ["mse_loss", "huber_loss", "binary_cross_entropy"])
def test_a_mean_is_a_sum_and_a_division(op: str) -> None:
    terms, mean, total = (
        flops(op, X, self=X, target=X, reduction=how) for how in (NONE, MEAN, SUM)
    )
    assert total == terms + 40
    assert mean == total + 1


def test_a_likelihood_is_looked_up_and_its_sign_turned() -> None:
    target = spec(4, dtype="int64")
    found = flops("nll_loss_forward", spec(), self=X, target=target, weight=None, reduction=MEAN)
    assert found == 4 + 4 + 1


def test_class_weights_are_multiplied_and_summed() -> None:
    given: dict[str, Argument] = {"self": X, "target": spec(4, dtype="int64"), "reduction": SUM}
    plain = flops("nll_loss_forward", spec(), **given, weight=None)
    assert flops("nll_loss_forward", spec(), **given, weight=spec(10)) == plain + 2 * 4


def test_ctc_visits_every_state_at_every_step() -> None:
    """Twice the label's length and a blank: 13 FLOPs for each of 50 * (2 * 7 + 1) states."""
    found = flops(
        "_ctc_loss", (spec(2), spec(2, 50, 15)), log_probs=spec(50, 2, 30), targets=spec(2, 7)
    )
    assert found == 2 * 13 * 50 * (2 * 7 + 1)
