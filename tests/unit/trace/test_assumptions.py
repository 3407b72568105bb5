"""What depends on the data is supplied by a stated rule, which the user can overrule."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import flopscope
from flopscope import assumptions
from flopscope.errors import UsageError


class Branches(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 4, bias=False)

    def forward(self, x):
        return self.layer(x) if x.sum() > 0 else x


class Selects(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 4, bias=False)

    def forward(self, x):
        return self.layer(x[x[:, 0] > 0])


class Routes(nn.Module):
    """Sends each token to its best two of four experts, expert by expert."""

    def __init__(self):
        super().__init__()
        self.router = nn.Linear(4, 4, bias=False)
        self.experts = nn.ModuleList(nn.Linear(4, 4, bias=False) for _ in range(4))

    def forward(self, x):
        _, chosen = self.router(x).topk(2)
        result = torch.zeros_like(x)
        for number, expert in enumerate(self.experts):
            rows = (chosen == number).any(-1).nonzero().squeeze(-1)
            result[rows] += expert(x[rows])
        return result


def report_of(model, rows, **options):
    return flopscope.profile(model, torch.ones(rows, 4), **options)


def test_a_condition_on_the_data_is_false_unless_assumed_otherwise():
    assert report_of(Branches(), 3).macs == 0
    assert report_of(Branches(), 3, assume={"item": 1}).macs == 3 * 4 * 4


def test_a_mask_selects_everything_unless_assumed_otherwise():
    report = report_of(Selects(), 8)
    assert report.macs == 8 * 4 * 4
    (assumption,) = report.assumptions
    assert (assumption.name, assumption.scope) == ("nonzero", "")
    assert report_of(Selects(), 8, assume={"nonzero": 0.25}).macs == 2 * 4 * 4


def test_tokens_are_sent_to_all_experts_equally():
    report = report_of(Routes(), 8)
    assert report.macs == 8 * 4 * 4 + 8 * 2 * 4 * 4
    experts = {report.modules[f"experts.{number}"].cost.macs for number in range(4)}
    assert experts == {8 * 2 // 4 * 4 * 4}
    assert {assumption.name for assumption in report.assumptions} == {"routing"}


def test_options_are_read_as_numbers():
    assert assumptions.parse(["item=true", "nonzero=0.5"]) == {"item": 1.0, "nonzero": 0.5}


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("nonzeros=1", "there is no assumption 'nonzeros'"),
        ("nonzero=2", "'2' cannot be assumed"),
        ("nonzero=most", "'most' cannot be assumed"),
        ("nonzero", "'' cannot be assumed"),
        ("repeats=-1", "'-1' cannot be assumed"),
    ],
)
def test_what_cannot_be_assumed_is_refused(option, message):
    with pytest.raises(UsageError, match=message):
        assumptions.parse([option])
