"""What a device attains at most, measured and kept."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from flopscope.errors import FlopscopeError
from flopscope.files import CACHE_FOLDER
from flopscope.measure import peaks as measuring
from flopscope.measure.hardware import processor_name
from flopscope.measure.peak_cache import cached_peaks, keep_peaks
from flopscope.measurements import Bandwidth, Peaks


@pytest.fixture
def kept(tmp_path, monkeypatch):
    monkeypatch.setenv(CACHE_FOLDER, str(tmp_path / "cache"))
    return Peaks(
        "cpu",
        processor_name(),
        torch.get_num_threads(),
        torch.__version__,
        {"float32": 1e11},
        (Bandwidth(1000, 1e10), Bandwidth(2000, 5e9)),
        1e-6,
    )


def test_peaks_are_found_as_they_were_kept(kept):
    assert cached_peaks("cpu", torch.get_num_threads()) is None
    path = keep_peaks(kept)

    assert path.is_file()
    assert cached_peaks("cpu", torch.get_num_threads()) == kept


def test_peaks_with_other_threads_are_others(kept):
    keep_peaks(replace(kept, threads=kept.threads + 1))

    assert cached_peaks("cpu", kept.threads) is None
    assert cached_peaks("cpu", kept.threads + 1) is not None


def test_a_folder_that_cannot_be_made_is_an_error_in_a_line(kept, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(CACHE_FOLDER, str(tmp_path / "file"))

    assert cached_peaks("cpu", kept.threads) is None
    with pytest.raises(FlopscopeError, match="measured peaks cannot be kept"):
        keep_peaks(kept)


@pytest.mark.parametrize("text", ["", "[]", '{"schema": "flopscope.peaks/1"}', '{"schema": "x/2"}'])
def test_a_file_that_something_else_wrote_is_as_if_there_were_none(kept, text):
    keep_peaks(kept).write_text(text)

    assert cached_peaks("cpu", torch.get_num_threads()) is None


def test_a_processor_is_measured_in_every_respect(monkeypatch):
    monkeypatch.setattr(measuring, "PROCESSOR_SIDES", (64, 128))
    monkeypatch.setattr(measuring, "PROCESSOR_SPAN", (1 << 14, 1 << 18))
    monkeypatch.setattr(measuring, "SECONDS_EACH", 0.005)
    told = []
    peaks = measuring.measure_peaks("cpu", told.append)

    assert peaks.flops_per_second["float32"] > 0
    sizes = [each.nbytes for each in peaks.bandwidths]
    assert sizes == sorted(sizes)
    assert sizes[-1] == 2**18 // 12 * 12
    assert 0 < peaks.seconds_per_call < 1e-3
    assert told
