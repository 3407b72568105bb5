"""A model that is counted as a GPU would run it to how long that takes on devices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from torch import nn

from flopscope import tree
from flopscope.analysis.ideal import main_dtype
from flopscope.analysis.prediction.fitted import Variant
from flopscope.analysis.prediction.outlooks import Traced, Where, outlooks
from flopscope.analysis.prediction.remedies import turns_images
from flopscope.analysis.prediction.stream import launches
from flopscope.analysis.prediction.workload import NORMS, Memory, Workload
from flopscope.dtypes import BITS
from flopscope.errors import FlopscopeError, InputError
from flopscope.planning import Plan
from flopscope.profiling import Subject, environment, traced
from flopscope.records import Trace
from flopscope.report.prediction import PredictionReport


@dataclass(frozen=True, slots=True)
class Asked:
    """Where and how a model is to run.

    Attributes:
        where: the devices.
        variant: what is run of it.
        half_norms: whether norms run in the type of autocast in layers that offer it.
    """

    where: Where
    variant: Variant = "eager"
    half_norms: bool = True

    def planned(self, plan: Plan) -> Plan:
        """A plan for the stream that a GPU would run."""
        is_cast = plan.mode.autocast is not None
        mode = replace(plan.mode, half_norms=self.half_norms and is_cast)
        return replace(plan, mode=mode, stream="device:cuda")


def both_layouts(
    subject: Subject,
    inputs: tuple[tuple[Any, ...], dict[str, Any]],
    plan: Plan,
    asked: Asked,
    found: Trace,
) -> Traced:
    """A trace, and one of the same pass with channels last where these may help.

    There is none where they are last already, where the model refuses them, and of a model that is
    not ours to change.
    """
    is_known = plan.mode.channels_last or asked.variant != "eager" or not subject.is_ours
    if is_known or not turns_images(found):
        return Traced(found)
    mode = replace(plan.mode, channels_last=True)
    args, kwargs = mode.laid_out(inputs)
    try:
        changed = replace(subject, model=mode.prepared(subject.model))
        return Traced(found, traced(changed, replace(plan, mode=mode), args, kwargs))
    except (FlopscopeError, RuntimeError):  # a view that only the other layout has, or the like
        return Traced(found)


def predicted(
    subject: Subject, both: Traced, plan: Plan, asked: Asked, step: Trace | None = None
) -> PredictionReport:
    """The report on a trace.

    Args:
        subject: the model.
        both: a forward pass of it.
        plan: how it was run.
        asked: where it is to run.
        step: a step of training, where that is what is asked about.

    Raises:
        InputError: the model runs nothing, or nothing is known of what a device computes.
    """
    found = both.trace
    if next(launches(found), None) is None:
        raise InputError("the model runs no kernel: there is no time to predict")
    counted = tree.profile(found)
    whole = counted if step is None else tree.profile(step)
    workload = Workload(
        inputs=found.inputs,
        profile=counted,
        variant=asked.variant,
        dtype=main_dtype(found),
        flops=whole.root.cost.flops,
        memory=_memory(found, step, whole),
        autocast=plan.mode.autocast,
        weights=_weights_dtype(found),
        half_norms=plan.mode.half_norms and _has_half_norms(found),
        channels_last=plan.mode.channels_last,
        module=plan.module,
    )
    return PredictionReport(
        target=subject.name,
        environment=environment(plan.device),
        outlooks=tuple(outlooks(both, workload, asked.where)),
        assumptions=found.assumptions,
        notes=(
            *_notes(subject, plan),
            *found.notes,
            *_uncounted(counted),
            *_mergeable(subject.model),
        ),
    )


def _has_half_norms(found: Trace) -> bool:
    """Whether any norm whose type is a matter of choice runs in halves."""
    norms = (call.operation for call in found.calls if call.operation.op in NORMS)
    return any(BITS[norm.outputs[0].dtype] == BITS["float16"] for norm in norms)


def _weights_dtype(found: Trace) -> str:
    """The floating-point type of most weights that are read; float32 where there are none."""
    uses = {use.name: use for call in found.calls for use in call.parameters}
    numel: dict[str, int] = {}
    for use in uses.values():
        if "float" in use.given.dtype:
            numel[use.given.dtype] = numel.get(use.given.dtype, 0) + use.numel
    return max(numel, key=lambda dtype: numel[dtype], default="float32")


def _notes(subject: Subject, plan: Plan) -> Iterator[str]:
    """What there is to know of the model, but for the mode, which the workload says."""
    said = set(plan.mode.notes())
    yield from (note for note in subject.notes if note not in said)


def _memory(found: Trace, step: Trace | None, counted: tree.Profile) -> Memory | None:
    """What a pass, or a step of training, holds at once; None where that was not followed.

    A step is traced with the types of autocast on the CPU, which leaves more in halves than that of
    CUDA. It holds at least what its forward pass does, beside what the optimizer keeps.
    """
    passes = [found] if step is None else [found, step]
    peaks = [each.peak.nbytes for each in passes if each.peak is not None]
    if len(peaks) < len(passes):
        return None
    state = 0 if step is None or step.step is None else step.step.state_nbytes
    return Memory(
        params=counted.root.param_nbytes,
        buffers=counted.root.buffer_nbytes,
        inputs=sum(tensor.nbytes for tensor in found.inputs.values()),
        activations=max(peaks) + state,
    )


def _uncounted(counted: tree.Profile) -> Iterator[str]:
    if counted.uncounted:
        listed = ", ".join(entry.op for entry in counted.uncounted[:5])
        yield f"no formula for {listed}: their FLOPs are counted as zero"


MERGES = ("reparameterize", "switch_to_deploy", "fuse")
"""Methods of modules that merge their branches and norms into one layer for inference."""


def _mergeable(model: nn.Module) -> Iterator[str]:
    """That a model may be made faster before it is run, which published times may be of."""
    offering = [
        name
        for module in model.modules()
        for name in MERGES
        if callable(getattr(type(module), name, None))
    ]
    if offering:
        methods = ", ".join(f"{name}()" for name in dict.fromkeys(offering))
        yield (
            f"modules of it can be merged for inference ({methods}): unless they are already, that"
            " makes it faster, up to several times, and published times may be of that"
        )
