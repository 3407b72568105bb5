"""The scalars that times were made with are found again, and what was written is read."""

from __future__ import annotations

import json
import math
from pathlib import Path

import jsonschema
import pytest

from flopscope.analysis.prediction.calibration import (
    HIGHEST,
    Calibration,
    Compared,
    Sample,
    as_text,
    calibrated,
    document,
    read_calibration,
)
from flopscope.analysis.prediction.estimate import predict
from flopscope.analysis.prediction.machines import Scalars
from flopscope.devices import typed_device
from flopscope.errors import InputError
from flopscope.records import Call
from tests.unit.analysis.prediction.streams import LINEAR, LOOKUP, RELU, device, trace

DOCS = Path(__file__).parents[4] / "docs"
PUBLISHED = json.loads((DOCS / "calibration.schema.json").read_text(encoding="utf-8"))

RATES = {"float16_flops_per_second": 1e14, "bytes_per_second": 1e12, "memory_bytes": 2**34}

TRACES = (
    trace(*[Call(LINEAR)] * 400),
    trace(*[Call(RELU)] * 100),
    trace(*[Call(LINEAR), Call(RELU)] * 50),
    trace(*[Call(LOOKUP), Call(LINEAR), Call(LINEAR)] * 50),
)
SLOW = device(bytes_per_second=2.0**34, flops_per_second={"fp16_matrix": 1e12, "fp32_vector": 1e11})


def made_with(scalars: Scalars, *off: float) -> list[Sample]:
    """What a device with these scalars would take, each time off by a factor."""
    factors = off or (1.0,) * len(TRACES)
    return [
        Sample(str(place), factor * predict(found, SLOW, scalars=scalars).seconds, found)
        for place, (found, factor) in enumerate(zip(TRACES, factors, strict=True))
    ]


@pytest.mark.parametrize("compute", [0.5, 0.85, 1.3])
@pytest.mark.parametrize("bandwidth", [0.4, 0.9, 1.1])
def test_the_scalars_that_times_were_made_with_are_found_but_for_what_is_expected_of_them(
    compute, bandwidth
) -> None:
    """At these scalars all errors are 0, so that what is found can only cost less in the prior.

    With squares E of errors and P of the scalars' logarithms: E + P / 10 <= 0 + given P / 10.
    """
    scalars, compared = calibrated(made_with(Scalars(compute, bandwidth)), SLOW)

    def prior(compute: float, bandwidth: float) -> float:
        return 0.1 * (math.log(compute) ** 2 + math.log(bandwidth) ** 2)

    errors = sum(math.log(each.predicted_seconds / each.seconds) ** 2 for each in compared)
    assert errors + prior(scalars.compute, scalars.bandwidth) <= prior(compute, bandwidth)
    assert [scalars.compute, scalars.bandwidth] == pytest.approx([compute, bandwidth], rel=0.1)


def test_times_that_no_scalars_explain_are_met_in_the_middle() -> None:
    # One product alone took twice as long as another. With an expected scalar of 1 that counts for
    # a tenth of a time, x² + (x - log 2)² + x² / 10 is least at x = log 2 / 2.1.
    found = TRACES[0]
    once = predict(found, SLOW, scalars=Scalars()).seconds
    scalars, compared = calibrated(
        [Sample("one", once, found), Sample("other", 2 * once, found)], SLOW
    )

    assert compared[0].predicted_seconds == pytest.approx(once * 2 ** (1 / 2.1), rel=1e-3)
    assert scalars.compute < 1


def test_a_device_is_never_taken_for_a_thousand_times_as_fast() -> None:
    scalars, _ = calibrated(made_with(Scalars(1.0, 1.0), *([1e-3] * len(TRACES))), SLOW)

    assert scalars.compute <= HIGHEST * (1 + 1e-9)
    assert scalars.bandwidth <= HIGHEST * (1 + 1e-9)


def calibration(**changed: object) -> Calibration:
    figures: dict[str, object] = {
        "device": typed_device("RTX 3090"),
        "reported": "NVIDIA GeForce RTX 3090",
        "scalars": Scalars(0.9, 0.8),
        "compared": (Compared("copy", 0.01, 0.011),),
        "rates": None,
        "torch": "2.14.1",
        "flopscope": "0.1.0",
        "date": "2026-11-30",
    }
    return Calibration(**figures | changed)  # type: ignore[arg-type] # as a test changes them


def test_what_was_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    path.write_text(as_text(calibration()))

    assert read_calibration(path) == calibration()


def test_a_device_that_is_not_in_the_table_brings_its_rates(tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    path.write_text(as_text(calibration(rates=(1e14, 1e12, 2**34))).replace("RTX 3090", "RTX 42"))
    found = read_calibration(path).device

    assert (found.name, found.bytes_per_second, found.memory_bytes) == ("RTX 42", 1e12, (2**34,))
    assert found.flops_per_second == {"fp16_matrix": 1e14}


@pytest.mark.parametrize(
    "changed",
    [
        {"schema": "flopscope.report/1"},
        {"compute": "fast"},
        {"compute": 1000.0},
        {"device": "RTX 42"},
        {"measured": [{"name": "copy"}]},
        {"rates": {}},
        {"rates": RATES | {"bytes_per_second": 0}},
        {"rates": RATES | {"float16_flops_per_second": -1e14}},
    ],
)
def test_a_file_of_something_else_is_refused_in_a_line(tmp_path: Path, changed) -> None:
    path = tmp_path / "card.json"
    path.write_text(json.dumps(document(calibration()) | changed))

    with pytest.raises(InputError, match=r"card\.json") as caught:
        read_calibration(path)
    assert "\n" not in caught.value.message


def test_a_file_is_as_its_schema_says() -> None:
    for each in (calibration(), calibration(rates=(1e14, 1e12, 2**34))):
        jsonschema.validate(document(each), PUBLISHED)
    assert set(document(calibration())) == set(PUBLISHED["properties"])
