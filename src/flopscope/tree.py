"""A trace as a tree of modules whose costs add up, with totals per operator and the coverage."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from flopscope.costs import Cost, Coverage, cost_of
from flopscope.errors import IncompleteCountError
from flopscope.records import ModuleSpec, Operation, Peak, Scope, Trace
from flopscope.units import many


@dataclass(frozen=True, repr=False)
class Node:
    """A module with its own work and its children; totals are derived from those.

    Attributes:
        spec: what the module is and owns.
        own_cost: of the operators that ran in it and in none of its children.
        children: the modules inside it.
    """

    spec: ModuleSpec
    own_cost: Cost
    children: tuple[Node, ...] = ()

    @property
    def scope(self) -> Scope:
        return self.spec.scope

    @property
    def name(self) -> str:
        """The last part of the scope: ``conv1`` of ``layer1.0.conv1``."""
        return self.spec.scope.rpartition(".")[2]

    @cached_property
    def cost(self) -> Cost:
        """Its own cost and that of everything inside it."""
        return Cost.total([self.own_cost, *(child.cost for child in self.children)])

    @cached_property
    def params(self) -> int:
        return self.spec.params + sum(child.params for child in self.children)

    @cached_property
    def trainable_params(self) -> int:
        return self.spec.trainable_params + sum(child.trainable_params for child in self.children)

    @cached_property
    def buffers(self) -> int:
        return self.spec.buffers + sum(child.buffers for child in self.children)

    @cached_property
    def param_nbytes(self) -> int:
        return self.spec.param_nbytes + sum(child.param_nbytes for child in self.children)

    @cached_property
    def buffer_nbytes(self) -> int:
        return self.spec.buffer_nbytes + sum(child.buffer_nbytes for child in self.children)

    @cached_property
    def peak_nbytes(self) -> int:
        """The most bytes that were alive in the whole model while something in it ran."""
        return max((self.spec.peak_nbytes, *(child.peak_nbytes for child in self.children)))

    def __repr__(self) -> str:
        """In a line: all that is inside it would be pages of it."""
        inside = sum(1 for _ in self.walk()) - 1
        return (
            f"<{self.spec.kind} {self.scope!r}: {self.cost.macs:,} MACs, {self.cost.flops:,} FLOPs,"
            f" {self.params:,} params, {many(inside, 'module')} inside>"
        )

    def walk(self) -> Iterator[Node]:
        """This module and everything inside it, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class OperatorTotal:
    """All calls of one operator."""

    op: str
    coverage: Coverage
    calls: int
    cost: Cost


@dataclass(frozen=True, slots=True)
class Uncounted:
    """Calls that ran and have no formula: the count is too low by their work.

    Attributes:
        op: the operator.
        calls: how often it ran.
        elements: of all its outputs.
        nbytes: of all its inputs and outputs.
        scopes: the modules it ran in, in order of first use.
    """

    op: str
    calls: int
    elements: int
    nbytes: int
    scopes: tuple[Scope, ...]


@dataclass(frozen=True, repr=False)
class Profile:
    """The cost of one forward pass: a tree that adds up, its operators and what was left out.

    Attributes:
        root: the model.
        operators: dearest first.
        uncounted: largest first.
        peak: the most memory that is alive at once, or None where that was not followed.
    """

    root: Node
    operators: tuple[OperatorTotal, ...]
    uncounted: tuple[Uncounted, ...] = ()
    peak: Peak | None = None

    def __repr__(self) -> str:
        """In a line, as a module's."""
        return f"<Profile of {self.root!r}>"

    @cached_property
    def counted_calls(self) -> int:
        return sum(total.calls for total in self.operators if total.coverage == "counted")

    @cached_property
    def free_calls(self) -> int:
        return sum(total.calls for total in self.operators if total.coverage == "free")

    @cached_property
    def nodes(self) -> dict[Scope, Node]:
        """Every module by its scope, parents first."""
        return {node.scope: node for node in self.root.walk()}

    @cached_property
    def layer_output_nbytes(self) -> int:
        """Bytes of what all layers returned, over all calls.

        A layer is what torchsummary takes for one: any module inside the model but containers.
        """
        layers = (node.spec for node in self.root.walk() if node is not self.root)
        return sum(spec.output_nbytes for spec in layers if spec.kind not in _CONTAINERS)

    @cached_property
    def shared(self) -> dict[str, str]:
        """The parameters and buffers that another module owns: full name to the owner's."""
        return {
            f"{node.scope}.{name}" if node.scope else name: owner
            for node in self.root.walk()
            for name, owner in node.spec.shared
        }

    def require_complete(self) -> None:
        """Raise IncompleteCountError where some operator has no formula."""
        if not self.uncounted:
            return
        listed = ", ".join(f"{entry.op} ×{entry.calls}" for entry in self.uncounted[:5])
        more = f" and {len(self.uncounted) - 5} more" if len(self.uncounted) > 5 else ""
        raise IncompleteCountError(
            f"no formula for {listed}{more}",
            hint="register one with @flopscope.formula, or leave --strict out to see the rest",
        )


_CONTAINERS = ("Sequential", "ModuleList")


@dataclass
class _Tally:
    """The calls of one operator."""

    costs: list[Cost] = field(default_factory=list)
    elements: int = 0
    scopes: dict[Scope, None] = field(default_factory=dict)

    @property
    def calls(self) -> int:
        return len(self.costs)

    @property
    def cost(self) -> Cost:
        return Cost.total(self.costs)


def profile(trace: Trace) -> Profile:
    """Cost every call of a trace and add the costs up along the module tree."""
    known: dict[Operation, tuple[Coverage, Cost]] = {}
    own: defaultdict[Scope, list[Cost]] = defaultdict(list)
    tallies: defaultdict[tuple[str, Coverage], _Tally] = defaultdict(_Tally)
    for call in trace.calls:
        operation = call.operation
        if operation not in known:
            known[operation] = cost_of(operation)
        coverage, cost = known[operation]
        own[call.scope].append(cost)
        tally = tallies[operation.op, coverage]
        tally.costs.append(cost)
        if coverage == "uncounted":
            tally.elements += sum(out.numel for out in operation.outputs)
            tally.scopes[call.scope] = None
    tree = _tree(trace.modules, own)
    return Profile(tree, _operators(tallies), _uncounted(tallies), trace.peak)


def _tree(modules: tuple[ModuleSpec, ...], own: Mapping[Scope, Iterable[Cost]]) -> Node:
    children: dict[Scope, list[ModuleSpec]] = {}
    for module in modules[1:]:
        children.setdefault(module.scope.rpartition(".")[0], []).append(module)

    def node(spec: ModuleSpec) -> Node:
        inside = tuple(node(child) for child in children.get(spec.scope, ()))
        return Node(spec, Cost.total(own.get(spec.scope, ())), inside)

    return node(modules[0])


def _operators(tallies: Mapping[tuple[str, Coverage], _Tally]) -> tuple[OperatorTotal, ...]:
    totals = [
        OperatorTotal(op, coverage, tally.calls, tally.cost)
        for (op, coverage), tally in tallies.items()
    ]
    totals.sort(key=lambda total: (-total.cost.flops, -total.cost.bytes_moved, total.op))
    return tuple(totals)


def _uncounted(tallies: Mapping[tuple[str, Coverage], _Tally]) -> tuple[Uncounted, ...]:
    left_out = [
        Uncounted(op, tally.calls, tally.elements, tally.cost.bytes_moved, tuple(tally.scopes))
        for (op, coverage), tally in tallies.items()
        if coverage == "uncounted"
    ]
    left_out.sort(key=lambda entry: (-entry.nbytes, entry.op))
    return tuple(left_out)
