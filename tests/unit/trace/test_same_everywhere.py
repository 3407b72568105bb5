"""One model has one count: however and wherever it is asked for."""

from __future__ import annotations

from collections import Counter

import pytest
import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from flopscope import tree
from flopscope.errors import TraceError
from flopscope.guest import disposable
from flopscope.trace import trace, trace_real
from tests.good_guest import left_as_found
from tests.models import EXAMPLES

SOUND = {name: example for name, example in EXAMPLES.items() if name != "RaisesInForward"}
ENVIRONMENTS = {
    "no_grad": torch.no_grad,
    "inference_mode": torch.inference_mode,
    "enable_grad": torch.enable_grad,
    "autocast": lambda: torch.autocast("cpu", dtype=torch.bfloat16),
    "math attention": lambda: sdpa_kernel(SDPBackend.MATH),
    "meta by default": lambda: torch.device("meta"),
}


def made(name):
    """A fresh model in eval mode with its inputs; the same weights and inputs each time."""
    torch.manual_seed(0)
    example = SOUND[name]
    model = example.build().eval()
    args, kwargs = example.args(), example.kwargs()
    return model, args, kwargs


def counts(traced):
    """MACs and FLOPs of every module, and the calls of every operator.

    Bytes are left out: the strides that a kernel returns, and so whether what follows it copies,
    are a device's own affair.
    """
    profile = tree.profile(traced)
    modules = {
        node.scope: (node.cost.macs, node.cost.flops, node.spec.calls)
        for node in profile.root.walk()
    }
    return modules, Counter(call.operation.op for call in traced.calls)


@pytest.mark.parametrize("name", SOUND)
def test_a_count_without_values_is_that_of_a_real_run(name):
    model, args, kwargs = made(name)
    real = trace_real(*disposable(model, args, kwargs))
    assert counts(trace(model, args, kwargs)) == counts(real)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("name", SOUND)
def test_a_count_does_not_depend_on_the_modes_it_is_asked_under(name, environment):
    model, args, kwargs = made(name)
    expected, _ = counts(trace(model, args, kwargs))
    with ENVIRONMENTS[environment]():
        found, _ = counts(trace(model, args, kwargs))
    assert {scope: macs for scope, (macs, *_) in found.items()} == {
        scope: macs for scope, (macs, *_) in expected.items()
    }


@pytest.mark.parametrize("name", SOUND)
def test_training_changes_no_macs(name):
    model, args, kwargs = made(name)
    evaluating = tree.profile(trace(model, args, kwargs)).root.cost.macs
    assert tree.profile(trace(model.train(), args, kwargs)).root.cost.macs == evaluating


@pytest.mark.parametrize("fast_path", [True, False])
@pytest.mark.parametrize("batch_first", [True, False])
def test_the_fast_path_of_attention_changes_nothing(fast_path, batch_first):
    layer = nn.TransformerEncoderLayer(16, 4, 32, batch_first=batch_first).eval()
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(fast_path)
    try:
        macs = tree.profile(trace(layer, (torch.ones(6, 6, 16),))).root.cost.macs
    finally:
        torch.backends.mha.set_fastpath_enabled(before)
    # Four projections, two products over 6 x 6 positions, and two layers of width 32.
    tokens = 6 * 6
    assert macs == tokens * (4 * 16 * 16 + 2 * 6 * 16 + 2 * 16 * 32)


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("training", [False, True])
def test_a_trace_leaves_everything_as_it_found_it(name, training):
    example = EXAMPLES[name]
    model = example.build().train(training)
    args, kwargs = example.args(), example.kwargs()
    with left_as_found(model, args, kwargs):
        if name == "RaisesInForward":
            with pytest.raises(TraceError):
                trace(model, args, kwargs)
        else:
            trace(model, args, kwargs)
