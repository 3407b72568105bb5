"""A model and what it is to generate to what that costs: its calls are traced, laws fitted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from torch import nn

from flopscope.analysis.generation.generation import Generation, Memory, Workload
from flopscope.analysis.generation.laws import Quantities, fit
from flopscope.analysis.generation.steps import StepCost, step_cost
from flopscope.analysis.generation.storage import Storage
from flopscope.analysis.ideal import main_dtype
from flopscope.costs import cost_of
from flopscope.errors import InputError
from flopscope.load.callers import caller_of
from flopscope.load.callers.turns import Caller, Turns
from flopscope.progress import Progress, silent
from flopscope.records import CachedCall, TensorSpec, Trace
from flopscope.trace import trace_calls
from flopscope.trace.specs import spec_of

BATCHES = 1024
"""The largest batch that is looked at: by then every expert of any mixture has work."""

BATCH_TOKENS = 1 << 17
"""How many tokens an encoder is given at most, where batches are looked at."""


@dataclass
class _Runs:
    """Runs of a model, each of a few calls; what steps cost is remembered, the traces are not.

    Attributes:
        peaks: the most bytes that a step holds, by the tokens before it.
    """

    model: nn.Module
    caller: Caller
    workload: Workload
    assume: Mapping[str, float]
    peaks: dict[int, int] = field(default_factory=dict)
    _steps: dict[int, StepCost] = field(default_factory=dict)

    def calls(
        self, batch: int, past: int, steps: int, *, all_logits: bool = False
    ) -> tuple[CachedCall, ...]:
        """A call that leaves so many tokens in the cache, and so many steps after it."""
        turns = Turns(batch, self.workload.prompt, past, steps, all_logits)
        drive = self.caller.drive(turns)
        return trace_calls(self.model, drive, self.caller.cache_in, assume=self.assume)

    def prefill(self, past: int) -> CachedCall:
        """The call that leaves so many tokens in the cache; the step after it is remembered."""
        first, step = self.calls(self.workload.batch, past, 1)
        self._steps[past] = self.cost(step, first.cache)
        self.peaks[past] = held_nbytes(step, self.workload.storage)
        if past == 1 and not self.caller.has_encoder:
            self._steps[0] = self.cost(first, ())  # all that there is before is a first token
        return first

    def steps(self, past: int) -> Mapping[int, Quantities]:
        """What steps cost, among them the one with so many tokens before it."""
        if past not in self._steps:
            self.prefill(max(past, 1))
        return self._steps

    def batches(self, batch: int) -> Mapping[int, Quantities]:
        """What the first step asks for that there can be, by the batch."""
        if not self.caller.has_encoder:
            (first,) = self.calls(batch, 1, 0)
            return {batch: self.cost(first, ()).demand}
        first, step = self.calls(batch, 1, 1)
        return {batch: self.cost(step, first.cache).demand}

    def cost(self, call: CachedCall, held: tuple[TensorSpec, ...]) -> StepCost:
        """What a call costs that reads or writes this cache."""
        return step_cost(call, held, self.workload.storage)


def generation_of(
    model: nn.Module,
    workload: Workload,
    *,
    assume: Mapping[str, float] | None = None,
    notes: tuple[str, ...] = (),
    progress: Progress = silent,
) -> Generation:
    """What generating costs.

    Args:
        model: with weights or without; it is left as it was found.
        workload: what to generate.
        assume: numbers for rules of ``flopscope.assumptions`` in the place of their defaults.
        notes: what a reader should know of how the model was made.
        progress: told what is being done.

    Raises:
        InputError: the model keeps no cache.
        TraceError: it raised.
    """
    caller = caller_of(model)
    runs = _Runs(model, caller, workload, assume or {})
    first_past = 1 if caller.has_encoder else workload.prompt
    last_past = first_past + max(workload.generate - 2, 0)
    progress("tracing the prefill")
    prefill = runs.prefill(first_past)
    if not prefill.cache:
        raise InputError(
            f"{type(model).__name__} keeps no cache: each token takes all that are before it",
            hint="flopscope profile counts a forward pass",
        )
    (forward,) = runs.calls(workload.batch, first_past, 0, all_logits=True)
    progress("tracing steps")
    longest = max(last_past, *(length - 1 for length in workload.contexts), 2)
    decode = fit(runs.steps, 1 if caller.has_encoder else 0, longest)
    runs.steps(last_past)
    progress("tracing batches")
    most = max(2, BATCH_TOKENS // workload.prompt) if caller.has_encoder else BATCHES
    return Generation(
        workload=workload,
        has_encoder=caller.has_encoder,
        dtype=main_dtype(prefill.trace),
        params=sum(module.params for module in prefill.trace.modules),
        prefill=runs.cost(prefill, prefill.cache),
        forward=runs.cost(forward, forward.cache),
        decode=decode,
        batches=fit(runs.batches, 1, min(most, BATCHES)),
        memory=Memory(
            weights_nbytes(model, workload.storage),
            held_nbytes(prefill, workload.storage),
            runs.peaks[last_past],
        ),
        assumptions=prefill.trace.assumptions,
        uncounted=tuple(dict.fromkeys(uncounted(prefill.trace))),
        notes=(*notes, *caller.notes),
    )


def uncounted(trace: Trace) -> Iterator[str]:
    """The operators that there is no formula for."""
    for operation in dict.fromkeys(call.operation for call in trace.calls):
        if cost_of(operation)[0] == "uncounted":
            yield operation.op


def weights_nbytes(model: nn.Module, storage: Storage) -> int:
    """Bytes of all parameters, stored as asked, and of all buffers."""
    parameters = {id(parameter): parameter for parameter in model.parameters()}
    buffers = {id(buffer): buffer for buffer in model.buffers()}
    return sum(
        storage.weight_nbytes(spec_of(parameter), parameter.numel())
        for parameter in parameters.values()
    ) + sum(buffer.nbytes for buffer in buffers.values())


def held_nbytes(call: CachedCall, storage: Storage) -> int:
    """The most that a call holds, with the cache stored as asked."""
    peak = call.trace.peak.nbytes if call.trace.peak is not None else 0
    return peak - Storage().cache_nbytes(call.cache) + storage.cache_nbytes(call.cache)
