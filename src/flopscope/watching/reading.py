"""The steps that a meter added up, to what was achieved in them."""

from __future__ import annotations

import torch

from flopscope.analysis.achieved import Achieved
from flopscope.measure.allocation import most_held
from flopscope.watching.run import Run


def reading(run: Run, model: str) -> Achieved | None:
    """The figures of the steps since the last time, which are forgotten; None where none were.

    Steps whose time and FLOPs are known go before those that lack one of them. Waits for the
    device.
    """
    meter, where = run.meter, run.where or torch.device("cpu")
    found = next(
        (each for each in (meter.timed, meter.uncounted, meter.untimed) if each.steps), None
    )
    if found is None:
        return None
    is_counted = found is not meter.uncounted
    dtype = run.work.dtype if run.work else ""
    peak = run.ceiling.of(where, dtype) if dtype else None
    if peak is not None and peak.flops_per_second is None:
        run.ledger.note(peak.source)
    memory = most_held(where)
    achieved = Achieved(
        model=model,
        kind=run.kind,
        step=meter.steps,
        steps=found.steps,
        seconds=None if found is meter.untimed else meter.seconds(found),
        flops=found.flops if is_counted else None,
        params=run.ledger.params,
        recomputed_flops=found.recomputed,
        is_complete=found.is_complete,
        dtype=dtype,
        peak_flops_per_second=peak.flops_per_second if peak else None,
        peak_source=peak.source if peak else "",
        memory_nbytes=memory[0] if memory else None,
        memory_kind=memory[1] if memory else "",
    )
    meter.begin_interval()
    return achieved
