"""A model in Python to how long it takes on devices that need not be here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import torch
from torch import nn
from torch.utils._pytree import tree_map

from flopscope.analysis.prediction.calibration import read_calibration
from flopscope.analysis.prediction.outlooks import Traced, Where
from flopscope.api.counting import Given, counted
from flopscope.api.models import check_model
from flopscope.api.training import recipe_of
from flopscope.devices import Device, typed_device
from flopscope.errors import UsageError
from flopscope.guest import as_found, disposable
from flopscope.load.given import is_floating
from flopscope.load.inputs import parse_dtype
from flopscope.planning import Mode, Plan
from flopscope.predicting import Asked, predicted
from flopscope.report.prediction import PredictionReport

AMP = "amp"


def predict(
    model: nn.Module,
    args: tuple[Any, ...] | torch.Tensor = (),
    kwargs: Mapping[str, Any] | None = None,
    *,
    on: str | Device | Sequence[str | Device] = (),
    dtype: str | None = AMP,
    autocast: str | None = None,
    norms: Literal["half", "float32"] = "half",
    variant: Literal["eager", "compiled", "training"] = "eager",
    calibrations: Sequence[str | Path] = (),
    prices: Mapping[str, float] | None = None,
    assume: Mapping[str, float] | None = None,
    module: str = "",
) -> PredictionReport:
    """Predict how long a model takes on devices that need not be here, and how far to trust that.

    ``flopscope.predict(model, images, on="RTX 4090").seconds``

    The model is left as it was found, and no arithmetic is done. It is seen in evaluation mode.

    Args:
        model: may lie on any device, the meta device included; in channels last, if it and its
            inputs are.
        args: positional inputs, or a single tensor: the batch is theirs.
        kwargs: keyword inputs.
        on: devices by name, or as rows of a table of one's own; by default those of the
            calibrations.
        dtype: ``"amp"`` to cast operators to float16 by autocast; a type that the model and its
            inputs are cast to (a copy of them is); or None for the types that they have.
        autocast: the type that operators are cast to, if not by ``"amp"``: ``"bfloat16"``.
        norms: what layer, group and RMS norms run in under autocast, which alone leaves them in
            float32.
        variant: what is run: the forward pass as it is, compiled, or a step of training.
        calibrations: files that ``flopscope calibrate`` wrote.
        prices: what an hour of a device costs, by its name.
        assume: see :func:`profile`.
        module: predict this part of the model alone, by its dotted path.

    Raises:
        TargetError: that is no model, or it has no such module.
        TraceError: the model raised.
        InputError: a file is no calibration, or a device is not rated.
        UsageError: there is no such device, or none was named.
    """
    check_model(model)
    if variant == "training" and module:
        raise UsageError("a step of training is of a whole model", hint="leave module out")
    asked = Asked(_where(on, calibrations, prices or {}), variant, norms == "half")
    if autocast is None and dtype == AMP:
        autocast = "float16"
    given = Given(model, args, kwargs, assume)
    if dtype not in (None, AMP):
        given = _cast(given, parse_dtype(dtype))
    mode = Mode(autocast=autocast and parse_dtype(autocast))
    plan = asked.planned(Plan((), False, "cpu", mode, module))
    with as_found(given.model):
        given.model.eval()
        subject, found = counted(given, plan)
    step = None
    if variant == "training":
        recipe = recipe_of("adamw", None, 1, ())
        with as_found(given.model):
            given.model.train()
            step = counted(given, Plan((), False, "cpu", mode, recipe=recipe))[1]
    return predicted(subject, Traced(found), plan, asked, step)


def _where(
    on: str | Device | Sequence[str | Device],
    calibrations: Sequence[str | Path],
    prices: Mapping[str, float],
) -> Where:
    found = [read_calibration(Path(path)) for path in calibrations]
    asked = [on] if isinstance(on, (str, Device)) else list(on)
    measured = {each.device.name: each.device for each in found}

    def device(name: str) -> Device:
        return measured.get(name) or typed_device(name)

    devices = [each if isinstance(each, Device) else device(each) for each in asked]
    devices = devices or list(measured.values())
    if not devices:
        raise UsageError("on which device?", hint='write on="RTX 4090"')
    return Where(
        tuple(devices), {each.device.name: each.scalars for each in found}, _named(prices, devices)
    )


def _named(prices: Mapping[str, float], devices: Sequence[Device]) -> Mapping[str, float]:
    """The prices by the devices' own names."""
    own = {device.name for device in devices}
    return {name if name in own else typed_device(name).name: rate for name, rate in prices.items()}


def _cast(given: Given, dtype: str) -> Given:
    """A copy of a model and its inputs, in a type of floating-point numbers.

    Raises:
        UsageError: the type is another.
    """
    if not is_floating(dtype):
        raise UsageError(f"{dtype} is no type of a model's", hint='write dtype="bfloat16"')
    args = (given.args,) if isinstance(given.args, torch.Tensor) else given.args
    model, args, kwargs = disposable(given.model, args, dict(given.kwargs or {}))
    target = getattr(torch, dtype)

    def cast(leaf: Any) -> Any:
        is_cast = isinstance(leaf, torch.Tensor) and leaf.is_floating_point()
        return leaf.to(target) if is_cast else leaf

    args, kwargs = tree_map(cast, (args, kwargs))
    return Given(model.to(target), args, kwargs, given.assume)
