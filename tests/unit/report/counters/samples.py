"""Comparisons written by hand, small enough to check each figure: what the golden files show."""

from __future__ import annotations

import math
from dataclasses import replace

from flopscope.analysis.conventions.weighing import Cause
from flopscope.analysis.reconciliation import Reconciliation, Remainder, Term
from flopscope.measurements import Reading
from flopscope.report.counters import CounterComparison
from tests.unit.report.samples import language_model, residual_block

IMAGE = math.prod((2, 384, 32, 32))
CONVOLUTIONS = 2 * IMAGE * 384 * 3 * 3


def agreed() -> CounterComparison:
    """The seed case, as thop and fvcore really say: norms are all that they add."""
    report = residual_block()
    thop, fvcore = report.readings

    def norms(reading: Reading, each: int) -> Reconciliation:
        term = Term(Cause.EXTRA, "instance_norm", 2 * each * IMAGE, 2, ("norm1", "norm2"))
        return Reconciliation("MACs", CONVOLUTIONS, (term,), reading.value)

    return CounterComparison(
        replace(report, timing=None),
        ("thop", "fvcore"),
        {"thop": norms(thop, 2), "fvcore": norms(fvcore, 4)},
    )


def disputed() -> CounterComparison:
    """A counter of each sort: explained but for a remainder, failed, with unknown rules, equal."""
    report = language_model()
    attention = 12 * 2 * 128 * 128 * 256
    rest, unexplained = 12 * 128 * 256, 1001
    macs = report.macs
    layers = tuple(f"model.layers.{index}" for index in range(12))
    terms = (
        Term(
            Cause.FUNCTION,
            "scaled_dot_product_attention",
            -attention,
            12,
            tuple(f"{layer}.attention" for layer in layers),
        ),
        Term(
            Cause.EXTRA,
            "layer_norm",
            2 * 4 * rest,
            24,
            tuple(f"{layer}.norm{place}" for layer in layers for place in (1, 2)),
        ),
    )
    printed = macs - attention + 8 * rest + unexplained
    remainders = (Remainder("model.tokens", 1), Remainder("head", unexplained - 1))
    thop = Reading(
        "thop",
        "0.1.1",
        "MACs",
        printed,
        108_288,
        {"": printed, "head": 128 * 256 * 1000 + unexplained - 1, "model.tokens": 1},
        notes=("no rule, counted as zero: Embedding ×2",),
    )
    readings = (
        thop,
        Reading("fvcore", "", "MACs", None, notes=("it took more than 120 s",)),
        Reading("calculator", "2.0", "FLOPs", 3 * macs, report.params, notes=("guessed",)),
        Reading("torch", "2.13.0", "FLOPs", 2 * macs),
    )
    return CounterComparison(
        replace(report, readings=readings, notes=()),
        ("thop", "fvcore", "calculator", "torch"),
        {
            "thop": Reconciliation("MACs", macs, terms, printed, remainders),
            "fvcore": Reconciliation("MACs", macs, (), None),
            "torch": Reconciliation("FLOPs", 2 * macs, (), 2 * macs),
        },
    )


def too_large() -> CounterComparison:
    """The seed case on a machine that it does not fit: nothing ran."""
    told = agreed()
    note = "not run for real: that needs about 1.0 TiB on cpu, where 8.0 GiB are available"
    unread = {name: replace(found, printed=None) for name, found in told.reconciliations.items()}
    report = replace(told.report, readings=(), notes=(note,))
    return CounterComparison(report, ("thop", "fvcore", "calculator"), unread)


COMPARISONS = {"agreed": agreed(), "disputed": disputed(), "too_large": too_large()}
