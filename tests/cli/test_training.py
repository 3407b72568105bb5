"""Training steps, fits and plans on the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from click.testing import Result

Run = Callable[..., Result]

ROWS, WIDE, HIDDEN, OUT = 4, 8, 16, 2
FIRST, SECOND = ROWS * WIDE * HIDDEN, ROWS * HIDDEN * OUT

NETS = """
    import torch
    from torch import nn

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.up, self.down = nn.Linear(64, 256), nn.Linear(256, 64)

        def forward(self, x):
            return self.down(self.up(x).relu())

    def perceptron():
        return nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 2))

    def blocks():
        return nn.Sequential(*(Block() for _ in range(8)))

    def words():
        return nn.Sequential(nn.Embedding(10, 4), nn.Linear(4, 10, bias=False))

    class Halves(torch.optim.Optimizer):
        def __init__(self, params, by=2.0):
            super().__init__(params, {"by": by})

        def step(self, closure=None):
            with torch.no_grad():
                for group in self.param_groups:
                    for p in group["params"]:
                        p.div_(group["by"])

    def squared(output):
        return (output * output).sum()

    def many(output):
        return output
"""


@pytest.fixture(autouse=True)
def trained(project: Path) -> None:
    (project / "trained.py").write_text(dedent(NETS))


@pytest.fixture
def count(run: Run) -> Callable[..., dict[str, Any]]:
    def counted(*arguments: str) -> dict[str, Any]:
        done = run("profile", *arguments, "--no-time", "--format", "json")
        assert done.exit_code == 0, done.output
        report: dict[str, Any] = json.loads(done.stdout)
        return report

    return counted


STEP = ("trained:perceptron", "--shape", f"{ROWS},{WIDE}", "--train")


def test_a_step_is_told_by_part_for_the_model_and_its_modules(count):
    report = count(*STEP)
    macs = {part: cost["macs"] for part, cost in report["training"]["parts"].items()}
    assert macs == {
        "forward": FIRST + SECOND,
        "recompute": 0,
        "input_gradients": SECOND,
        "weight_gradients": FIRST + SECOND,
        "optimizer": 0,
    }
    first = report["modules"][1]["training"]["parts"]
    assert (first["input_gradients"]["macs"], first["weight_gradients"]["macs"]) == (0, FIRST)
    assert report["totals"]["macs"] == sum(macs.values())


def test_without_train_there_is_no_training(count):
    report = count("trained:perceptron", "--shape", "4,8")
    assert report["training"] is None
    assert report["modules"][0]["training"] is None


def test_optimizer_loss_and_accumulation_are_as_asked(count):
    report = count(
        *STEP,
        *("--optimizer", "trained:Halves(by=4.0)"),
        *("--loss", "trained:squared"),
        *("--accumulate", "3"),
    )
    training = report["training"]
    params = WIDE * HIDDEN + HIDDEN + HIDDEN * OUT + OUT
    assert training["optimizer"] == "trained:Halves(by=4.0)"
    assert training["loss"] == "trained:squared"
    assert training["passes"] == 3
    assert training["parts"]["optimizer"]["flops"] == params
    assert training["parts"]["forward"]["macs"] == 3 * (FIRST + SECOND)


def test_the_optimizers_state_is_part_of_the_memory(count):
    plain, adam = (count(*STEP, "--optimizer", name)["memory"] for name in ("sgd", "adam"))
    params = WIDE * HIDDEN + HIDDEN + HIDDEN * OUT + OUT
    assert plain["optimizer_state_bytes"] == 0
    assert adam["optimizer_state_bytes"] == 2 * 4 * params + 4 * 4  # four counts of steps
    assert adam["total_bytes"] == sum(
        adam[f"{held}_bytes"]
        for held in ("param", "buffer", "input", "activation", "optimizer_state")
    )


def test_checkpointed_modules_run_again(count):
    arguments = ("trained:blocks", "--shape", "4,64", "--train", "--checkpoint", "[0-3]")
    modules = count(*arguments)["modules"]
    again = {
        module["scope"]: module["training"]["parts"]["recompute"]["macs"] for module in modules
    }
    assert again["0"] == again["3"] == 4 * 64 * 256
    assert again["4"] == 0


REFUSED = {
    "--optimizer sgd": "--optimizer is of a training step",
    "--loss trained:squared": "--loss is of a training step",
    "--accumulate 2": "--accumulate is of a training step",
    "--checkpoint *": "--checkpoint is of a training step",
    "--train --module 0": "--module is of a part of a forward pass, and --train is of a step",
    "--train --counter thop": "--counter asks what others say of a forward pass",
    "--train --as thop": "--as restates a forward pass",
    "--train --compile": "--compile measures a forward pass",
}


@pytest.mark.parametrize("options", REFUSED)
def test_what_says_nothing_of_the_other_is_refused(run, options):
    done = run("profile", "trained:perceptron", "--shape", "4,8", *options.split())
    assert done.exit_code == 2
    assert REFUSED[options] in done.stderr


FAILING = {
    "--optimizer adamv": "torch.optim has no 'adamv'",
    "--optimizer sgd(momentum": "cannot read the arguments (momentum",
    "--optimizer lbfgs": "the optimizer lbfgs made no step",
    "--optimizer trained:Nothing": "no 'Nothing'",
    "--loss trained:many": "trained:many is not a single number but 4×2",
    "--loss trained:nothing": "no 'nothing'",
    "--checkpoint encoder.*": "the model has no module 'encoder.*' to checkpoint",
}


@pytest.mark.parametrize("options", FAILING)
def test_what_cannot_be_trained_so_is_one_line(run, options):
    done = run("profile", *STEP, *options.split(), "--no-time")
    assert done.exit_code in (2, 3)
    lines = done.stderr.strip().splitlines()
    assert len(lines) <= 2
    assert FAILING[options] in lines[0]


def test_a_step_is_timed_as_a_whole(run):
    done = run("profile", *STEP, "--device", "cpu", "--format", "json")
    report = json.loads(done.stdout)
    assert report["timing"]["median_seconds"] > 0
    assert report["timing"]["flops_per_second"] == pytest.approx(
        report["totals"]["flops"] / report["timing"]["median_seconds"]
    )
    assert [module["seconds"] is None for module in report["modules"]] == [False, True, True, True]
    assert any("whole training steps" in note for note in report["timing"]["notes"])


def fit_of(count, *arguments: str, limit: int) -> list[dict[str, Any]]:
    report = count("trained:blocks", "--shape", "1,64", *arguments, "--fit", f"{limit}B")
    assert report["fit"]["limit_bytes"] == limit
    return report["fit"]["ways"]


def test_the_batch_that_fits_is_the_last_one_that_does(count):
    limit = 4 * 2**20
    (way,) = fit_of(count, limit=limit)

    def total(batch: int) -> int:
        return count("trained:blocks", "--shape", f"{batch},64")["memory"]["total_bytes"]

    assert way["total_bytes"] == total(way["batch"]) <= limit < total(way["batch"] + 1)


def test_with_repeated_blocks_checkpointed_a_larger_batch_fits(count):
    plain, checkpointed = fit_of(count, "--train", "--optimizer", "sgd", limit=8 * 2**20)
    assert (plain["checkpoint"], checkpointed["checkpoint"]) == ([], ["*"])
    assert checkpointed["batch"] > plain["batch"]


def test_what_is_checkpointed_is_not_chosen_where_it_is_said(count):
    (way,) = fit_of(count, "--train", "--checkpoint", "[0-1]", limit=8 * 2**20)
    assert way["checkpoint"] == ["[0-1]"]


def test_a_model_that_does_not_fit_at_all_says_what_it_takes(run):
    done = run("profile", "trained:blocks", "--shape", "1,64", "--no-time", "--fit", "1KiB")
    assert "not in 1.00 KiB: the smallest batch takes " in done.stdout


def test_a_fit_is_of_one_model(run):
    done = run("profile", *STEP, "--batch", "1,2", "--fit", "1GiB")
    assert done.exit_code == 2
    assert "--fit is of one model" in done.stderr


PLAN = ("train-plan", "trained:words", "--shape", "2,5:int64", "--device", "H100 SXM")


def test_a_plan_is_of_as_many_tokens_as_were_asked_for(run):
    done = run(*PLAN, "--tokens", "1M", "--count", "4", "--mfu", "0.5", "--format", "json")
    assert done.exit_code == 0, done.output
    plan = json.loads(done.stdout)
    tokens, width, vocabulary = 2 * 5, 4, 10
    assert plan["units_per_counted_step"] == tokens
    assert plan["global_batch"] == 4 * tokens
    assert plan["steps"] == 1_000_000 // (4 * tokens)
    assert plan["rule_flops"] == 6 * 2 * width * vocabulary * 1_000_000
    assert sum(term["flops"] for term in plan["terms"]) == plan["step_flops"]
    assert plan["arithmetic"] == "bf16_matrix"
    attained = plan["peak_flops_per_second"] * 4 * 0.5
    assert plan["seconds"] == pytest.approx(plan["model_flops"] / attained)


def test_a_plan_says_what_it_rests_on(run):
    text = run(*PLAN, "--tokens", "1M").stdout
    for said in ("6 × params × tokens", "device-hours", "model FLOPs utilisation", "elements of"):
        assert said in text


def test_a_plan_computes_in_the_type_that_is_asked_for(run):
    done = run(*PLAN, "--tokens", "1M", "--dtype", "fp32", "--format", "json")
    assert json.loads(done.stdout)["arithmetic"] == "fp32_vector"


PLANS_REFUSED = {
    "": "how long is it?",
    "--tokens 1M --samples 1M": "how long is it?",
    "--tokens 1M --batch 1,2": "a plan is of one model on one batch",
    "--tokens 1M --device": "no device is known by the name of 'abacus'",
}


@pytest.mark.parametrize("options", PLANS_REFUSED)
def test_a_plan_that_cannot_be_meant_is_refused(run, options):
    given = options.split()
    done = run(*PLAN, *given, *(["abacus"] if given[-1:] == ["--device"] else []))
    assert done.exit_code == 2
    assert PLANS_REFUSED[options] in done.stderr


def test_a_plan_needs_something_to_run_on(run):
    done = run("train-plan", "trained:words", "--shape", "2,5:int64", "--tokens", "1M")
    assert done.exit_code == 2
    assert "what does it run on?" in done.stderr
