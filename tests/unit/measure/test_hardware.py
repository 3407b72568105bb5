from __future__ import annotations

from pathlib import Path

import pytest
import torch

from flopscope.measure.hardware import named_device, processor_name


def test_linux_tells_the_name_of_the_processor(tmp_path: Path) -> None:
    table = tmp_path / "cpuinfo"
    table.write_text(
        "processor\t: 0\nmodel\t\t: 17\nmodel name\t: AMD EPYC 7763 64-Core \nflags\t: f\n"
    )
    assert processor_name(table) == "AMD EPYC 7763 64-Core"


@pytest.mark.parametrize("table", ["processor\t: 0\nCPU part\t: 0xd0c\n", None])
def test_a_processor_without_a_name_is_at_least_an_architecture(
    table: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.processor", str)
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    file = tmp_path / "cpuinfo"
    if table:
        file.write_text(table)
    assert processor_name(file) == "aarch64"


def test_a_device_is_named_as_torch_names_it() -> None:
    assert named_device("cpu") == torch.device("cpu")
    assert named_device("cuda:1") == torch.device("cuda", 1)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda_without_a_number_is_the_current_card() -> None:
    assert named_device("cuda").index == torch.cuda.current_device()
