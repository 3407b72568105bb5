"""What generating text costs: a prefill, then a law for the steps, from the first to the last."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from flopscope.analysis.generation.laws import Law
from flopscope.analysis.generation.steps import Demand, StepCost
from flopscope.analysis.generation.storage import Storage
from flopscope.records import Assumption

MIXTURE_SHARE = 1000
"""A second sequence that reads more than one in so many of the first one's parameters has experts
of its own: rows of a table of embeddings are fewer."""


@dataclass(frozen=True, slots=True)
class Workload:
    """What to generate.

    Attributes:
        prompt: tokens that each sequence starts with.
        generate: tokens to be added to each: the prefill gives the first, a step each other.
        batch: sequences at a time.
        contexts: further lengths of a sequence to look at.
        storage: what weights and the cache are stored in.
    """

    prompt: int = 2048
    generate: int = 256
    batch: int = 1
    contexts: tuple[int, ...] = ()
    storage: Storage = field(default_factory=Storage)


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes that are held while text is generated.

    Attributes:
        weight_nbytes: of all parameters and buffers.
        prefill_nbytes: the most that the prefill holds beside them, the cache included.
        decode_nbytes: the most that the last step holds beside them, the cache included.
    """

    weight_nbytes: int
    prefill_nbytes: int
    decode_nbytes: int

    @property
    def nbytes(self) -> int:
        """The most of all."""
        return self.weight_nbytes + max(self.prefill_nbytes, self.decode_nbytes)


@dataclass(frozen=True)
class Generation:
    """What it costs a model to generate text.

    Attributes:
        workload: what is generated.
        has_encoder: whether the prompt goes to an encoder, and not into the decoder's own cache.
        dtype: the type that most of the arithmetic is of.
        params: elements of all parameters.
        prefill: the call with the prompt, as a program that generates makes it: scores are worked
            out for the token after the last one alone, if the model lets them.
        forward: the same call with scores for every token.
        decode: a step's cost at the workload's batch, by the tokens before it.
        batches: what a step asks for by the batch, with as few tokens before it as there can be.
        memory: what is held.
        assumptions: values that the program asked for and were supplied by rule.
        uncounted: operators without a formula, by name.
        notes: what a reader should know of how this was found.
    """

    workload: Workload
    has_encoder: bool
    dtype: str
    params: int
    prefill: StepCost
    forward: StepCost
    decode: Law
    batches: Law
    memory: Memory
    assumptions: tuple[Assumption, ...] = ()
    uncounted: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def first_past(self) -> int:
        """Tokens in the decoder's own cache before the first step."""
        return 1 if self.has_encoder else self.workload.prompt

    @property
    def steps(self) -> int:
        """How many steps follow the prefill."""
        return self.workload.generate - 1

    @property
    def last_past(self) -> int:
        """Tokens before the last step; before the first one, where there is none."""
        return self.first_past + max(self.steps - 1, 0)

    @property
    def active_params(self) -> int:
        """Elements of the parameters that a step of one sequence reads."""
        return Demand(*self.batches.at(1)).read_params

    def step(self, past: int) -> StepCost:
        """A step of the workload's batch with so many tokens before it."""
        return StepCost(*self.decode.at(past))

    def each_step(self) -> Iterator[StepCost]:
        """The steps in turn."""
        for past in range(self.first_past, self.first_past + self.steps):
            yield self.step(past)

    @property
    def all_steps(self) -> StepCost:
        """The sum over the steps."""
        return StepCost(*self.decode.total(self.first_past, self.first_past + self.steps - 1))

    @property
    def total_macs(self) -> int:
        """Of the prefill and all steps."""
        return self.prefill.macs + self.all_steps.macs

    @property
    def total_flops(self) -> int:
        """Of the prefill and all steps."""
        return self.prefill.flops + self.all_steps.flops

    @property
    def causal_prefill(self) -> StepCost | None:
        """The prefill without work on masked scores; None where an encoder reads the prompt.

        Attention then costs what it costs the same tokens one at a time, each over what its cache
        holds: so a window counts, too, and not only what comes later. None also where that is more:
        a recurrent model may do many tokens at once for less.
        """
        if self.has_encoder:
            return None
        seen = StepCost(*self.decode.total(0, self.workload.prompt - 1))
        dense = self.prefill
        if seen.attention_macs > dense.attention_macs:
            return None
        return dense._replace(
            macs=dense.macs - dense.attention_macs + seen.attention_macs,
            flops=dense.flops - dense.attention_flops + seen.attention_flops,
            attention_macs=seen.attention_macs,
            attention_flops=seen.attention_flops,
        )

    @property
    def reworked_macs(self) -> Fraction:
        """MACs with weights that a step does for each token in the cache of each sequence.

        None, where what is cached is what attention takes. A cache of latents is worked up to that
        again in every step.
        """
        growth = StepCost(*self.decode.slopes(self.first_past))  # type: ignore[arg-type] # exact ones are whole
        return Fraction(growth.macs - growth.attention_macs, self.workload.batch)

    def at(self, batch: int, past: int) -> Demand:
        """What a step of any batch, with any number of tokens before it, asks for.

        A sequence adds the same whatever the others are, but for the weights, which it shares with
        them.
        """
        own = self.workload.batch
        here, there = self.step(past).demand, self.step(self.decode.first).demand
        more = (Fraction(batch * (a - b), own) for a, b in zip(here, there, strict=True))
        pairs = zip(self.batches.at(batch), more, strict=True)
        macs, read_params, weight_nbytes, cache_nbytes = (
            round(base + extra) for base, extra in pairs
        )
        return Demand(macs, read_params, weight_nbytes, cache_nbytes)

    def cache_nbytes(self, past: int) -> int:
        """Bytes of the cache of the whole batch with so many tokens in it."""
        return self.step(past).cache_nbytes

    @property
    def growth(self) -> tuple[tuple[int, Fraction], ...]:
        """Bytes of cache that a token of one sequence adds, and from which length on.

        The first token is left out: it may bring what is there however many follow.
        """
        grown: list[tuple[int, Fraction]] = []
        for piece in self.decode.pieces:
            nbytes = Fraction(StepCost(*piece.slopes).cache_nbytes, self.workload.batch)  # type: ignore[arg-type] # exact ones are whole
            if piece.stop > 1 and (not grown or grown[-1][1] != nbytes):
                grown.append((max(piece.start, 1), nbytes))
        return tuple(grown)

    @property
    def fixed_nbytes(self) -> Fraction:
        """Bytes of cache of one sequence that are there however many tokens follow the first."""
        return Fraction(self.cache_nbytes(1), self.workload.batch) - self.growth[0][1]

    @property
    def is_mixture(self) -> bool:
        """Whether a step of more sequences uses more of the large parameters than one of one."""
        first, second = Demand(*self.batches.at(1)), Demand(*self.batches.at(2))
        return second.read_params - first.read_params > first.read_params // MIXTURE_SHARE

    @property
    def is_exact(self) -> bool:
        """Whether both laws were met by every point that they were held against."""
        both = self.decode.is_exact and self.batches.is_exact
        by_batch = self.batches.at(self.workload.batch)
        return both and by_batch == self.step(self.decode.first).demand
