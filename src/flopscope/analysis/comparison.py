"""One model on two machines: how much faster it is on the other, and what that is made up of."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain

from flopscope.analysis.written import Layer, Piece, Written
from flopscope.records import Scope
from flopscope.roofline import Bound


@dataclass(frozen=True, slots=True)
class Part:
    """The layers that the same thing limits on the first machine.

    Attributes:
        bound: what that is, or None where it isn't known or nothing does.
        share: of the first one's time.
        base_seconds: what they take there.
        other_seconds: what they take on the other machine, or None where one wasn't measured.
    """

    bound: Bound | None
    share: float
    base_seconds: float
    other_seconds: float | None

    @property
    def speed(self) -> float | None:
        """How many times as fast the other one is."""
        return ratio(self.base_seconds, self.other_seconds)


@dataclass(frozen=True, slots=True)
class Change:
    """A layer whose own time differs: positive seconds where the other machine is sooner."""

    base: Piece
    other: Piece
    seconds: float


@dataclass(frozen=True)
class Comparison:
    """A model on a machine, beside itself on the first one. Ratios above 1 favour the former.

    Attributes:
        base: the report of the first machine.
        other: the report of the other one.
    """

    base: Written
    other: Written

    @property
    def speed(self) -> float | None:
        """How many times as fast the other machine is."""
        return self.layer_speed("")

    def layer_speed(self, scope: Scope) -> float | None:
        """The same of one layer; None where it isn't in both, or wasn't measured."""
        layers = self.base.by_scope.get(scope), self.other.by_scope.get(scope)
        return ratio(*(layer.seconds if layer else None for layer in layers))

    @property
    def error(self) -> float | None:
        """How far the speed may be off, as a part of it; None where too few runs say."""
        runs = self.base.run, self.other.run
        errors = [run.error for run in runs if run is not None and run.error is not None]
        return math.hypot(*errors) if len(errors) == len(runs) else None

    @property
    def is_clear(self) -> bool:
        """Whether the difference is more than the measurements' error."""
        return self.speed is not None and abs(math.log(self.speed)) > (self.error or 0.0)

    @property
    def peak(self) -> float | None:
        """The other's rate of arithmetic by the first one's."""
        return ratio(self.other.limits.flops_per_second, self.base.limits.flops_per_second)

    @property
    def bandwidth(self) -> float | None:
        return ratio(self.other.limits.bytes_per_second, self.base.limits.bytes_per_second)

    @property
    def starting(self) -> float | None:
        """How many times as soon the other machine starts an operator."""
        return ratio(self.base.limits.seconds_per_call, self.other.limits.seconds_per_call)

    @property
    def allowed(self) -> float | None:
        """How many times as fast the limits alone, layer by layer, would make the other one."""
        return ratio(self.base.model.ideal_seconds, self.other.model.ideal_seconds)

    @property
    def nearness(self) -> float | None:
        """How many times as near the other one comes to its limits: speed by what is allowed."""
        return ratio(self.speed, self.allowed)

    @property
    def differing(self) -> tuple[Scope, ...]:
        """The layers that aren't the same work, or are in one report alone."""
        base, other = self.base.by_scope, self.other.by_scope
        scopes = dict.fromkeys(chain(base, other))
        return tuple(scope for scope in scopes if _work(base, scope) != _work(other, scope))

    def parts(self) -> tuple[Part, ...]:
        """The first machine's time by what limits it there, the most first."""
        whole = self.base.watched_seconds
        if not whole:
            return ()
        bounds = dict.fromkeys(piece.bound for piece in self.base.pieces.values())
        parts = (self._part(bound, whole) for bound in bounds)
        return tuple(sorted(filter(None, parts), key=lambda part: -part.base_seconds))

    def changes(self) -> tuple[Change, ...]:
        """The layers by how much sooner or later the other machine is done with each."""
        found = []
        for scope, base in self.base.pieces.items():
            other = self.other.pieces.get(scope)
            if other and base.seconds is not None and other.seconds is not None:
                found.append(Change(base, other, base.seconds - other.seconds))
        return tuple(sorted(found, key=lambda change: -abs(change.seconds)))

    def _part(self, bound: Bound | None, whole: float) -> Part | None:
        base = {
            scope: piece.seconds
            for scope, piece in self.base.pieces.items()
            if piece.bound == bound and piece.seconds
        }
        if not base:
            return None
        pieces = (self.other.pieces.get(scope) for scope in base)
        others = [piece.seconds if piece else None for piece in pieces]
        known = [seconds for seconds in others if seconds is not None]
        taken = sum(base.values())
        return Part(bound, taken / whole, taken, sum(known) if len(known) == len(base) else None)


def ratio(upper: float | None, lower: float | None) -> float | None:
    """A quotient, or None where one of the two isn't known or is nothing."""
    return upper / lower if upper and lower else None


def _work(layers: Mapping[Scope, Layer], scope: Scope) -> tuple[object, ...] | None:
    layer = layers.get(scope)
    return None if layer is None else (layer.kind, layer.calls, layer.counts)
