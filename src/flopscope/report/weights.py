"""What a module can be drawn as large as: figures that add up over the modules of a model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flopscope.errors import FlopscopeError, UsageError
from flopscope.records import Scope
from flopscope.report.speed import own_seconds
from flopscope.report.unit import BYTES, COUNT, SECONDS, Unit
from flopscope.spelling import did_you_mean
from flopscope.tree import Node

if TYPE_CHECKING:
    from flopscope.report import Report, View


@dataclass(frozen=True, slots=True)
class Weight:
    """A figure of every module, without what is inside it.

    Attributes:
        name: what it is asked for by.
        title: what it is called.
        unit: what it is in.
        own: the figure of a module itself.
    """

    name: str
    title: str
    unit: Unit
    own: Callable[[Node, Report], float]


def _flops(node: Node, _: Report) -> int:
    return node.own_cost.flops


def _macs(node: Node, _: Report) -> int:
    return node.own_cost.macs


def _params(node: Node, _: Report) -> int:
    return node.spec.params


def _seconds(node: Node, report: Report) -> float:
    """Zero where it was not measured, as of a module that only holds others."""
    return own_seconds(report.timing, node) or 0.0


def _moved(node: Node, _: Report) -> int:
    return node.own_cost.bytes_moved


def _kept(node: Node, _: Report) -> int:
    """Parameters and buffers, and what a module returns that has no others inside it."""
    returned = 0 if node.children else node.spec.output_nbytes
    return node.spec.param_nbytes + node.spec.buffer_nbytes + returned


WEIGHTS: Mapping[str, Weight] = {
    weight.name: weight
    for weight in (
        Weight("flops", "FLOPs", COUNT, _flops),
        Weight("macs", "MACs", COUNT, _macs),
        Weight("params", "Params", COUNT, _params),
        Weight("time", "Time", SECONDS, _seconds),
        Weight("bytes", "Bytes moved", BYTES, _moved),
        Weight("memory", "Params and outputs", BYTES, _kept),
    )
}
"""Every weight. The memory that is alive at once does not add up, and so is none."""

DEFAULT = "flops"


def is_known(weight: Weight, report: Report) -> bool:
    """Whether a report has the weight's figures."""
    return weight.name != "time" or bool(report.timing and report.timing.module_seconds)


def weights_of(report: Report) -> tuple[Weight, ...]:
    """The weights that a report has figures of."""
    return tuple(weight for weight in WEIGHTS.values() if is_known(weight, report))


def weight_of(report: Report, view: View) -> Weight:
    """The weight that a view asks for.

    Raises:
        UsageError: there is none of that name.
        FlopscopeError: the report has no figures of it.
    """
    name = view.weight or DEFAULT
    if name not in WEIGHTS:
        hint = did_you_mean(name, WEIGHTS) or f"weights: {', '.join(WEIGHTS)}"
        raise UsageError(f"no weight {name!r}", hint)
    weight = WEIGHTS[name]
    require_known(weight, report)
    return weight


def require_known(weight: Weight, report: Report) -> None:
    """Raise FlopscopeError where a report has no figures of a weight."""
    if not is_known(weight, report):
        raise FlopscopeError(
            f"the time of {report.target}'s modules was not measured",
            hint="the notes of the report say why",
        )


def totals(report: Report, weight: Weight) -> dict[Scope, float]:
    """Of every module, what it weighs with all that is inside it; parents first."""
    weights = {scope: weight.own(node, report) for scope, node in report.modules.items()}
    for scope in reversed(weights):
        if scope:
            weights[scope.rpartition(".")[0]] += weights[scope]
    return weights


def stacks(report: Report, weight: Weight) -> Iterator[tuple[tuple[Node, ...], float]]:
    """The modules that weigh something themselves, each below those that it is in."""

    def inside(node: Node, above: tuple[Node, ...]) -> Iterator[tuple[tuple[Node, ...], float]]:
        stack = (*above, node)
        own = weight.own(node, report)
        if own:
            yield stack, own
        for child in node.children:
            yield from inside(child, stack)

    return inside(report.profile.root, ())


def frame(node: Node) -> str:
    """A module in a stack: ``"conv1 (Conv2d)"``; the model by its class alone."""
    return f"{node.name} ({node.spec.kind})" if node.scope else node.spec.kind
