"""Options that are not of every kind of target."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flopscope.errors import UsageError
from flopscope.load.applicable import APPLICABLE, idle_options, refuse_idle
from flopscope.load.sources import SOURCES
from flopscope.request import GivenInputs, Request

HF, TIMM, OWN = Request("hf:bert"), Request("timm:resnet18"), Request("nets:Net")


def with_options(request: Request, *options: str) -> Request:
    return replace(
        request,
        task="causal-lm" if "--task" in options else None,
        inputs=GivenInputs(seq=8 if "--seq" in options else None),
        unsafe_pickle="--unsafe-pickle" in options,
    )


def test_an_option_is_of_kinds_of_targets_that_there_are():
    assert all(set(known.kinds) <= set(SOURCES) for known in APPLICABLE.values())


def test_what_was_not_given_is_not_idle():
    assert idle_options(TIMM) == ()


@pytest.mark.parametrize(
    ("request_", "idle"),
    [
        (HF, ("--unsafe-pickle",)),
        (TIMM, ("--task", "--seq", "--unsafe-pickle")),
        (OWN, ("--task", "--unsafe-pickle")),  # it may be a model of transformers
        (Request("model.pt2"), ("--task", "--seq")),
        (Request("model.pt"), ("--task",)),
    ],
    ids=lambda value: getattr(value, "target", ""),
)
def test_what_says_nothing_of_a_kind_of_target_is_named(request_, idle):
    assert idle_options(with_options(request_, *APPLICABLE)) == idle


@pytest.mark.parametrize("option", ["--task", "--seq", "--unsafe-pickle"])
def test_an_option_that_is_of_no_target_is_refused_with_what_it_is_for(option):
    with pytest.raises(UsageError) as raised:
        refuse_idle([with_options(TIMM, option)])

    assert raised.value.message == f"{option} says nothing of timm:resnet18"
    with pytest.raises(UsageError, match=f"{option} says nothing of timm:resnet18"):
        refuse_idle([with_options(TIMM, option)] * 2)  # with two batches
    assert raised.value.hint == APPLICABLE[option].meaning


def test_an_option_of_one_of_several_targets_is_not_refused():
    refuse_idle([with_options(one, "--seq", "--task") for one in (TIMM, HF)])
    with pytest.raises(UsageError, match="--unsafe-pickle says nothing of any of the targets"):
        refuse_idle([with_options(one, "--unsafe-pickle") for one in (TIMM, HF)])
