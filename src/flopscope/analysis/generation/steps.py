"""A call of a model with a cache to what it costs: arithmetic, and what has to be read for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from flopscope.analysis.active_params import parameters_read
from flopscope.analysis.generation.storage import Storage
from flopscope.costs import Cost, cost_of
from flopscope.records import CachedCall, Operation, ParameterUse, TensorSpec, Trace


class Demand(NamedTuple):
    """What one call of a model asks of a machine, at least.

    The bytes are the least that have to cross the memory's bus, whatever the kernels: each weight
    that is used once, and the cache once.

    Attributes:
        macs: multiply-accumulates.
        read_params: elements of the parameters that are read.
        weight_nbytes: what those take.
        cache_nbytes: of the cache: before a step, which reads it, or after a prefill, which
            writes it.
    """

    macs: int
    read_params: int
    weight_nbytes: int
    cache_nbytes: int

    @property
    def nbytes(self) -> int:
        """Weights and cache."""
        return self.weight_nbytes + self.cache_nbytes


class StepCost(NamedTuple):
    """What one call of a model costs.

    Attributes:
        macs, read_params, weight_nbytes, cache_nbytes: as in :class:`Demand`; attention dense.
        flops: of the multiply-accumulates and of everything else.
        attention_macs: of the products that no parameter takes part in: of tokens with tokens.
        attention_flops: of the operators that these are of, such as fused attention.
    """

    macs: int
    read_params: int
    weight_nbytes: int
    cache_nbytes: int
    flops: int
    attention_macs: int
    attention_flops: int

    @property
    def demand(self) -> Demand:
        return Demand(*self[:4])

    @property
    def nbytes(self) -> int:
        """Weights and cache."""
        return self.weight_nbytes + self.cache_nbytes

    @property
    def intensity(self) -> float | None:
        """FLOPs by byte of weights and cache, or None where there is neither."""
        return self.flops / self.nbytes if self.nbytes else None


def step_cost(call: CachedCall, held: Iterable[TensorSpec], storage: Storage) -> StepCost:
    """The cost of one call.

    Args:
        call: what it ran.
        held: the cache that it reads or writes.
        storage: what weights and the cache are stored in.
    """
    known: dict[Operation, Cost] = {}
    for each in call.trace.calls:
        if each.operation not in known:
            known[each.operation] = cost_of(each.operation)[1]
    everything = Cost.total(known[each.operation] for each in call.trace.calls)
    costs = ((known[each.operation], each.parameters) for each in call.trace.calls)
    attention = Cost.total(cost for cost, used in costs if cost.macs and not used)
    specs = _parameters(call.trace)
    read = parameters_read(call.trace)
    return StepCost(
        macs=everything.macs,
        read_params=sum(read.values()),
        weight_nbytes=sum(
            storage.weight_nbytes(specs[name].given, elements) for name, elements in read.items()
        ),
        cache_nbytes=storage.cache_nbytes(held),
        flops=everything.flops,
        attention_macs=attention.macs,
        attention_flops=attention.flops,
    )


def _parameters(trace: Trace) -> dict[str, ParameterUse]:
    """One use of each parameter."""
    return {use.name: use for call in trace.calls for use in call.parameters}
