"""A model in a script to lines that say what its steps cost and achieve."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from flopscope.api.models import check_model
from flopscope.errors import UsageError
from flopscope.watching.limits import limit_of
from flopscope.watching.watch import Watch, Wish


def watch(
    model: nn.Module,
    *,
    every: int | None = 100,
    device: str | None = None,
    peak: float | None = None,
    say: Callable[[str], object] | None = print,
) -> Watch:
    """Say what a step of a training script costs and achieves, as it runs.

    ``with flopscope.watch(model): train()`` prints a line after every 100 steps of an optimizer,
    and one at the end: time, FLOPs, FLOP/s, MFU, parameters, memory. The shapes of the model's
    inputs are counted as they come, the model and the training are left as they were, and so are
    they at the end.

    Args:
        model: as the script calls it: compiled, or replicated by DistributedDataParallel, too.
        every: steps between two lines; None for one line at the end.
        device: what it runs on, such as ``"H100 SXM"``, where the driver's name is not enough.
        peak: FLOP/s that it does at most, which MFU is a part of.
        say: is given each line, such as ``logger.info``; None for nobody, if you ``read()``.

    Returns:
        a context manager, which ``close()`` ends too.

    Raises:
        TargetError: that is no model.
        UsageError: there is no such device, the interval or peak is not positive, or the model
            runs on several devices from one process.
    """
    check_model(model)
    if isinstance(model, nn.DataParallel) and len(model.device_ids) > 1:
        raise UsageError(
            "a process is watched on one device: DataParallel runs on several",
            hint="train with DistributedDataParallel, and watch each process",
        )
    if every is not None and every <= 0:
        raise UsageError(f"there is no line every {every} steps", hint="give a positive number")
    return Watch(model, Wish(every, limit_of(device, peak), say))
