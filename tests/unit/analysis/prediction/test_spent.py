"""Where the time goes by: in which module, and waiting for what."""

from __future__ import annotations

from flopscope.analysis.prediction.estimate import predict
from flopscope.analysis.prediction.spent import Spent, spent_by_scope
from tests.unit.analysis.prediction.streams import PASS, PRODUCT, device, fit, trace


def test_a_module_has_the_time_of_the_kernels_that_it_runs_itself() -> None:
    spent = spent_by_scope(predict(trace(), device(), fit=fit()).stream)

    assert {scope: each.seconds for scope, each in spent.items()} == {
        "block.fc": PRODUCT + PASS,
        "block.act": PASS,
        "block": PASS,
    }
    assert {scope: each.kernels for scope, each in spent.items()} == dict.fromkeys(spent, 1)


def test_the_limit_is_what_most_of_the_time_waits_for() -> None:
    spent = Spent(compute=1.0, memory=0.75, kernels=2) + Spent(memory=0.75, kernels=1)

    assert (spent.limit, spent.seconds, spent.kernels) == ("memory", 2.5, 3)


def test_no_kernels_wait_for_nothing() -> None:
    assert Spent.total([]).limit is None
