"""A counted training step, so many tokens and some devices as what the whole training takes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flopscope.analysis.training import PARTS, Training
from flopscope.errors import InputError
from flopscope.records import TensorSpec
from flopscope.tree import Profile

SECONDS_PER_HOUR = 3600
HOURS_PER_DAY = 24
_WHOLE_NUMBERS = frozenset({"int64", "int32"})


@dataclass(frozen=True, slots=True)
class Fleet:
    """What a model is trained on.

    Attributes:
        device: its name.
        peak_flops_per_second: of one device, in the type that the model computes in.
        arithmetic: which rate that is.
        source: who says so.
        memory_nbytes: of one device, or None where that is unknown.
        count: devices.
        utilisation: the part of their peak that they attain, in FLOPs that the model needs.
    """

    device: str
    peak_flops_per_second: float
    arithmetic: str
    source: str
    memory_nbytes: int | None
    count: int
    utilisation: float


@dataclass(frozen=True, slots=True)
class Goal:
    """How long a model is trained.

    Attributes:
        units: tokens, or samples, in all.
        of_tokens: whether tokens are meant.
        global_batch: units for one step of the optimizer, or None for one step of each device.
    """

    units: int
    of_tokens: bool = True
    global_batch: int | None = None

    @property
    def noun(self) -> str:
        return "token" if self.of_tokens else "sample"


@dataclass(frozen=True, slots=True)
class Term:
    """One of the figures that lead from a rule of thumb to a count."""

    meaning: str
    flops: int


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """What a whole training takes.

    Attributes:
        goal: how long it is.
        fleet: what it runs on.
        unit_source: the input that its tokens or samples are counted in, and its shape.
        units_per_step: tokens or samples in the step that was counted.
        params: elements of the model's parameters.
        step_flops: of the counted step.
        optimizer_flops: of one step of the optimizer, in there.
        recomputed_flops: of what is computed a second time, in there.
        terms: what 6 × params × tokens leaves out or has too much, for the counted step.
        memory_nbytes: what the counted step holds at most on one device that shares nothing.
    """

    goal: Goal
    fleet: Fleet
    unit_source: str
    units_per_step: int
    params: int
    step_flops: int
    optimizer_flops: int
    recomputed_flops: int
    terms: tuple[Term, ...]
    memory_nbytes: int

    @property
    def global_batch(self) -> int:
        """Tokens or samples for one step of the optimizer."""
        return self.goal.global_batch or self.units_per_step * self.fleet.count

    @property
    def steps(self) -> int:
        """Steps of the optimizer."""
        return math.ceil(self.goal.units / self.global_batch)

    @property
    def flops(self) -> int:
        """Of the whole training: passes by their tokens, and every step of the optimizer once."""
        passes = self.step_flops - self.optimizer_flops
        return self._over_all(passes) + self.steps * self.optimizer_flops

    @property
    def model_flops(self) -> int:
        """Without what is computed a second time."""
        return self.flops - self._over_all(self.recomputed_flops)

    @property
    def rule_flops(self) -> int:
        """6 × params × tokens."""
        return 6 * self.params * self.goal.units

    @property
    def seconds(self) -> float:
        """How long the fleet takes."""
        fleet = self.fleet
        attained = fleet.peak_flops_per_second * fleet.utilisation * fleet.count
        return self.model_flops / attained

    @property
    def days(self) -> float:
        return self.seconds / SECONDS_PER_HOUR / HOURS_PER_DAY

    @property
    def device_hours(self) -> float:
        return self.seconds * self.fleet.count / SECONDS_PER_HOUR

    def _over_all(self, flops: int) -> int:
        return flops * self.goal.units // self.units_per_step


def planned(
    profile: Profile,
    training: Training,
    inputs: Sequence[tuple[str, TensorSpec]],
    memory_nbytes: int,
    goal: Goal,
    fleet: Fleet,
) -> TrainingPlan:
    """The plan of a training whose step was counted.

    Raises:
        InputError: the model is given no tokens, or nothing, to count in.
    """
    unit_source, units = _units(inputs, goal)
    units *= training.step.passes
    costs = {part: training.cost(profile.root, part) for part in PARTS}
    return TrainingPlan(
        goal=goal,
        fleet=fleet,
        unit_source=unit_source,
        units_per_step=units,
        params=profile.root.params,
        step_flops=profile.root.cost.flops,
        optimizer_flops=costs["optimizer"].flops,
        recomputed_flops=costs["recompute"].flops,
        terms=tuple(_terms(profile, training, units)),
        memory_nbytes=memory_nbytes,
    )


def _units(inputs: Sequence[tuple[str, TensorSpec]], goal: Goal) -> tuple[str, int]:
    for name, tensor in inputs:
        shape = "×".join(map(str, tensor.shape))
        if goal.of_tokens and tensor.dtype in _WHOLE_NUMBERS and tensor.numel:
            return f"elements of input {name} ({shape})", tensor.numel
        if not goal.of_tokens and tensor.shape and tensor.shape[0]:
            return f"first size of input {name} ({shape})", tensor.shape[0]
    raise InputError(
        f"no input of the model is made of {goal.noun}s",
        hint="--samples counts the first size of its input, --tokens its whole numbers",
    )


def _terms(profile: Profile, training: Training, units: int) -> Iterator[Term]:
    """From 6 × params × tokens to the FLOPs of the counted step: these add up to them."""
    params, use = profile.root.params, training.weights
    costs = {part: training.cost(profile.root, part) for part in PARTS}
    forward, *gradients = (
        use.macs.get(part, 0) for part in ("forward", "input_gradients", "weight_gradients")
    )
    passes = [costs[part] for part in ("forward", "input_gradients", "weight_gradients")]
    products = sum(cost.macs for cost in passes) - forward - sum(gradients)
    others = params - use.multiplied - use.looked_up
    yield Term("6 FLOPs for each parameter and unit", 6 * params * units)
    yield Term("parameters that are only looked up", -6 * use.looked_up * units)
    yield Term("parameters that multiply nothing: norms, biases, unused", -6 * others * units)
    yield Term(
        "weights used more or less than once for each unit", 6 * (forward - use.multiplied * units)
    )
    yield Term(
        "gradients that nothing needs: frozen weights, first layers",
        2 * sum(macs - forward for macs in gradients),
    )
    yield Term("products without weights: attention", 2 * products)
    yield Term(
        "all but products: norms, activations, softmax, loss",
        sum(cost.other_flops for cost in passes),
    )
    yield Term("computed a second time", costs["recompute"].flops)
    yield Term("the optimizer's step", costs["optimizer"].flops)
