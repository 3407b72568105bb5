"""What generating asks for, and a machine, to the least time and the least memory it could take.

These are bounds and no predictions: all arithmetic at the rate of matrix products, data at the full
bandwidth, the one hidden behind the other, nothing lost between several devices.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from flopscope.analysis.generation.generation import Generation
from flopscope.analysis.generation.steps import Demand
from flopscope.devices import Device, typed_device
from flopscope.errors import UsageError
from flopscope.roofline import Bound

_SEVERAL = re.compile(r"(?P<count>\d+)\s*[x×]\s*(?P<name>.+)")

MOST_SEQUENCES = 1 << 20
"""A batch beyond which nobody is told from where on arithmetic limits."""


@dataclass(frozen=True, slots=True)
class Installation:
    """Some devices of one kind, taken to share all work and all data evenly and for nothing.

    Attributes:
        device: which.
        count: how many.
    """

    device: Device
    count: int = 1

    @property
    def name(self) -> str:
        """``"8 × H100 SXM"``."""
        return self.device.name if self.count == 1 else f"{self.count} × {self.device.name}"

    def flops_per_second(self, dtype: str) -> float | None:
        """The rate of matrix products of a type, or None where that is not known."""
        peak = self.device.matrix_peak(dtype)
        return None if peak is None else peak.flops_per_second * self.count

    @property
    def bytes_per_second(self) -> float:
        return self.device.bytes_per_second * self.count

    @property
    def memory_nbytes(self) -> int:
        """Of the largest version that is sold."""
        return max(self.device.memory_bytes) * self.count


def installation_of(text: str) -> Installation:
    """The devices that somebody means by ``"H100 SXM"`` or ``"8x H100 SXM"``.

    Raises:
        UsageError: there is no such device, or there are several, or none of it is wanted.
    """
    several = _SEVERAL.fullmatch(text.strip())
    if several is None:
        return Installation(typed_device(text))
    if not int(several["count"]):
        raise UsageError(f"'{text}' is no device at all", hint=f"write 1x {several['name']}")
    return Installation(typed_device(several["name"]), int(several["count"]))


@dataclass(frozen=True, slots=True)
class Limited:
    """The least time of one call, and what sets it; None where the device's rate is unknown."""

    seconds: float | None
    bound: Bound | None


@dataclass(frozen=True)
class Bounds:
    """How fast generating could be at best.

    Attributes:
        generation: what is generated.
        installation: on what.
    """

    generation: Generation
    installation: Installation

    @property
    def flops_per_second(self) -> float | None:
        """The peak rate for the type that most of the arithmetic is of."""
        return self.installation.flops_per_second(self.generation.dtype)

    def least(self, demand: Demand) -> Limited:
        """The least time for what a call asks for."""
        if self.flops_per_second is None:
            return Limited(None, None)
        compute = 2 * demand.macs / self.flops_per_second
        moving = demand.nbytes / self.installation.bytes_per_second
        return Limited(max(compute, moving), "compute" if compute >= moving else "memory")

    @property
    def first_token(self) -> Limited:
        """The least time to the first token: of the prefill, without masked scores if possible."""
        causal = self.generation.causal_prefill
        return self.least((causal or self.generation.prefill).demand)

    @property
    def dense_first_token(self) -> Limited:
        """The same with masked scores worked out."""
        return self.least(self.generation.prefill.demand)

    def step(self, past: int) -> Limited:
        """The least time of a step with so many tokens before it."""
        return self.least(self.generation.step(past).demand)

    def tokens_per_second(self, past: int) -> float | None:
        """Tokens of the whole batch, at most, with so many before each."""
        seconds = self.step(past).seconds
        return None if not seconds else self.generation.workload.batch / seconds

    @property
    def all_steps_seconds(self) -> float | None:
        """The least time of all steps, one after the other."""
        seconds = [self.least(step.demand).seconds for step in self.generation.each_step()]
        return sum(each for each in seconds if each is not None) if None not in seconds else None

    @property
    def mean_tokens_per_second(self) -> float | None:
        """Tokens of the whole batch, at most, over all steps."""
        if not self.generation.steps:
            return self.tokens_per_second(self.generation.first_past)
        seconds = self.all_steps_seconds
        tokens = self.generation.steps * self.generation.workload.batch
        return tokens / seconds if seconds else None

    def compute_bound_batch(self, past: int) -> int | None:
        """The smallest batch whose step, with so many tokens before it, is limited by arithmetic.

        None where none is, or the device's rate is unknown: each sequence brings a cache of its
        own, which may take longer to read than the arithmetic on it.
        """
        low, high = 0, 1
        while not self._is_compute_bound(high, past):
            low, high = high, high * 2
            if high > MOST_SEQUENCES:
                return None
        while high - low > 1:
            middle = (low + high) // 2
            if self._is_compute_bound(middle, past):
                high = middle
            else:
                low = middle
        return high

    def _is_compute_bound(self, batch: int, past: int) -> bool:
        return self.least(self.generation.at(batch, past)).bound == "compute"

    @property
    def devices_needed(self) -> int:
        """How many of the device hold weights, cache and activations, with nothing to spare."""
        return -(-self.generation.memory.nbytes // max(self.installation.device.memory_bytes))

    @property
    def fits(self) -> bool:
        return self.devices_needed <= self.installation.count
