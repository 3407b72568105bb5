"""``flopscope predict`` and ``flopscope calibrate`` as their users meet them."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
import torch

from flopscope.cli.offers import several_devices
from tests.cli.conftest import Run

NET = ("predict", "nets:Net", "--shape", "64,3,224,224")
RESULT = ("--format", "json")


def written(run: Run, *arguments: str) -> dict:
    result = run(*NET, *arguments, *RESULT)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_a_model_is_predicted_for_each_device_in_mixed_precision(run: Run) -> None:
    found = written(run, "--on", "RTX 3090,RTX 4090", "--on", "h100 sxm")

    assert [each["device"] for each in found["devices"]] == ["RTX 3090", "RTX 4090", "H100 SXM"]
    assert found["workload"]["autocast"] == "float16"
    assert found["workload"]["dtype"] == "float16"
    assert found["workload"]["samples"] == 64
    # 8 filters of 3 · 3 · 3 for 222 · 222 places of 64 images
    assert found["workload"]["flops"] == 2 * 64 * 8 * 222 * 222 * 27
    assert all(0 < each["floor_seconds"] < each["seconds"] for each in found["devices"])


def test_a_device_that_is_named_twice_comes_once(run: Run) -> None:
    found = written(run, "--on", "RTX 3090,3090")

    assert [each["device"] for each in found["devices"]] == ["RTX 3090"]


def test_batch_takes_the_place_of_the_first_size(run: Run) -> None:
    found = written(run, "--on", "RTX 3090", "--batch", "16")

    assert found["workload"]["inputs"][0]["shape"] == [16, 3, 224, 224]


@pytest.mark.parametrize(
    ("options", "autocast", "dtype"),
    [
        (("--dtype", "amp"), "float16", "float16"),
        (("--autocast", "bf16"), "bfloat16", "bfloat16"),
        (("--dtype", "bf16"), None, "bfloat16"),
        (("--dtype", "fp16"), None, "float16"),
        (("--dtype", "fp32"), None, "float32"),
    ],
)
def test_the_type_is_that_of_autocast_or_the_models_own(run, options, autocast, dtype) -> None:
    found = written(run, "--on", "RTX 3090", *options)

    assert found["workload"]["autocast"] == autocast
    assert found["workload"]["dtype"] == dtype


@pytest.mark.parametrize(
    ("made", "words"),
    [
        ("", "float32 cast to float16 by autocast"),
        (".half()", "float16, with autocast to it"),
        (".bfloat16()", "bfloat16 cast to float16 by autocast"),
    ],
)
def test_what_autocast_casts_is_the_type_of_the_weights(run, project, made, words) -> None:
    (project / "typed.py").write_text(f"from torch import nn\nNet = nn.Linear(64, 64){made}\n")
    result = run("predict", "typed:Net", "--shape", "4096,64", "--on", "RTX 3090")

    assert result.exit_code == 0, result.stderr
    assert f"run as      inference, eager · {words}\n" in result.stdout


def test_nothing_is_claimed_of_float32_that_nothing_was_measured_of(run: Run) -> None:
    (device,) = written(run, "--on", "RTX 3090", "--dtype", "fp32")["devices"]

    assert device["high_seconds"] == 4 * device["low_seconds"]
    # torch lets convolutions of float32 be rounded to tf32 on a GPU.
    assert any("products run in tf32" in warning for warning in device["warnings"])


def test_a_device_is_described_by_its_figures(run: Run) -> None:
    figures = ("--peak", "100T", "--bandwidth", "1T", "--memory", "24GiB")
    (device,) = written(run, *figures)["devices"]

    assert device["device"] == "given device"
    assert device["peak_flops_per_second"] == 100e12
    assert device["memory_bytes"] == 24 * 2**30
    assert device["tier"] == "uncalibrated"
    assert any("float32" in assumed for assumed in device["assumptions"])


def test_prices_are_of_devices_by_any_of_their_names(run: Run) -> None:
    found = written(run, "--on", "RTX 3090", "--price", "3090=0.36", "--on", "T4")
    first, second = found["devices"]

    expected = 0.36 / 3600 * 1_000_000 / first["samples_per_second"]
    assert first["price_per_million_samples"] == pytest.approx(expected)
    assert second["price_per_million_samples"] is None


def test_channels_last_spare_the_turning_of_images(run: Run) -> None:
    first = written(run, "--on", "RTX 3090")
    last = written(run, "--on", "RTX 3090", "--channels-last")

    assert last["workload"]["channels_last"]
    assert last["devices"][0]["kernels"] < first["devices"][0]["kernels"]
    told = {each["option"]: each["seconds"] for each in first["devices"][0]["remedies"]}
    spared = first["devices"][0]["seconds"] - last["devices"][0]["seconds"]
    assert told["--channels-last"] == pytest.approx(spared)
    assert all(each["option"] != "--channels-last" for each in last["devices"][0]["remedies"])


def test_a_step_of_training_has_its_own_flops_and_memory(run: Run) -> None:
    forward = written(run, "--on", "RTX 3090")["workload"]
    step = written(run, "--on", "RTX 3090", "--train")["workload"]

    # The image needs no gradient: a convolution's backward pass is one for the weight.
    assert step["flops"] >= 2 * forward["flops"]
    assert step["memory"]["total_bytes"] > forward["memory"]["total_bytes"]
    assert step["variant"] == "training"


MERGEABLE = """
from torch import nn

class Block(nn.Conv2d):
    def reparameterize(self):
        pass

def Net():
    return nn.Sequential(Block(3, 8, 3), nn.Conv2d(8, 8, 3))
"""


def test_a_model_whose_branches_can_be_merged_is_said_to_be_faster_then(run, project) -> None:
    (project / "branches.py").write_text(MERGEABLE)
    command = ("predict", "branches:Net", "--shape", "64,3,32,32", "--on", "RTX 3090")
    result = run(*command, *RESULT)

    assert result.exit_code == 0, result.stderr
    (note,) = json.loads(result.stdout)["notes"]
    assert "can be merged for inference (reparameterize())" in note
    assert written(run, "--on", "RTX 3090")["notes"] == []


OFFERING = "class Net(nn.LayerNorm):\n    _fast_norm = False\n"
"""A layer with the switch that timm's have."""


@pytest.mark.parametrize(
    ("norms", "layer", "dtype"),
    [
        ("half", OFFERING, "float16"),
        ("float32", OFFERING, "float32"),
        ("half", "Net = nn.LayerNorm\n", "float32"),
    ],
)
def test_norms_run_in_the_type_that_is_asked_for_and_offered_and_it_is_said(
    run, project, norms, layer, dtype
) -> None:
    (project / "normed.py").write_text(f"from torch import nn\n{layer}")
    shape = ("--shape", "4096,64", "--on", "RTX 3090")
    result = run("predict", "normed:Net(64)", *shape, "--norms", norms)

    assert result.exit_code == 0, result.stderr
    assert f"norms run in {dtype}" in result.stdout


def test_files_are_written_in_the_formats_of_their_suffixes(run: Run, project: Path) -> None:
    result = run(*NET, "--on", "RTX 3090", "-o", "found.json", "-o", "found.csv", "-o", "found.md")

    assert result.exit_code == 0
    found = json.loads((project / "found.json").read_text(encoding="utf-8"))
    assert found["schema"] == "flopscope.prediction/1"
    assert (project / "found.csv").read_text().startswith("target,samples,device,")
    assert "| Device |" in (project / "found.md").read_text()


def test_several_models_and_batches_are_lines_of_one_table(run: Run, project: Path) -> None:
    (project / "more.py").write_text(
        "from torch import nn\n\nNet = nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU())\n"
    )
    shape = ("--shape", "8,3,64,64", "--on", "RTX 3090,T4")
    asked = ("predict", "nets:Net", "more:Net", *shape, "--batch", "64,256")
    shown = run(*asked, "-o", "found.csv", "-o", "found.md").stdout
    found = json.loads(run(*asked, *RESULT).stdout)

    assert found["schema"] == "flopscope.predictions/1"
    assert [(each["target"], each["workload"]["samples"]) for each in found["predictions"]] == [
        ("nets:Net", 64),
        ("nets:Net", 256),
        ("more:Net", 64),
        ("more:Net", 256),
    ]
    assert len((project / "found.csv").read_text().splitlines()) == 1 + 4 * 2
    assert (project / "found.md").read_text().count("| <code>") == 4 * 2
    assert shown.count("nets:Net  ") == 4
    assert "T4: uncalibrated" in shown


def test_what_fails_of_several_models_is_told_beside_the_others(run: Run) -> None:
    asked = ("predict", "nets:Net", "nets:Missing", "--shape", "8,3,64,64", "--on", "RTX 3090")
    result = run(*asked)
    found = json.loads(run(*asked, *RESULT).stdout)

    assert result.exit_code == 3
    assert "nets:Net" in result.stdout
    assert "nets:Missing: " in result.stdout
    assert "1 of 2 targets failed" in result.stderr
    assert [failure["target"] for failure in found["failures"]] == ["nets:Missing"]


def test_depth_shows_as_many_levels_of_modules(run: Run) -> None:
    shallow = run(*NET, "--on", "RTX 3090", "--depth", "0").stdout
    deep = run(*NET, "--on", "RTX 3090", "--depth", "1").stdout

    assert "conv " not in shallow
    assert "└─ conv" in deep


@pytest.mark.parametrize(
    ("options", "message", "hint"),
    [
        (("--on", "RTX 4099"), "no device is known", "RTX 4090"),
        (("--on", "RTX 4099"), "no device is known", "--peak"),
        ((), "on which device?", "--on"),
        (("--on", "A100 SXM"), "several devices", "'A100 SXM 40GB', 'A100 SXM 80GB'\n"),
        (("--peak", "1T"), "both its --peak and its --bandwidth", "--memory"),
        (("--memory", "1GiB", "--on", "T4"), "both its --peak and its --bandwidth", "--memory"),
        (("--on", "T4", "--price", "T4"), "is no price", "RTX 4090=0.35"),
        (("--on", "T4", "--price", "T4=-1"), "is no price", "RTX 4090=0.35"),
        (("--on", "T4", "--price", "RTX 3090=1"), "nothing is predicted for RTX 3090", "--on"),
        (("--on", "T4", "--module", "conv", "--train"), "--module is of a part", "leave"),
        (("--on", "T4", "--compile", "--train"), "of inference", "--train"),
        (("--on", "T4", "--dtype", "fp32", "--norms", "half"), "of autocast", "amp"),
        (("--on", "T4", "--dtype", "amp", "--autocast", "bf16"), "--autocast fp16", "one"),
        (("--on", "T4", "-o", "found.png"), "no format", ".json"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error(run: Run, options, message, hint) -> None:
    result = run(*NET, *options)

    assert result.exit_code == 2
    assert message in result.stderr
    assert hint in result.stderr
    assert len(result.stderr.splitlines()) == 2


CALIBRATION = {
    "schema": "flopscope.calibration/1",
    "device": "RTX 3090",
    "reported": "NVIDIA GeForce RTX 3090",
    "compute": 0.5,
    "bandwidth": 0.5,
    "rates": None,
    "measured": [],
    "torch": "2.14.1",
    "flopscope": "0.1.0",
    "date": "2026-11-30",
}


def test_a_calibration_is_of_its_device_alone(run: Run, project: Path) -> None:
    (project / "card.json").write_text(json.dumps(CALIBRATION))
    given = ("--calibration", "card.json")
    (plain,) = written(run, "--on", "RTX 3090")["devices"]
    (measured,) = written(run, *given)["devices"]
    refused = run(*NET, *given, "--on", "T4")

    assert measured["tier"] == "calibrated"
    assert measured["scalars"] == {"compute": 0.5, "bandwidth": 0.5}
    assert plain["seconds"] < measured["seconds"] <= 2 * plain["seconds"]
    assert measured["floor_seconds"] == plain["floor_seconds"]
    assert refused.exit_code == 2
    assert "that calibration is of RTX 3090" in refused.stderr


def test_a_calibrated_device_that_is_not_in_the_table_is_named_as_the_file_names_it(
    run: Run, project: Path
) -> None:
    rates = {"float16_flops_per_second": 1e14, "bytes_per_second": 1e12, "memory_bytes": 2**34}
    changed = {"device": "RTX 42", "rates": rates}
    (project / "card.json").write_text(json.dumps(CALIBRATION | changed))
    given = ("--calibration", "card.json", "--on", "T4, RTX 42", "--price", "RTX 42=0.36")
    first, second = written(run, *given)["devices"]

    assert (first["device"], second["device"]) == ("T4", "RTX 42")
    assert (first["tier"], second["tier"]) == ("uncalibrated", "calibrated")
    assert second["price_per_hour"] == 0.36


def test_a_compiled_model_runs_fewer_kernels(run: Run) -> None:
    eager = written(run, "--on", "RTX 3090")["devices"][0]["kernels"]

    assert "as they are fused" in run(*NET, "--on", "RTX 3090", "--compile").stdout
    assert 0 < written(run, "--on", "RTX 3090", "--compile")["devices"][0]["kernels"] < eager


def test_a_file_that_is_no_calibration_is_refused(run: Run, project: Path) -> None:
    (project / "card.json").write_text("[]")
    result = run(*NET, "--calibration", "card.json")

    assert result.exit_code == 3
    assert "card.json is no calibration" in result.stderr


def test_names_of_devices_are_completed_also_behind_a_comma() -> None:
    option = click.Option(["--on"])
    context = click.Context(click.Command("predict"))

    def completed(text: str) -> list[str]:
        return several_devices(context, option, text)

    assert "RTX 4090" in completed("rtx 40")
    assert "RTX 4090,H100 SXM" in completed("RTX 4090,H1")
    assert completed("no such") == []


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_calibrating_needs_a_cuda_device(run: Run) -> None:
    result = run("calibrate", "-o", "card.json")

    assert result.exit_code == 3
    assert "there is no CUDA device here" in result.stderr
    assert not Path("card.json").exists()


@pytest.mark.parametrize(
    "options", [("--device", "cpu"), ("-o", "card.txt"), ("-o", "no/such/card.json")]
)
def test_calibrating_refuses_what_makes_no_sense(run: Run, options) -> None:
    assert run("calibrate", *options).exit_code == 2
