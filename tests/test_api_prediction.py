"""``flopscope.predict``: a model in Python on devices that need not be here."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

import flopscope
from flopscope.analysis.prediction.calibration import Calibration, as_text
from flopscope.analysis.prediction.described import given_device
from flopscope.analysis.prediction.machines import Scalars
from flopscope.devices import typed_device

IMAGES = torch.empty(64, 3, 64, 64)


def net() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 64, 3, padding=1),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        nn.Flatten(2),
        nn.LayerNorm(4096),
    )


def test_a_model_has_a_time_and_a_band_by_operator_and_by_module() -> None:
    report = flopscope.predict(net(), IMAGES, on="rtx 4090")

    assert isinstance(report, flopscope.PredictionReport)
    assert report.band is not None
    low, high = report.band
    assert low < report.seconds < high
    assert sum(part.seconds for part in report.operators) == pytest.approx(report.seconds, rel=0.05)
    spent = sum(part.seconds for part in report.operators)
    assert report.modules[0].spent.seconds == pytest.approx(spent)
    assert {layer.scope for layer in report.modules if layer.kind} >= {"", "0", "1", "2", "4"}


def test_several_devices_are_in_the_order_in_which_they_are_named() -> None:
    own = replace(typed_device("RTX 4090"), name="mine", bytes_per_second=1e12)
    report = flopscope.predict(net(), IMAGES, on=["H100 SXM", own], prices={"mine": 1.0})

    assert [each.prediction.device.name for each in report.outlooks] == ["H100 SXM", "mine"]
    assert report.outlooks[1].price_per_million is not None


def test_the_model_is_left_as_it_was_found() -> None:
    model = net()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    model[1].eval()
    flopscope.predict(model, IMAGES, on="T4", dtype="bf16")
    flopscope.predict(model, IMAGES, on="T4", variant="training")

    assert [module.training for module in model] == [True, False, True, True, True]
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, before[name])
        assert tensor.dtype == before[name].dtype


@pytest.mark.parametrize(
    ("options", "dtype", "autocast"),
    [
        ({}, "float16", "float16"),
        ({"autocast": "bf16"}, "bfloat16", "bfloat16"),
        ({"dtype": "bf16"}, "bfloat16", None),
        ({"dtype": None}, "float32", None),
    ],
)
def test_the_type_is_that_of_autocast_or_the_models_own(options, dtype, autocast) -> None:
    workload = flopscope.predict(net(), IMAGES, on="T4", **options).workload

    assert (workload.dtype, workload.autocast) == (dtype, autocast)


class Offering(nn.LayerNorm):
    """A layer with the switch that timm's have."""

    _fast_norm = False


def test_norms_in_halves_move_half_of_the_bytes() -> None:
    def norm(norms) -> float:
        model = nn.Sequential(nn.Conv2d(3, 64, 3, padding=1), nn.Flatten(2), Offering(4096))
        report = flopscope.predict(model, IMAGES, on="T4", norms=norms)
        return {part.name: part.seconds for part in report.operators}["aten.layer_norm"]

    assert norm("half") < 0.6 * norm("float32")


def test_a_step_of_training_has_more_flops_than_its_forward_pass() -> None:
    forward = flopscope.predict(net(), IMAGES, on="T4").workload
    step = flopscope.predict(net(), IMAGES, on="T4", variant="training").workload

    assert step.flops > 1.5 * forward.flops
    assert step.memory.total > forward.memory.total


def test_a_calibration_is_of_the_device_that_it_names(tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    path.write_text(
        json.dumps(
            {
                "schema": "flopscope.calibration/1",
                "device": "T4",
                "reported": "Tesla T4",
                "compute": 0.9,
                "bandwidth": 0.5,
                "rates": None,
                "measured": [],
                "torch": "2.14.1",
                "flopscope": "0.1.0",
                "date": "2026-11-30",
            }
        )
    )
    calibrated = flopscope.predict(net(), IMAGES, calibrations=[path])
    plain = flopscope.predict(net(), IMAGES, on="T4")

    assert calibrated.outlooks[0].prediction.tier == "calibrated"
    assert calibrated.seconds > 1.2 * plain.seconds


def test_a_calibrated_device_that_is_not_in_the_table_is_named_as_its_file_does(
    tmp_path: Path,
) -> None:
    row = given_device(1e14, 1e12, 2**34, "float16", "RTX 42")
    found = Calibration(
        row, "RTX 42", Scalars(), (), (1e14, 1e12, 2**34), "2.14.1", "0.1.0", "2026-11-30"
    )
    path = tmp_path / "card.json"
    path.write_text(as_text(found))
    report = flopscope.predict(net(), IMAGES, on=["T4", "RTX 42"], calibrations=[path])

    assert [each.prediction.device.name for each in report.outlooks] == ["T4", "RTX 42"]
    assert report.outlooks[1].prediction.tier == "calibrated"


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({}, flopscope.UsageError, "on which device"),
        ({"on": "RTX 42"}, flopscope.UsageError, "no device is known"),
        ({"on": "T4", "dtype": "int8"}, flopscope.UsageError, "int8"),
        ({"on": "T4", "variant": "training", "module": "0"}, flopscope.UsageError, "whole model"),
        ({"on": "T4", "calibrations": ["no.json"]}, flopscope.InputError, "no.json"),
        ({"on": "T4", "module": "7"}, flopscope.TargetError, "7"),
    ],
)
def test_what_cannot_be_meant_is_refused(options, error, message) -> None:
    with pytest.raises(error, match=message):
        flopscope.predict(net(), IMAGES, **options)


def test_a_model_that_runs_nothing_has_no_time() -> None:
    with pytest.raises(flopscope.InputError, match="runs no kernel"):
        flopscope.predict(nn.Identity(), IMAGES, on="T4")


def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(flopscope.TargetError):
        flopscope.predict(nn.Linear, IMAGES, on="T4")


def test_a_part_of_a_model_is_predicted_as_the_whole_feeds_it() -> None:
    whole = flopscope.predict(net(), IMAGES, on="T4")
    part = flopscope.predict(net(), IMAGES, on="T4", module="4")

    inside = {layer.scope: layer.spent.seconds for layer in whole.modules if layer.kind}
    assert part.modules[0].spent.seconds == pytest.approx(inside["4"])
    assert part.workload.memory is None or part.workload.memory.total < whole.workload.memory.total
