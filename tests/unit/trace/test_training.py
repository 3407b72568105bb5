"""A training step: the same without values as for real, its phases, and what is left alone."""

from __future__ import annotations

from collections import Counter

import pytest
import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from flopscope.costs import cost_of
from flopscope.errors import FlopscopeError, TargetError
from flopscope.guest import disposable
from flopscope.trace import trace_real_step, trace_step
from tests.good_guest import left_as_found
from tests.models import EXAMPLES
from tests.training import (
    adamw,
    by_part,
    macs_by_part,
    recipe,
    step_of,
)


def trainable() -> list[str]:
    """The examples that a step can be made of."""
    names = []
    for name, example in EXAMPLES.items():
        try:
            trace_step(example.build(), example.args(), example.kwargs(), recipe())
        except FlopscopeError:
            continue
        names.append(name)
    return names


def work(trace):
    """MACs and FLOPs by module and phase."""
    found = Counter()
    for call in trace.calls:
        cost = cost_of(call.operation)[1]
        found[call.scope, call.phase, "MACs"] += cost.macs
        found[call.scope, call.phase, "FLOPs"] += cost.flops
    return {key: count for key, count in found.items() if count}


@pytest.mark.parametrize("name", trainable())
def test_a_step_without_values_is_a_real_one(name):
    example = EXAMPLES[name]
    torch.manual_seed(0)
    model, args, kwargs = example.build().train(), example.args(), example.kwargs()
    real = trace_real_step(*disposable(model, args, kwargs), recipe(optimizer=adamw))
    traced = trace_step(model, args, kwargs, recipe(optimizer=adamw))
    assert work(traced) == work(real)
    assert traced.step == real.step


@pytest.mark.parametrize("name", trainable())
def test_a_step_leaves_the_model_as_it_was(name):
    example = EXAMPLES[name]
    model, args, kwargs = example.build(), example.args(), example.kwargs()
    inside = ("*",) if any(model.children()) else ()
    with left_as_found(model, args, kwargs):
        trace_step(model, args, kwargs, recipe(optimizer=adamw, checkpoint=inside))


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.up, self.down = nn.Linear(8, 16), nn.Linear(16, 8)

    def forward(self, x: Tensor) -> Tensor:
        return self.down(self.up(x).relu())


class Checkpointed(nn.Module):
    """A layer, then a block whose activations the model itself does not keep."""

    def __init__(self, *, reentrant: bool) -> None:
        super().__init__()
        self.first, self.block = nn.Linear(8, 8), Block()
        self.reentrant = reentrant

    def forward(self, x: Tensor) -> Tensor:
        return checkpoint(self.block, self.first(x), use_reentrant=self.reentrant)


def test_a_checkpointed_part_runs_once_more_in_the_backward_pass():
    rows, product = 3, 8 * 16
    again = macs_by_part(step_of(Checkpointed(reentrant=True), torch.zeros(rows, 8)))[1]
    assert again == 2 * rows * product


def test_the_newer_form_of_checkpointing_stops_where_all_that_is_needed_is_there():
    # The result of the last layer is not needed for any gradient.
    traced = step_of(Checkpointed(reentrant=False), torch.zeros(3, 8))
    assert macs_by_part(traced)[1] == 3 * 8 * 16
    assert by_part(traced, "block.up")["recompute"].macs == 3 * 8 * 16


@pytest.mark.parametrize("reentrant", [True, False])
def test_checkpointing_changes_nothing_but_what_runs_again(reentrant):
    x, whole = torch.zeros(3, 8), Checkpointed(reentrant=reentrant)
    plain = nn.Sequential(whole.first, whole.block)
    changed, same = by_part(step_of(whole, x)), by_part(step_of(plain, x))
    for part in ("forward", "input_gradients", "weight_gradients", "optimizer"):
        assert (changed[part].macs, changed[part].flops) == (same[part].macs, same[part].flops)


def test_modules_are_checkpointed_by_a_pattern_of_their_scopes():
    model, x = nn.Sequential(nn.Linear(8, 8), *(Block() for _ in range(3))), torch.zeros(3, 8)
    plain, wrapped = step_of(model, x), step_of(model, x, checkpoint=("[23]",))
    assert macs_by_part(wrapped, "1")[1] == 0
    assert macs_by_part(wrapped, "2")[1] == 3 * 8 * 16
    assert by_part(wrapped, "2")["forward"] == by_part(plain, "2")["forward"]
    # The two blocks keep what they were given, and not the two activations of width 16.
    rows, width = 3, 4
    kept = plain.step.saved_nbytes - wrapped.step.saved_nbytes
    assert kept == 2 * rows * width * 16
    assert [module.calls for module in wrapped.modules] == [
        module.calls for module in plain.modules
    ]


def test_a_container_that_is_not_called_is_checkpointed_by_what_is_in_it():
    class Loops(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.blocks = nn.ModuleList(Block() for _ in range(2))

        def forward(self, x: Tensor) -> Tensor:
            for block in self.blocks:
                x = block(x)
            return x

    x = torch.zeros(3, 8)
    assert work(step_of(Loops(), x, checkpoint=("blocks",))) == work(
        step_of(Loops(), x, checkpoint=("blocks.*",))
    )


def test_a_pattern_without_modules_is_refused_with_the_likeliest():
    with pytest.raises(TargetError, match="no module 'blok' to checkpoint") as raised:
        step_of(Checkpointed(reentrant=False), torch.zeros(3, 8), checkpoint=("blok",))
    assert "block" in raised.value.hint
