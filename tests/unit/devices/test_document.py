"""The document of devices is what the table says."""

from __future__ import annotations

from pathlib import Path

import pytest

from flopscope.devices import devices

benchmarks = pytest.importorskip("benchmarks.devices", reason="a release has no benchmarks")

DOCUMENT = Path(__file__).parents[3] / "docs" / "devices.md"


def test_the_document_is_written_from_the_table():
    written = DOCUMENT.read_text(encoding="utf-8")
    assert written == benchmarks.document(), "run python -m benchmarks.devices > docs/devices.md"


@pytest.mark.parametrize("device", devices(), ids=lambda device: device.name)
def test_the_document_shows_a_devices_figures_and_their_source(device):
    figures, origins, *build = (
        line
        for line in DOCUMENT.read_text(encoding="utf-8").splitlines()
        if line.startswith(f"| {device.name} |")
    )
    assert f"| {device.bytes_per_second / 1e9:g} |" in figures
    for rate in device.flops_per_second.values():
        assert f"{rate / 1e12:g}" in figures
    assert device.source in origins
    assert device.notes in origins
    assert all(f"{claim.by} has " in origins for claim in device.conflicts)
    assert bool(build) == bool(device.build_source or device.sustained)
    for shown in build:
        assert device.build_source in shown
        assert all(f"{rate.by}: " in shown for rate in device.sustained)
        assert all(f" {rate.flops_per_second / 1e12:g}" in shown for rate in device.sustained)
