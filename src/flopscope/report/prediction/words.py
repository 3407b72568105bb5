"""What there is to say of predictions beside their tables: three times, and how far to trust."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flopscope.analysis.prediction.estimate import WIDENED
from flopscope.analysis.prediction.fitted import UNMEASURED, Tier, Variant
from flopscope.analysis.prediction.remedies import Remedy
from flopscope.analysis.prediction.spent import Spent, spent_by_scope
from flopscope.analysis.prediction.workload import Outlook, Workload
from flopscope.report.fitting import align
from flopscope.report.prediction import PredictionReport
from flopscope.report.shapes import format_shape
from flopscope.report.summary import Fact, assumption_lines
from flopscope.units import format_bytes, format_fixed, format_quantity, many

TIERS: Mapping[Tier, str] = {
    "calibrated": "calibrated on this device",
    "fitted": "the constants were fitted to models measured on this device",
    "datasheet": "known by its datasheet alone; the constants are from other devices",
    "uncalibrated": "uncalibrated: no model was measured on a device of this kind",
}
"""How well a device is known."""

VARIANTS: Mapping[Variant, str] = {
    "eager": "inference, eager",
    "compiled": "inference, compiled by torch.compile",
    "training": "a step of training, eager",
}
"""What is run."""


def heading(report: PredictionReport) -> Iterator[Fact]:
    """The inputs, how the model is run, and how much there is to do."""
    workload = report.workload
    inputs = tuple(
        f"{'' if name.isdigit() else name + ' '}{format_shape(tensor.shape)} {tensor.dtype}"
        for name, tensor in workload.inputs.items()
    )
    yield Fact("input" if len(inputs) == 1 else "inputs", inputs or ("none",))
    if workload.module:
        yield Fact("module", (workload.module,))
    yield Fact("run as", (_run(workload),))
    kernels = len(report.outlooks[0].prediction.stream.timed)
    where = "its forward pass is " if workload.variant == "training" else ""
    work = f"{format_quantity(float(workload.flops), 'FLOPs')} · {where}{many(kernels, 'kernel')}"
    yield Fact("work", (work,))


def _run(workload: Workload) -> str:
    cast = f"float32 cast to {workload.autocast} by autocast"
    parts = [VARIANTS[workload.variant], cast if workload.autocast else workload.dtype]
    if workload.channels_last:
        parts.append("channels last")
    return " · ".join(parts)


def three_times(outlook: Outlook) -> tuple[Fact, ...]:
    """The floor, the roofline and the estimate on a device, each with its assumption."""
    prediction, workload = outlook.prediction, outlook.workload
    stream = prediction.stream
    seconds = align(
        [
            format_quantity(each, "s")
            for each in (stream.floor_seconds, stream.roofline_seconds, prediction.seconds)
        ]
    )
    products = _products(outlook)
    moved = format_quantity(prediction.device.bytes_per_second, "B/s")
    forward = "the forward pass alone: " if workload.variant == "training" else ""
    floor = (
        f"{forward}no kernels are faster at {products} and {moved}: all"
        " products, or inputs, weights and outputs moved once"
    )
    said = (
        floor,
        f"{forward}each kernel at these rates, one after the other, nothing fused",
        band_in_words(outlook),
    )
    labels = ("floor", "roofline", "estimate")
    return tuple(
        Fact(label, (f"{time}  {words}",))
        for label, time, words in zip(labels, seconds, said, strict=True)
    )


def _products(outlook: Outlook) -> str:
    """The rate of products; of a type that the device has no units for, that of its vectors."""
    device, dtype = outlook.prediction.device, outlook.workload.dtype
    peak = device.matrix_peak(dtype)
    if peak is not None:
        return f"{format_quantity(peak.flops_per_second, 'FLOP/s')} of {dtype}"
    vector = device.vector_peak("float32")
    assert vector is not None  # else nothing was predicted
    return f"{format_quantity(vector.flops_per_second, 'FLOP/s')} of float32, for {dtype}"


def band_in_words(outlook: Outlook) -> str:
    """How far the estimate is to be trusted, and on what grounds."""
    prediction = outlook.prediction
    tier = TIERS[prediction.tier]
    low, high = prediction.low_seconds, prediction.high_seconds
    if low is None or high is None:
        return f"without a band, for which see the warning ({tier})"
    between = f"{_seconds(low)} to {_seconds(high)}"
    if prediction.band in (UNMEASURED, WIDENED):
        return f"perhaps {between}, a guess that no measurement backs ({tier})"
    return f"{between} in 9 of 10 cases ({tier})"


def limits(outlook: Outlook) -> str:
    """What the kernels wait for, in shares of their time, the most of it first."""
    spent = Spent.total(spent_by_scope(outlook.prediction.stream).values())
    whole = spent.seconds or 1.0
    shares = {"compute": spent.compute, "memory": spent.memory, "launch": spent.launch}
    by_share = sorted(filter(shares.get, shares), key=lambda limit: -shares[limit])
    return " · ".join(f"{percent(shares[limit] / whole, 0)} {limit}" for limit in by_share)


def remedy_lines(remedies: tuple[Remedy, ...]) -> Iterator[str]:
    """What would help, a line each."""
    for remedy in remedies:
        yield (
            f"{remedy.option}: {_seconds(remedy.seconds)} less at most, {remedy.share:.0%} of the"
            f" time ({remedy.reason})"
        )


def warnings(report: PredictionReport) -> Fact | None:
    """Why predictions are not to be trusted, each with the devices that it is true of."""
    told: dict[str, list[str]] = {}
    for outlook in report.outlooks:
        name = outlook.prediction.device.name
        for warning in outlook.prediction.warnings:
            told.setdefault(warning, []).append(name)
        if outlook.fits is False:
            told.setdefault("the model does not fit into its memory", []).append(name)
    lines = tuple(_of_devices(report, names, warning) for warning, names in told.items())
    label = "warning" if len(lines) == 1 else "warnings"
    return Fact(label, lines, "bad") if lines else None


def assumed(report: PredictionReport) -> Fact:
    """What is taken for granted, of all devices and of each."""
    told: dict[str, list[str]] = {}
    for outlook in report.outlooks:
        name = outlook.prediction.device.name
        for line in (f"it keeps up {outlook.prediction.sustains}", *outlook.assumptions):
            told.setdefault(line, []).append(name)
    lines = (
        *_of_runs(report),
        *(_of_devices(report, names, line) for line, names in told.items()),
        *assumption_lines(report.assumptions),
    )
    return Fact("assumed", lines)


def _of_runs(report: PredictionReport) -> Iterator[str]:
    workload = report.workload
    if workload.autocast is not None and workload.has_norms:
        if workload.half_norms:
            yield (
                f"layer, group and RMS norms run in {workload.autocast}, as with timm's"
                " --fast-norm; torch.autocast alone keeps them in float32: --norms float32"
            )
        else:
            yield "layer, group and RMS norms run in float32, as torch.autocast keeps them"
    if workload.variant == "training":
        yield (
            "a step of training takes what the forward pass does times factors that were fitted to"
            " whole steps; modules and operators have their forward pass's share of it"
        )
    if any(outlook.prediction.device.vendor not in ("NVIDIA", "") for outlook in report.outlooks):
        yield "devices that are no GPU of NVIDIA's are taken to run the same kernels as those do"


def memory(report: PredictionReport) -> Fact | None:
    """What is held at most, and what that is made of."""
    held = report.workload.memory
    if held is None:
        return None
    line = (
        f"{format_bytes(held.total)} at most = {format_bytes(held.params + held.buffers)} params"
        f" and buffers + {format_bytes(held.inputs)} input + {format_bytes(held.activations)}"
        " activations; CUDA and its libraries take some hundred MiB more"
    )
    return Fact("memory", (line,))


def notes(report: PredictionReport) -> Fact | None:
    """What else a reader should know."""
    if not report.notes:
        return None
    return Fact("note" if len(report.notes) == 1 else "notes", report.notes)


def _of_devices(report: PredictionReport, names: list[str], line: str) -> str:
    if len(names) < len(report.outlooks):
        return f"{', '.join(names)}: {line}"
    return line if len(names) == 1 else f"all devices: {line}"


def _seconds(seconds: float) -> str:
    return format_quantity(seconds, "s")


def percent(share: float | None, decimals: int = 1) -> str | None:
    """``"41.3%"``, or None where it is not known."""
    return None if share is None else format_fixed(100 * share, decimals, "%")
