"""Targets and inputs on the command line, of every sort, down to the figures."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import torch
from click.testing import Result
from torch import nn

Run = Callable[..., Result]

NETS = """
    from dataclasses import dataclass

    import torch
    from torch import nn

    @dataclass
    class Config:
        width: int = 4
        bias: bool = True

    class Configured(nn.Module):
        def __init__(self, config: Config):
            super().__init__()
            self.linear = nn.Linear(config.width, config.width, bias=config.bias)
            self.drop = nn.Dropout(0.5)

        def forward(self, x):
            return self.drop(self.linear(x))

    class Detector(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 8, 3, bias=False)

        def forward(self, images, targets=None, *, twice=False):
            found = [self.conv(image[None]) for image in images]
            if targets is not None:
                found += [target["boxes"] * 2 for target in targets]
            return found * (2 if twice else 1)

    class Two(nn.Module):
        example_input_array = (torch.zeros(2, 4), torch.zeros(2, 4))

        def forward(self, a, b):
            return a @ b.T

    def make_inputs(batch_size=1):
        return {"a": torch.zeros(batch_size, 4), "b": torch.zeros(batch_size, 4)}
"""


@pytest.fixture
def count(run: Run, project: Path) -> Callable[..., dict[str, Any]]:
    """The JSON report of a target of ``zoo.py``, which is not measured."""
    (project / "zoo.py").write_text(dedent(NETS))

    def counted(*arguments: str) -> dict[str, Any]:
        done = run("profile", *arguments, "--no-time", "--format", "json")
        assert done.exit_code == 0, done.stderr
        report: dict[str, Any] = json.loads(done.stdout)
        return report

    return counted


Count = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(
    "arguments",
    [
        ("zoo:Configured({'width': 6, 'bias': False})",),
        ("zoo:Configured", "--arg", "config.width=6", "--arg", "config.bias=false"),
        ("zoo:Configured", "--config", "net.toml"),
        ("zoo:Configured", "--config", "wide.toml", "--arg", "config.width=6"),
    ],
    ids=["call", "dotted", "file", "overruled"],
)
def test_a_config_object_is_made_from_a_mapping(
    count: Count, project: Path, arguments: tuple[str, ...]
) -> None:
    (project / "net.toml").write_text("width = 6\nbias = false\n")
    (project / "wide.toml").write_text("[config]\nwidth = 99\nbias = false\n")

    totals = count(*arguments, "--shape", "2,6")["totals"]

    assert (totals["macs"], totals["params"]) == (2 * 6 * 6, 6 * 6)


def test_lists_and_mappings_of_tensors_are_inputs_and_flags_are_too(count: Count) -> None:
    structures = ("--input", "[[3,6,6],[3,8,8]]", "--input", "targets=[{boxes:[5,4]}]")
    report = count("zoo:Detector", *structures, "--kwarg", "twice=true")

    assert report["totals"]["macs"] == 3 * 8 * 9 * (4 * 4 + 6 * 6)
    named = {given["name"]: given["shape"] for given in report["inputs"]}
    assert named == {"0[0]": [3, 6, 6], "0[1]": [3, 8, 8], "targets[0].boxes": [5, 4]}


def test_a_function_makes_the_inputs_of_any_batch(count: Count) -> None:
    report = count("zoo:Two", "--inputs", "zoo:make_inputs", "--batch", "3")

    assert report["totals"]["macs"] == 3 * 3 * 4


def test_inputs_that_a_function_made_for_a_batch_are_left_as_they_are(
    count: Count, project: Path
) -> None:
    zoo = project / "zoo.py"
    zoo.write_text(
        zoo.read_text() + "\ndef steps_first(batch=1): return torch.zeros(1, batch, 4)\n"
    )

    report = count("zoo:Configured({})", "--inputs", "zoo:steps_first", "--batch", "3")

    assert report["inputs"][0]["shape"] == [1, 3, 4]


def test_a_model_that_has_an_example_needs_no_shape(count: Count) -> None:
    assert count("zoo:Two")["totals"]["macs"] == 2 * 2 * 4
    assert count("zoo:Two", "--batch", "5")["totals"]["macs"] == 5 * 5 * 4


def test_a_floating_point_type_is_the_models_and_halves_its_memory(count: Count) -> None:
    whole = count("zoo:Configured({})", "--shape", "2,4")
    half = count("zoo:Configured({})", "--shape", "2,4", "--dtype", "bf16")

    assert half["sizes"]["param_bytes"] * 2 == whole["sizes"]["param_bytes"]
    assert half["inputs"][0]["dtype"] == "bfloat16"
    assert half["totals"]["flops"] == whole["totals"]["flops"]


def test_autocast_casts_operators_and_not_the_model(count: Count) -> None:
    report = count("zoo:Configured({})", "--shape", "2,4", "--autocast", "bf16")

    assert report["inputs"][0]["dtype"] == "float32"
    assert report["modules"][0]["outputs"][0]["dtype"] == "bfloat16"
    assert "operators are cast to bfloat16 by torch.autocast" in report["notes"]


def test_dropout_costs_in_training_mode_alone(count: Count) -> None:
    evaluated = count("zoo:Configured({})", "--shape", "2,4")["totals"]["flops"]
    training = count("zoo:Configured({})", "--shape", "2,4", "--train")["training"]

    outputs = 2 * 4  # dropped out, and summed up in the place of a loss
    assert training["parts"]["forward"]["flops"] - evaluated == 2 * outputs + outputs


def test_a_part_of_a_model_is_counted_as_the_whole_feeds_it(count: Count) -> None:
    report = count("zoo:Configured({})", "--shape", "2,4", "--module", "linear")

    assert report["module"] == "linear"
    assert report["totals"]["macs"] == 2 * 4 * 4
    assert [module["scope"] for module in report["modules"]] == [""]


def test_a_part_is_timed_while_all_of_the_model_runs(run: Run, count: Count) -> None:
    timed = ("--shape", "2,4", "--device", "cpu", "--format", "json")
    done = run("profile", "zoo:Configured({})", *timed, "--module", "linear")

    assert json.loads(done.stdout)["timing"]["median_seconds"] > 0


def test_a_batch_is_of_the_shapes_beside_which_structures_have_their_own(count: Count) -> None:
    structures = ("--input", "targets=[{boxes:[5,4]}]", "--batch", "2")
    report = count("zoo:Detector", "--shape", "1,3,6,6", *structures)

    assert [given["shape"] for given in report["inputs"]] == [[2, 3, 6, 6], [5, 4]]


def test_a_number_of_tokens_that_a_model_has_no_use_for_is_a_note(count: Count) -> None:
    notes = count("zoo:Two", "--seq", "8")["notes"]

    assert "--seq says nothing of this model, which knows its inputs itself" in notes


def test_an_option_of_some_targets_is_a_note_at_the_others(run: Run, project: Path) -> None:
    (project / "zoo.py").write_text(dedent(NETS))
    torch.save(nn.Linear(4, 4), project / "net.pt")
    both = ("zoo:Configured({})", "net.pt", "--shape", "2,4", "--no-time")
    done = run("profile", *both, "--unsafe-pickle")

    assert done.exit_code == 0, done.stderr
    assert "zoo:Configured({}): --unsafe-pickle says nothing of this target" in done.stdout
    assert "net.pt: --unsafe-pickle says nothing" not in done.stdout


def test_several_targets_make_one_table(run: Run, count: Count) -> None:
    done = run("profile", "zoo:Configured({})", "zoo:Two", "--shape", "2,4", "--no-time")

    # Two takes two inputs, so that one shape doesn't do.
    assert done.exit_code == 3
    assert "zoo:Configured({})  2×4" in done.stdout
    assert done.stderr.startswith("Error: 1 of 2 targets failed: zoo:Two: ")


def test_several_targets_of_which_none_works_leave_stdout_empty(run: Run) -> None:
    done = run("profile", "zoo:A", "zoo:B", "--shape", "2,4", "--no-time")

    assert (done.exit_code, done.stdout) == (3, "")


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("--config", "absent.toml"), 3, "cannot read absent.toml"),
        (("--config", "net.ini"), 2, "no format of settings"),
        (("--kwarg", "flag"), 2, "--kwarg flag does not name an argument"),
        (("--input", "[[3"), 3, "cannot read the input"),
        (("--inputs", "zoo:make", "--shape", "1"), 2, "--inputs makes all inputs"),
        (("--autocast", "int8", "--shape", "1,4"), 2, "nothing is cast to int8"),
        (("--autocast", "fp64", "--shape", "1,4"), 2, "nothing is cast to fp64"),
        (("--plot", "roofline", "--format", "json"), 2, "--plot draws below the table"),
        (("--batch", "0"), 2, "is not one or several positive numbers"),
        (("--batch", "2", "--input", "[[1,4]]"), 2, "--batch is the first size of each --shape"),
        (("--batch", "2", "--shape", "[]"), 2, "--batch is the first size of each --shape"),
        (("--seq", "8", "--shape", "1,4"), 2, "--seq says nothing of inputs that are given"),
        (("--seq", "8", "--inputs", "zoo:make"), 2, "--seq says nothing of inputs that are given"),
        (("--task", "causal-lm", "--shape", "1,4"), 2, "--task says nothing of zoo:Configured"),
        (("--unsafe-pickle", "--shape", "1,4"), 2, "--unsafe-pickle says nothing of zoo:"),
        (("--compile", "--shape", "1,4"), 2, "--compile says how to measure"),
        (("--threads", "2", "--shape", "1,4"), 2, "--threads says how to measure"),
        (("--module", "layer", "--shape", "1,4"), 3, "Configured has no module 'layer'"),
        ((), 3, "no inputs were given, and Configured.forward needs 'x'"),
    ],
)
def test_what_cannot_be_meant_is_one_line_and_a_hint(
    run: Run, count: Count, arguments: tuple[str, ...], status: int, message: str
) -> None:
    done = run("profile", "zoo:Configured({})", *arguments, "--no-time")

    assert (done.exit_code, done.stdout) == (status, "")
    error, hint = done.stderr.splitlines()
    assert error.startswith("Error: ")
    assert message in error
    assert hint.startswith("Hint: ")
