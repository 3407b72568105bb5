"""``flopscope device``: this machine's peaks, measured once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from click.testing import Result

from flopscope.devices import devices
from flopscope.files import CACHE_FOLDER
from flopscope.measure import peaks as measuring
from flopscope.measure.hardware import processor_name
from flopscope.measure.peak_cache import keep_peaks
from flopscope.measurements import Bandwidth, Peaks
from flopscope.report.device import render

Run = Callable[..., Result]

PEAKS = Peaks(
    "cpu",
    processor_name(),
    torch.get_num_threads(),
    torch.__version__,
    {"float32": 123e9, "bfloat16": 456e9},
    (Bandwidth(2**14, 80e9), Bandwidth(2**28, 21e9)),
    2e-6,
)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(CACHE_FOLDER, str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def kept(cache: Path) -> Path:
    return keep_peaks(PEAKS)


def test_what_was_measured_before_is_shown(run: Run, kept: Path) -> None:
    done = run("device", "--device", "cpu")

    assert done.exit_code == 0, done.stderr
    assert "float32          123 GFLOP/s" in done.stdout
    assert "256 MiB     21.0 GB/s" in done.stdout
    assert "measured before" in done.stdout


def test_what_cannot_be_kept_is_shown_all_the_same(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(CACHE_FOLDER, str(tmp_path / "file"))
    monkeypatch.setattr(measuring, "PROCESSOR_SIDES", (64,))
    monkeypatch.setattr(measuring, "PROCESSOR_SPAN", (1 << 14, 1 << 15))
    monkeypatch.setattr(measuring, "SECONDS_EACH", 0.001)
    done = run("device", "--device", "cpu")

    assert done.exit_code == 1
    assert "float32" in done.stdout
    assert done.stderr.startswith("Error: measured peaks cannot be kept")


def test_a_profile_is_held_against_what_was_measured(run: Run, kept: Path) -> None:
    done = run("profile", "nets:Net", "--shape", "8,3,64,64", "--device", "cpu")

    assert done.exit_code == 0, done.stderr
    assert "% roof" in done.stdout
    assert "limits      123 GFLOP/s in float32" in done.stdout


def test_what_is_given_goes_before_it(run: Run, kept: Path) -> None:
    given = ("--peak", "1 TFLOP/s", "--bandwidth", "100G")
    done = run("profile", "nets:Net", "--shape", "8,3,64,64", "--device", "cpu", *given)

    assert "1.00 TFLOP/s in float32 · 100 GB/s (given" in done.stdout


def test_without_limits_the_report_says_how_to_get_them(run: Run, cache: Path) -> None:
    done = run("profile", "nets:Net", "--shape", "8,3,64,64", "--device", "cpu")

    assert "% roof" not in done.stdout
    assert "`flopscope device` measures them" in done.stdout


def test_the_roofline_is_drawn_below_the_table(run: Run, kept: Path) -> None:
    arguments = ("profile", "nets:Net", "--shape", "8,3,64,64", "--device", "cpu")
    done = run(*arguments, "--plot", "roofline")

    assert "at most 123 GFLOP/s and 21.0 GB/s, ridge at 5.9 FLOP/B" in done.stdout


@pytest.mark.parametrize("rate", ["fast", "-3", "0", "3 GB/h"])
def test_a_rate_that_cannot_be_meant_is_a_usage_error(run: Run, rate: str) -> None:
    done = run("profile", "nets:Net", "--peak", rate)

    assert (done.exit_code, done.stdout) == (2, "")


def test_a_datasheet_stands_beside_what_was_measured() -> None:
    (card,) = (device for device in devices() if device.name == "H200 SXM")
    name = card.patterns[0].replace("\\", "")
    assert card.is_reported_as(name)
    peaks = Peaks(
        "cuda:0", name, 16, "2.13", {"bfloat16": 790e12}, (Bandwidth(2**31, 4.2e12),), 4e-6
    )

    shown = render(peaks, None, ascii_only=False)

    rated = card.matrix_peak("bfloat16")
    assert rated is not None
    assert "790 TFLOP/s" in shown
    assert f"{rated.flops_per_second / 1e12:.0f} TFLOP/s" in shown
    assert "4.80 TB/s" in shown
    # stas00/ml-engineering, whose table has the H200 at the H100's rate
    assert "others measured in bfloat16: 794 TFLOP/s (MAMF)" in shown
