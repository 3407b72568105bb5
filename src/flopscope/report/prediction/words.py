"""What there is to say of predictions beside their tables and times."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from flopscope.analysis.prediction.fitted import Variant
from flopscope.analysis.prediction.remedies import Remedy
from flopscope.analysis.prediction.spent import Spent, spent_by_scope
from flopscope.analysis.prediction.workload import Outlook, Workload
from flopscope.report.prediction import PredictionReport
from flopscope.report.prediction.times import TIERS
from flopscope.report.prediction.told import but_for_shares, model_name, told
from flopscope.report.shapes import format_shape
from flopscope.report.summary import Fact, assumption_lines
from flopscope.units import format_bytes, format_fixed, format_quantity, many

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


def ways(reports: Sequence[PredictionReport]) -> Iterator[Fact]:
    """How several models are run: the ways that there are."""
    yield Fact("run as", tuple(dict.fromkeys(_run(report.workload) for report in reports)))


def tiers(reports: Sequence[PredictionReport]) -> Fact:
    """How well each device is known, which is what the bands are of."""
    return Fact("known", told(reports[:1], lambda outlook: (TIERS[outlook.prediction.tier],)))


def _run(workload: Workload) -> str:
    parts = [VARIANTS[workload.variant], _types(workload)]
    if workload.channels_last:
        parts.append("channels last")
    return " · ".join(parts)


def _types(workload: Workload) -> str:
    if workload.autocast is None:
        return workload.dtype
    if workload.autocast == workload.weights:
        return f"{workload.weights}, with autocast to it"
    return f"{workload.weights} cast to {workload.autocast} by autocast"


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
        most = " at most" if remedy.is_bound else ""
        yield (
            f"{remedy.option}: {_seconds(remedy.seconds)} less{most}, {remedy.share:.0%} of the"
            f" time ({remedy.reason})"
        )


def warnings(reports: Sequence[PredictionReport]) -> Fact | None:
    """Why predictions are not to be trusted, each with what it is true of."""
    lines = told(reports, _warned, but_for_shares)
    return Fact("warning" if len(lines) == 1 else "warnings", lines, "bad") if lines else None


def _warned(outlook: Outlook) -> Iterator[str]:
    yield from outlook.prediction.warnings
    if outlook.fits is False:
        yield "the model does not fit into its memory"


def assumed(reports: Sequence[PredictionReport]) -> Fact:
    """What is taken for granted, of all models and devices, and of each."""
    of_runs = dict.fromkeys(line for report in reports for line in _of_runs(report))
    of_devices = told(reports[:1], _sustained)
    values = dict.fromkeys(
        line for report in reports for line in assumption_lines(report.assumptions)
    )
    return Fact("assumed", (*of_runs, *of_devices, *values))


def _sustained(outlook: Outlook) -> Iterator[str]:
    yield f"it keeps up {outlook.prediction.sustains}"
    yield from outlook.assumptions


def _of_runs(report: PredictionReport) -> Iterator[str]:
    workload = report.workload
    if workload.autocast is not None and workload.has_norms:
        if workload.half_norms:
            yield (
                f"norms run in {workload.autocast} in layers that offer it, as with timm's fast"
                " norms; torch.autocast alone keeps them in float32: --norms float32"
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


def notes(reports: Sequence[PredictionReport]) -> Fact | None:
    """What else a reader should know."""
    said: dict[str, list[str]] = {}
    for report in reports:
        for note in report.notes:
            said.setdefault(note, []).append(model_name(report, reports))
    lines = tuple(
        note if len(names) == len(reports) else f"{', '.join(names)}: {note}"
        for note, names in said.items()
    )
    return Fact("note" if len(lines) == 1 else "notes", lines) if lines else None


def _seconds(seconds: float) -> str:
    return format_quantity(seconds, "s")


def percent(share: float | None, decimals: int = 1) -> str | None:
    """``"41.3%"``, or None where it is not known."""
    return None if share is None else format_fixed(100 * share, decimals, "%")
