"""What is predicted, apart from where; and a prediction with what follows from it on a device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flopscope.analysis.prediction.estimate import Prediction
from flopscope.analysis.prediction.fitted import Variant
from flopscope.analysis.prediction.machines import Scalars
from flopscope.analysis.prediction.remedies import Remedy
from flopscope.records import Scope, TensorSpec
from flopscope.tree import Profile

NORMS = frozenset({"aten.layer_norm", "aten.group_norm", "aten.rms_norm"})
"""Operators whose type is a matter of choice under autocast."""


@dataclass(frozen=True)
class Memory:
    """Bytes that are held when most are.

    Attributes:
        params, buffers: of the model.
        inputs: the tensors given to it.
        activations: what operators have returned and the program still holds; of a training step
            with gradients and what the optimizer keeps.
    """

    params: int
    buffers: int
    inputs: int
    activations: int

    @property
    def total(self) -> int:
        return self.params + self.buffers + self.inputs + self.activations


@dataclass(frozen=True)
class Workload:
    """What is run, the same on all devices.

    Attributes:
        inputs: the tensors given to the model, by name.
        profile: what a forward pass costs, module by module.
        variant: what is run of it.
        dtype: the type that most of its arithmetic is in.
        flops: of a pass, or of a step of training.
        memory: what that holds at once, or None where that is not known.
        autocast: the type that operators are cast to, or None without.
        weights: the floating-point type that most of the weights are in, before any cast.
        half_norms: whether any norm runs in the type of autocast, as its layer offers.
        channels_last: whether channels are last in memory.
        module: the part of the model that is meant; ``""`` is all of it.
    """

    inputs: Mapping[str, TensorSpec]
    profile: Profile
    variant: Variant
    dtype: str
    flops: int
    memory: Memory | None = None
    autocast: str | None = None
    weights: str = "float32"
    half_norms: bool = False
    channels_last: bool = False
    module: Scope = ""

    @property
    def samples(self) -> int | None:
        """The first size of the first input that has one; of a list of inputs, how many it has."""
        name, tensor = next(
            ((name, tensor) for name, tensor in self.inputs.items() if tensor.shape), ("", None)
        )
        if tensor is None:
            return None
        whole, bracket, _ = name.rpartition("[")
        if not bracket:
            return tensor.shape[0]
        return sum(each.rpartition("[")[:2] == (whole, bracket) for each in self.inputs)

    @property
    def has_norms(self) -> bool:
        """Whether any norm runs whose type is a matter of choice."""
        return any(total.op in NORMS for total in self.profile.operators)


@dataclass(frozen=True)
class Outlook:
    """A prediction on a device, and what follows from it.

    Attributes:
        workload: what is run.
        prediction: how long that takes.
        scalars: what calibration found on the device, or None.
        price_per_hour: what an hour of the device costs, in whatever money, or None.
        remedies: what would make it faster, the best first.
        assumptions: what is taken for granted of the device.
    """

    workload: Workload
    prediction: Prediction
    scalars: Scalars | None = None
    price_per_hour: float | None = None
    remedies: tuple[Remedy, ...] = ()
    assumptions: tuple[str, ...] = field(default=())

    @property
    def samples_per_second(self) -> float | None:
        samples, seconds = self.workload.samples, self.prediction.seconds
        return samples / seconds if samples is not None and seconds else None

    @property
    def flops_per_second(self) -> float | None:
        seconds = self.prediction.seconds
        return self.workload.flops / seconds if seconds else None

    @property
    def peak_flops_per_second(self) -> float | None:
        """By the datasheet, of matrix products in the workload's type; None where unknown."""
        peak = self.prediction.device.matrix_peak(self.workload.dtype)
        return None if peak is None else peak.flops_per_second

    @property
    def peak_share(self) -> float | None:
        rate, peak = self.flops_per_second, self.peak_flops_per_second
        return None if rate is None or peak is None else rate / peak

    @property
    def memory_nbytes(self) -> int | None:
        """Of the largest version of the device that is sold, or None where that is unknown."""
        return max(self.prediction.device.memory_bytes, default=None)

    @property
    def fits(self) -> bool | None:
        """Whether the memory is enough; None where one of the two is not known."""
        held, there = self.workload.memory, self.memory_nbytes
        return None if held is None or there is None else held.total <= there

    @property
    def samples_per_joule(self) -> float | None:
        """At the most power that the device may draw."""
        rate, watts = self.samples_per_second, self.prediction.device.watts
        return None if rate is None or watts is None else rate / watts

    @property
    def price_per_million(self) -> float | None:
        """What a million samples cost, in the money of the price."""
        rate = self.samples_per_second
        if rate is None or self.price_per_hour is None:
            return None
        return self.price_per_hour / 3600 * 1_000_000 / rate
