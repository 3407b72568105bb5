"""``flopscope formula`` from the command line: laws of models, and of models that have none."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

Run = Callable[..., Result]

MODELS = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.a = nn.Linear(width, width, bias=False)
        self.b = nn.Linear(width, 10 * width, bias=False)

class Branches(Net):
    def forward(self, x):
        return self.a(x) if x.shape[0] <= 100 else self.b(x)

class EveryThird(Net):
    def forward(self, x):
        for _ in range(0, x.shape[0], 3):
            x = self.a(x)
        return x

class LooksUp(Net):
    TABLE = (3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2)
    def forward(self, x):
        for _ in range(self.TABLE[x.shape[0] ** 2 * 7 % 17]):
            x = self.a(x)
        return x

class Asks(Net):
    def forward(self, x):
        return self.a(x) if x.sum() > 0 else x

class Positions(Net):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(50, 8)
    def forward(self, ids):
        places = torch.arange(ids.shape[1])
        return self.a(self.table(ids) + self.table(places))

class Remembers(Net):
    def forward(self, x, memory):
        x = torch.cat([memory, x], dim=1)
        return self.a(x) @ x.mT

def inputs(B, past):
    return torch.randn(B, 1, 8), torch.randn(B, past, 8)
"""


@pytest.fixture
def laws(run: Run, project: Path) -> Callable[..., dict[str, Any]]:
    """The document that a command writes of one of the models above."""
    (project / "odd.py").write_text(MODELS)

    def ask(target: str, *arguments: str) -> dict[str, Any]:
        done = run("formula", f"odd:{target}", *arguments, "--format", "json")
        assert done.exit_code == 0, done.stderr
        document: dict[str, Any] = json.loads(done.stdout)
        return document

    return ask


Laws = Callable[..., dict[str, Any]]


def macs(document: dict[str, Any], **sizes: int) -> int:
    return int(eval(document["totals"]["macs"]["expression"], sizes))


def test_a_convolution_has_the_law_of_its_output(run: Run) -> None:
    done = run("formula", "nets:Net", "--shape", "B,3,H,W", "--format", "json")

    assert done.exit_code == 0, done.stderr
    document = json.loads(done.stdout)
    assert macs(document, B=5, H=99, W=33) == 5 * 8 * (99 - 2) * (33 - 2) * (3 * 3 * 3)
    lows = {each["name"]: each["low"] for each in document["symbols"]}
    assert lows == {"B": 1, "H": 3, "W": 3}  # a filter of 3x3 pixels


def test_a_branch_on_the_batch_bounds_the_law(laws: Laws) -> None:
    document = laws("Branches", "--shape", "B,8")
    (batch,) = document["symbols"]
    assert (batch["low"], batch["high"], batch["above"]["because"]) == (1, 100, "law")
    assert macs(document, B=7) == 7 * 8 * 8


def test_beyond_the_branch_the_other_law_can_be_asked_for(laws: Laws) -> None:
    document = laws("Branches", "--shape", "B,8", "--vary", "B=101..1000")
    assert macs(document, B=200) == 200 * 8 * 80


def test_a_loop_over_every_third_row_has_a_law_for_multiples_of_three(laws: Laws) -> None:
    document = laws("EveryThird", "--shape", "B,8")
    (batch,) = document["symbols"]
    assert (batch["low"], batch["step"]) == (3, 3)
    assert macs(document, B=30) == (30 // 3) * 30 * 8 * 8


def test_a_lookup_of_sizes_is_said_to_have_no_law(laws: Laws, run: Run) -> None:
    document = laws("LooksUp", "--shape", "B,8")
    assert document["totals"]["macs"] is None
    assert "no polynomial" in document["missing"]["macs"]
    assert "no polynomial" in run("formula", "odd:LooksUp", "--shape", "B,8").stdout


def test_a_branch_on_data_states_what_was_assumed(laws: Laws) -> None:
    (assumption,) = laws("Asks", "--shape", "B,8")["assumptions"]
    assert assumption["name"] == "item"


def test_a_table_of_positions_bounds_the_law(laws: Laws) -> None:
    document = laws("Positions", "--shape", "B,S:int64")
    sizes = {each["name"]: each for each in document["symbols"]}
    assert (sizes["S"]["high"], sizes["S"]["above"]["because"]) == (50, "refused")


def test_a_function_makes_inputs_of_the_sizes_that_vary(laws: Laws) -> None:
    document = laws(
        "Remembers", "--inputs", "odd:inputs", "--vary", "B=1..9", "--vary", "past=1..999"
    )
    rows = 3 * (20 + 1)
    assert macs(document, B=3, past=20) == rows * 8 * 8 + rows * (20 + 1) * 8


def test_a_width_is_a_symbol_of_input_and_constructor(laws: Laws) -> None:
    document = laws("Branches", "--shape", "4,W", "--arg", "width=W", "--vary", "W=8..64:8")
    assert macs(document, W=24) == 4 * 24 * 24
    assert eval(document["totals"]["params"]["expression"], {"W": 24}) == 11 * 24 * 24


def test_text_is_written_to_a_file_where_that_is_asked_for(run: Run, project: Path) -> None:
    done = run("formula", "nets:Net", "--shape", "B,3,8,8", "--format", "python", "-o", "cost.py")
    assert (done.exit_code, done.stdout) == (0, "")
    made: dict[str, Any] = {}
    exec((project / "cost.py").read_text(encoding="utf-8"), made)
    assert made["macs"](2) == 2 * 8 * 6 * 6 * (3 * 3 * 3)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--shape", "1,3,8,8"], "no size is open"),
        (["--shape", "B,3,8,8", "--vary", "B=x"], "cannot read the sizes"),
        (["--shape", "B,3,8,8", "--figures", "macks"], "no figure 'macks'"),
        (["--shape", "B,3,8,8", "--batch", "B"], "is for inputs that the target knows"),
        (["--shape", "B,3,8,8", "--batch", "-1"], "neither a positive number nor a letter"),
        (["nets:Net", "--shape", "B,3,8,8"], "a formula is of one model"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(run: Run, arguments: list[str], said: str) -> None:
    done = run("formula", "nets:Net", *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr


def test_a_model_that_refuses_all_sizes_says_what_it_wants(run: Run) -> None:
    done = run("formula", "nets:Net", "--shape", "B,4,8,8")
    assert done.exit_code == 3
    assert "expects 3 channels, got 4" in done.stderr


def test_a_training_step_has_a_law_of_all_that_it_does(run: Run, project: Path) -> None:
    (project / "trained.py").write_text(
        "from torch import nn\n"
        "def net(): return nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 4))\n"
    )
    options = ("--shape", "B,8", "--train", "--optimizer", "sgd")
    done = run("formula", "trained:net", *options)

    assert done.exit_code == 0, done.stderr
    layers = (8 * 16, 16 * 4)
    # Forward and weights both layers, and the gradient of the second one's input.
    assert f"MACs      {2 * sum(layers) + layers[1]}·B\n" in done.stdout


def test_how_to_train_says_nothing_of_a_forward_pass(run: Run, project: Path) -> None:
    done = run("formula", "nets:Net", "--shape", "B,3,8,8", "--optimizer", "sgd")

    assert (done.exit_code, "add --train" in done.stderr) == (2, True)
