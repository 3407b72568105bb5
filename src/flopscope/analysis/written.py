"""A report as a file holds it: what machines are compared by, and time split among the layers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from flopscope.costs import Cost
from flopscope.records import Scope
from flopscope.roofline import Bound, Limits, Performance


@dataclass(frozen=True, slots=True)
class Counts:
    """What work consists of, which no machine changes."""

    params: int
    macs: int
    flops: int
    bytes_moved: int

    @property
    def cost(self) -> Cost:
        return Cost(self.macs, self.flops - 2 * self.macs, self.bytes_moved)


@dataclass(frozen=True, slots=True)
class Layer:
    """A module of a report.

    Attributes:
        scope: its dotted path.
        kind: its class's name.
        calls: how often its forward ran.
        counts: of it and everything inside it.
        own: of what it runs outside its children.
        seconds: measured, children included, or None.
        ideal_seconds: the least that the machine allows, or None.
        bound: what limits it, or None.
    """

    scope: Scope
    kind: str
    calls: int
    counts: Counts
    own: Counts
    seconds: float | None
    ideal_seconds: float | None
    bound: Bound | None

    @property
    def is_idle(self) -> bool:
        """Whether neither it nor anything inside it did anything."""
        return not (self.calls or self.counts.flops or self.counts.bytes_moved)

    @property
    def roofline_share(self) -> float | None:
        """The part of the attainable rate that is achieved."""
        if self.ideal_seconds is None or not self.seconds:
            return None
        return self.ideal_seconds / self.seconds


@dataclass(frozen=True, slots=True)
class Piece:
    """A layer's own work and time, so that the pieces of a report add up.

    Attributes:
        scope: the layer's dotted path.
        kind: its class's name.
        seconds: measured outside its children, or None where that isn't known.
        bound: what limits it, or None.
    """

    scope: Scope
    kind: str
    seconds: float | None
    bound: Bound | None


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the machine of a report allows.

    Attributes:
        origin: whether that was ``"measured"``, is of a ``"datasheet"``, or was ``"given"``.
        dtype: the type that most of the FLOPs are of, and the rate as well.
        limits: the rates.
    """

    origin: str
    dtype: str
    limits: Limits


@dataclass(frozen=True, slots=True)
class Run:
    """How the model was run.

    Attributes:
        device: as torch calls it.
        device_name: the processor's or the card's own name.
        threads: torch's threads within an operator.
        seconds: the median of a forward pass.
        error: half of the median's 95% confidence interval, as a part of it, or None.
        overhead_seconds: what watching the modules adds to a pass, or None.
        notes: what was said of the measurement: how the clock ran, that the machine was busy.
    """

    device: str
    device_name: str
    threads: int
    seconds: float
    error: float | None
    overhead_seconds: float | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Written:
    """One model on one machine.

    Attributes:
        name: what the report is called beside others.
        target: the model as it was named.
        module: the part of it that is reported on.
        inputs: name, shape and type of each.
        versions: of flopscope and torch, by name.
        layers: parents before children, the model first.
        operator_calls: operators that were started to compute or to move something.
        memory_nbytes: the most that a forward pass holds, parameters included, or None.
        allowed: what the machine allows, or None.
        run: how it was measured, or None.
        uncounted: operators that its figures lack.
    """

    name: str
    target: str
    module: str
    inputs: tuple[tuple[str, tuple[int, ...], str], ...]
    versions: Mapping[str, str]
    layers: tuple[Layer, ...]
    operator_calls: int
    memory_nbytes: int | None
    allowed: Allowed | None
    run: Run | None
    uncounted: tuple[str, ...] = ()

    @property
    def model(self) -> Layer:
        return self.layers[0]

    @property
    def limits(self) -> Limits:
        return self.allowed.limits if self.allowed else Limits()

    @cached_property
    def by_scope(self) -> Mapping[Scope, Layer]:
        return {layer.scope: layer for layer in self.layers}

    @property
    def watched_seconds(self) -> float | None:
        """A forward pass with its modules watched, which is what their times are parts of."""
        return None if self.run is None else self.run.seconds + (self.run.overhead_seconds or 0.0)

    @cached_property
    def pieces(self) -> Mapping[Scope, Piece]:
        """Each layer's own time, by its scope; idle layers have none."""
        inside: dict[Scope, list[Layer]] = defaultdict(list)
        for layer in self.layers[1:]:
            if not layer.is_idle:
                inside[self._parent(layer.scope)].append(layer)
        return {
            layer.scope: self._piece(layer, inside[layer.scope])
            for layer in self.layers
            if not layer.is_idle
        }

    def performance(self, layer: Layer) -> Performance:
        """The layer's work, against the machine's limits."""
        return Performance(layer.counts.cost, self.limits, layer.seconds)

    def _parent(self, scope: Scope) -> Scope:
        parent = scope.rpartition(".")[0]
        return parent if parent in self.by_scope else self._parent(parent)

    def _piece(self, layer: Layer, children: list[Layer]) -> Piece:
        if not children:
            return Piece(layer.scope, layer.kind, layer.seconds, layer.bound)
        whole = layer.seconds if layer.scope else self.watched_seconds
        parts = [child.seconds for child in children]
        inside = sum(part for part in parts if part is not None)
        is_known = whole is not None and None not in parts and inside <= whole
        seconds = whole - inside if whole is not None and is_known else None
        work = Performance(layer.own.cost, self.limits, seconds)
        return Piece(layer.scope, layer.kind, seconds, work.bound)
