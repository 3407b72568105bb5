"""The whole way from a model or a target to a report."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import flopscope
from flopscope.counters import COUNTERS, installed
from flopscope.errors import (
    IncompleteCountError,
    InputError,
    NeedsValuesError,
    TargetError,
    TraceError,
    UsageError,
)
from flopscope.request import GivenInputs, Request
from flopscope.targeting import profile_target

SEED_SHAPE = (2, 384, 32, 32)
CONV = 2 * 384 * 384 * 3 * 3 * 32 * 32  # MACs of a 3x3 convolution that keeps the size

# norm, stride: params and MACs by hand. A convolution has a bias, a norm two vectors or none.
WEIGHTS = 2 * (384 * 384 * 9 + 384)
SHORTCUT = 384 * 384 + 384
SEED = {
    ("instance", 1): (WEIGHTS, 2 * CONV),
    ("group", 1): (WEIGHTS + 2 * 2 * 384, 2 * CONV),
    ("batch", 2): (WEIGHTS + SHORTCUT + 3 * 2 * 384, 2 * CONV // 4 + CONV // 4 // 9),
    ("none", 2): (WEIGHTS + SHORTCUT, 2 * CONV // 4 + CONV // 4 // 9),
}


@pytest.mark.parametrize(("norm_fn", "stride"), SEED)
def test_the_residual_block_costs_what_its_convolutions_do(norm_fn, stride):
    target = f"examples/residual_block.py:ResidualBlock(norm_fn={norm_fn!r}, stride={stride})"
    report = profile_target(Request(target, inputs=GivenInputs(("2,384,32,32",)), time=False))
    assert (report.params, report.macs) == SEED[norm_fn, stride]
    assert report.uncounted == ()


def test_a_model_of_the_users_is_counted_as_it_is():
    model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10, bias=False))
    report = flopscope.profile(model, torch.randn(4, 64))
    assert report.macs == 4 * (64 * 32 + 32 * 10)
    assert report.flops == 2 * report.macs + 4 * 32 + 4 * 32  # bias and ReLU
    assert report.params == 64 * 32 + 32 + 32 * 10


def test_the_modules_add_up_to_the_whole():
    model = nn.TransformerEncoder(
        nn.TransformerEncoderLayer(16, 2, 32, batch_first=True), 2, enable_nested_tensor=False
    )
    report = flopscope.profile(model, (torch.randn(2, 5, 16),))
    nodes = list(report.profile.root.walk())
    assert sum(node.own_cost.macs for node in nodes) == report.macs
    assert sum(node.own_cost.flops for node in nodes) == report.flops
    assert sum(node.own_cost.bytes_moved for node in nodes) == report.bytes_moved
    assert sum(total.cost.flops for total in report.profile.operators) == report.flops


def test_time_is_measured_only_on_request():
    model = nn.Linear(8, 8)
    assert flopscope.profile(model, torch.ones(1, 8)).timing is None
    timing = flopscope.profile(model, torch.ones(1, 8), time=True).timing
    assert timing is not None
    assert len(timing.seconds) >= 3


def test_a_model_without_weights_is_counted_and_says_why_it_was_not_run():
    model = nn.Linear(8, 8, device="meta")
    report = flopscope.profile(model, torch.ones(2, 8, device="meta"), time=True)
    assert report.macs == 2 * 8 * 8
    assert report.timing is None
    assert any("no weights" in note for note in report.notes)


def test_a_model_that_does_not_fit_is_counted_and_says_what_it_needs():
    target = "torch.nn:Linear(4000000, 4000000)"  # 64 TB
    report = profile_target(Request(target, inputs=GivenInputs(("1,4000000",))))
    assert report.macs == 4_000_000**2
    assert report.timing is None
    assert any("116 TiB" in note for note in report.notes)


class CallsSomethingUnheardOf(nn.Module):
    def forward(self, x):
        return torch.ops.flopscope_tests.unheard_of(x)


@pytest.fixture(scope="module", autouse=True)
def _an_operator_without_a_formula():
    library = torch.library.Library("flopscope_tests", "DEF")
    library.define("unheard_of(Tensor x) -> Tensor")
    library.impl("unheard_of", lambda x: x * 2, "CPU")
    yield
    library._destroy()


def test_an_operator_without_a_formula_is_reported_with_its_size():
    (left_out,) = flopscope.profile(CallsSomethingUnheardOf(), torch.ones(3, 4)).uncounted
    assert (left_out.op, left_out.calls, left_out.elements) == ("flopscope_tests.unheard_of", 1, 12)


def test_strict_makes_an_operator_without_a_formula_an_error():
    with pytest.raises(IncompleteCountError, match=r"flopscope_tests\.unheard_of"):
        flopscope.profile(CallsSomethingUnheardOf(), torch.ones(3), strict=True)


def test_an_input_that_the_model_refuses_names_the_module():
    with pytest.raises(TraceError, match=r"0 \(Linear\) expects 4 features, got 5"):
        flopscope.profile(nn.Sequential(nn.Linear(4, 4)), torch.ones(1, 5))


def test_a_missing_input_is_an_input_error():
    with pytest.raises(InputError, match="needs 'input'"):
        profile_target(Request("torch.nn:Linear(4, 4)"))


def test_counts_are_whole_numbers():
    report = flopscope.profile(nn.Conv2d(3, 8, 3, padding="same"), torch.ones(1, 3, 9, 9))
    totals = report.to_dict()["totals"]
    assert all(type(count) is int for count in totals.values()), totals


class AsksNumPy(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 4, bias=False)
        self.seen = []

    def forward(self, x):
        y = self.layer(x)
        self.seen.append(y.detach().numpy().sum())
        return self.layer(y)


def test_a_model_that_needs_values_is_run_for_real_and_the_report_says_so():
    model = AsksNumPy()
    report = flopscope.profile(model, torch.ones(2, 4))
    assert report.macs == 2 * 2 * 4 * 4
    assert model.seen == []
    (note,) = report.notes
    assert note.startswith("counted by running it for real")
    assert "NumPy needs the values" in note


def test_a_model_that_needs_values_and_does_not_fit_is_an_error_that_says_what_it_takes():
    class TooLarge(AsksNumPy):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(4_000_000, 4_000_000, bias=False, device="meta")

    with pytest.raises(NeedsValuesError, match="NumPy") as caught:
        flopscope.profile(TooLarge(), torch.ones(1, 4_000_000))
    assert "58.2 TiB" in caught.value.hint


@pytest.mark.parametrize("not_a_model", [nn.Linear, 3, None])
def test_something_that_is_no_model_is_refused(not_a_model):
    with pytest.raises(TargetError, match=r"is not an nn\.Module"):
        flopscope.profile(not_a_model, torch.ones(1))


@pytest.mark.parametrize("device", ["gpu", "mps", "cuda:99"])
def test_a_device_that_is_not_here_is_refused(device):
    with pytest.raises((UsageError, InputError)):
        flopscope.profile(nn.Linear(2, 2), torch.ones(1, 2), time=True, device=device)


def test_one_counter_may_be_named_by_itself():
    report = flopscope.profile(nn.Linear(2, 2), torch.ones(1, 2), counters="thop")
    assert [reading.name for reading in report.readings] == ["thop"]
    with pytest.raises(UsageError, match="no counter 'thopp'"):
        flopscope.profile(nn.Linear(2, 2), torch.ones(1, 2), counters=["thopp"])


def test_a_constructor_that_fails_is_not_run_again_with_weights(tmp_path, capfd):
    (tmp_path / "broken.py").write_text(
        "from torch import nn\n"
        "class Net(nn.Module):\n"
        "    def __init__(self):\n"
        "        print('once')\n"
        "        raise TypeError('a typo')\n"
    )
    with pytest.raises(TargetError, match="a typo"):
        profile_target(Request(f"{tmp_path / 'broken.py'}:Net", inputs=GivenInputs(("1,2",))))
    assert capfd.readouterr().out == "once\n"


def test_with_an_optimizer_a_training_step_is_counted():
    model, x = nn.Sequential(nn.Linear(8, 16), nn.Linear(16, 4)), torch.zeros(3, 8)
    report = flopscope.profile(model, x, optimizer="sgd", accumulate=2, checkpoint=["0"])
    first, second = 3 * 8 * 16, 3 * 16 * 4
    # Nothing of the checkpointed layer's result is needed but by the layer behind it.
    assert (
        report.macs
        == 2 * (2 * (first + second) + second)
        + report.training.cost(report.profile.root, "recompute").macs
    )
    assert report.training.step.optimizer == "sgd"
    assert report.training.step.passes == 2


def test_an_optimizer_may_be_whatever_makes_one_and_the_loss_a_function():
    def mean(output):
        return output.mean()

    model, x = nn.Linear(8, 4), torch.zeros(3, 8)
    step = flopscope.profile(model, x, optimizer=torch.optim.Adam, loss=mean).training.step
    assert (step.optimizer, step.loss) == ("Adam", "mean")


def test_a_loss_without_an_optimizer_is_refused():
    with pytest.raises(UsageError, match="of a training step"):
        flopscope.profile(nn.Linear(8, 4), torch.zeros(3, 8), loss=torch.sum)


def test_counters_are_not_asked_of_a_training_step():
    with pytest.raises(UsageError, match="are of forward passes"):
        flopscope.profile(nn.Linear(8, 4), torch.zeros(3, 8), optimizer="sgd", counters=["thop"])


def normed() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 8, 3, bias=False), nn.InstanceNorm2d(8))


NORMED_OUT = 8 * 6 * 6
NORMED_MACS = NORMED_OUT * 3 * 3 * 3


def test_a_comparison_says_what_each_counter_prints_and_why():
    compared = flopscope.compare(normed(), torch.zeros(1, 3, 8, 8), counters=("thop", "torch"))
    thop, by_torch = compared.accounts

    assert compared.report.macs == NORMED_MACS
    assert (thop.figure, thop.macs, thop.unit) == (NORMED_MACS + 2 * NORMED_OUT,) * 2 + ("MACs",)
    assert (by_torch.figure, by_torch.macs) == (2 * NORMED_MACS, NORMED_MACS)
    assert by_torch.difference(compared.report.macs) == 0
    assert thop.reconciliation.remainder == by_torch.reconciliation.remainder == 0


def test_by_default_a_comparison_asks_all_that_are_installed():
    compared = flopscope.compare(normed(), torch.zeros(1, 3, 8, 8))
    assert tuple(account.name for account in compared.accounts) == installed()
    assert {*compared.asked, *compared.absent} == {*COUNTERS}


def test_a_model_without_weights_is_not_run_and_what_would_be_printed_is_known():
    compared = flopscope.compare(
        normed().to("meta"), torch.zeros(1, 3, 8, 8, device="meta"), counters=("thop", "fvcore")
    )
    thop, fvcore = compared.accounts

    assert thop.reading is fvcore.reading is None
    assert (thop.figure, fvcore.figure) == (
        NORMED_MACS + 2 * NORMED_OUT,
        NORMED_MACS + 4 * NORMED_OUT,
    )
    assert "not run for real" in compared.report.notes[-1]
    assert "would print" in str(compared)


def test_a_comparison_is_written_in_the_format_of_the_files_suffix(tmp_path):
    compared = flopscope.compare(normed(), torch.zeros(1, 3, 8, 8), counters=["thop"])
    for suffix, beginning in ((".md", "### "), (".json", "{"), (".txt", "Sequential")):
        compared.save(tmp_path / f"counters{suffix}")
        assert (tmp_path / f"counters{suffix}").read_text(encoding="utf-8").startswith(beginning)
    assert compared.to_dict()["schema"] == "flopscope.compare/1"


@pytest.mark.parametrize(
    ("options", "message"),
    [({"counters": ["thopp"]}, "no counter 'thopp'"), ({"device": "tpu"}, "'tpu'")],
)
def test_what_cannot_be_compared_is_said(options, message):
    with pytest.raises(UsageError, match=message):
        flopscope.compare(normed(), torch.zeros(1, 3, 8, 8), **options)


def test_a_model_in_training_is_compared_as_the_counters_get_it():
    model = nn.Sequential(nn.Conv2d(3, 8, 3, bias=False), nn.BatchNorm2d(8)).train()
    compared = flopscope.compare(model, torch.zeros(1, 3, 8, 8), counters=["fvcore"])
    (fvcore,) = compared.accounts
    assert fvcore.figure == NORMED_MACS + 2 * NORMED_OUT
    assert fvcore.reconciliation.remainder == 0


def test_the_model_is_as_it_was_after_a_comparison():
    model = normed().train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    flopscope.compare(model, torch.zeros(1, 3, 8, 8), counters=["thop"])

    assert model.training
    assert model.state_dict().keys() == before.keys()
    assert not any(module._forward_hooks for module in model.modules())


def test_a_convention_that_there_is_not_is_refused():
    with pytest.raises(UsageError, match="no convention 'thopp'"):
        flopscope.profile(normed(), torch.zeros(1, 3, 8, 8), convention="thopp")


def test_a_report_can_be_restated_in_a_convention():
    report = flopscope.profile(normed(), torch.zeros(1, 3, 8, 8), convention="thop")
    assert report.restatement.value == NORMED_MACS + 2 * NORMED_OUT
    assert report.restatement.modules["1"] == 2 * NORMED_OUT
    assert report.macs == NORMED_MACS


class Forces(nn.Module):
    """The gradient of an energy by positions: it differentiates in its own forward pass."""

    def __init__(self):
        super().__init__()
        self.energy = nn.Linear(4, 1)

    def forward(self, positions):
        with torch.enable_grad():
            positions = positions.detach().requires_grad_()
            (forces,) = torch.autograd.grad(self.energy(positions).sum(), positions)
        return forces


def test_of_a_model_that_differentiates_no_difference_is_explained_by_rules_for_others():
    compared = flopscope.compare(Forces(), torch.zeros(2, 4), counters=("fvcore",))
    assert compared.reconciliations == {}
    assert "no difference is explained" in str(compared)

    with pytest.raises(TraceError, match="cannot be counted as thop"):
        flopscope.profile(Forces(), torch.zeros(2, 4), convention="thop")
