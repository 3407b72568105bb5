"""What a report says of a training step: what it is spent on, and what it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from flopscope.analysis.training import PARTS, Part, Training
from flopscope.costs import Cost
from flopscope.report.rows import Row
from flopscope.report.sizes import allocated_lines, memory_of
from flopscope.tree import Node
from flopscope.units import format_bytes, format_fixed, format_quantity, many

if TYPE_CHECKING:
    from flopscope.report import Report

WORDS = {
    "forward": "forward",
    "recompute": "recompute",
    "input_gradients": "gradients of inputs",
    "weight_gradients": "gradients of weights",
    "optimizer": "optimizer",
}
"""What each part is called in a sentence."""

PHASES = {
    "forward": "the forward pass",
    "recompute": "the backward pass",
    "backward": "the backward pass",
    "accumulate": "the backward pass",
    "optimizer": "the optimizer's step",
}


def flops_of(part: Part) -> Callable[[Row, Report], int | None]:
    """The figure of a column: FLOPs that a row's modules take for one part of a step."""

    def flops(row: Row, report: Report) -> int | None:
        if report.training is None:
            return None
        return _cost(row, report.training, part).flops

    return flops


def when_trained(report: Report) -> bool:
    """Shown of a training step."""
    return report.training is not None


def when_recomputed(report: Report) -> bool:
    """Shown of a training step in which something is computed twice."""
    return recomputed_flops(report) > 0


def recomputed_flops(report: Report) -> int:
    """What a training step computes a second time; nothing in a forward pass alone."""
    training = report.training
    return training.cost(report.profile.root, "recompute").flops if training else 0


def _cost(row: Row, training: Training, part: Part) -> Cost:
    if row.kind == "own":
        return Cost.total(training.own_cost(node.scope, part) for node in row.nodes)
    return Cost.total(training.cost(node, part) for node in row.nodes)


def step_lines(report: Report, training: Training) -> Iterator[str]:
    """One training step: what it is, what it takes and how that compares with a forward pass."""
    step, root = training.step, report.profile.root
    passes = f", {many(step.passes, 'pass')} for each" if step.passes > 1 else ""
    yield f"one step of {step.optimizer}{passes}, of {step.loss}"
    costs = {part: training.cost(root, part) for part in PARTS}
    for unit, figures in (
        ("MACs", {part: cost.macs for part, cost in costs.items()}),
        ("FLOPs", {part: cost.flops for part, cost in costs.items()}),
    ):
        terms = " + ".join(
            f"{format_quantity(figure, decimals=2)} {WORDS[part]}"
            for part, figure in figures.items()
            if figure
        )
        whole, forward = sum(figures.values()), figures["forward"]
        by = f" = {format_fixed(whole / forward, 2)} × the forward pass" if forward else ""
        yield f"{unit}: {terms}{by}"


def step_memory_lines(report: Report, training: Training) -> Iterator[str]:
    """The most that a step holds, where that is, and what is held over it."""
    memory, peak, step = memory_of(report), report.profile.peak, training.step
    if memory is None or peak is None:
        return
    place = f"in {PHASES[peak.phase]} of {peak.scope or 'the model itself'}, after {peak.op}"
    yield (
        f"{format_bytes(memory.total)} at most"
        f" = {format_bytes(memory.params + memory.buffers)} params and buffers"
        f" + {format_bytes(memory.optimizer_state)} optimizer state"
        f" + {format_bytes(memory.inputs)} input"
        f" + {format_bytes(memory.activations)} activations and gradients ({place})"
    )
    yield (
        f"{format_bytes(step.saved_nbytes)} kept from the forward to the backward pass ·"
        f" {format_bytes(step.gradient_nbytes)} gradients of parameters"
    )
    yield from allocated_lines(report)


def document(report: Report) -> dict[str, Any] | None:
    """The step as JSON has it, or None of a forward pass alone."""
    training = report.training
    if training is None:
        return None
    step, peak = training.step, report.profile.peak
    return {
        "optimizer": step.optimizer,
        "loss": step.loss,
        "passes": step.passes,
        "parts": parts_of(report.profile.root, training),
        "gradient_bytes": step.gradient_nbytes,
        "saved_bytes": step.saved_nbytes,
        "peak_phase": None if peak is None else peak.phase,
    }


def module_document(node: Node, report: Report) -> dict[str, Any] | None:
    """A module in a training step as JSON has it, or None of a forward pass alone."""
    training = report.training
    if training is None:
        return None
    saved = training.step.saved.get(node.scope, 0)
    return {"parts": parts_of(node, training), "own_saved_bytes": saved}


def parts_of(node: Node, training: Training) -> dict[str, dict[str, int]]:
    """MACs and FLOPs of a module, all that is inside it included, by part."""
    costs = {part: training.cost(node, part) for part in PARTS}
    return {part: {"macs": cost.macs, "flops": cost.flops} for part, cost in costs.items()}
