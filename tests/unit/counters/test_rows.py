from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from flopscope.counters import COUNTERS, installed
from flopscope.counters.rows import OURS, Row, rows

PLUGIN = """
from flopscope.measurements import Reading

def count(model, args, kwargs):
    return Reading("halves", "1.0", "MACs", sum(p.numel() for p in model.parameters()) // 2)
"""

ASK = """
import json, torch
from torch import nn
from flopscope.counters import COUNTERS, read

def asked(name):
    reading = read(name, nn.Linear(4, 4, bias=False), (torch.zeros(2, 4),))
    return [reading.value, *reading.notes]

print(json.dumps({name: asked(name) for name in COUNTERS if name in ("halves", "broken", "thop")}))
"""


def a_distribution(folder: Path, entry_points: str) -> None:
    metadata = folder / "halves-1.0.dist-info"
    metadata.mkdir()
    metadata.joinpath("METADATA").write_text("Metadata-Version: 2.1\nName: halves\nVersion: 1.0\n")
    metadata.joinpath("entry_points.txt").write_text(f"[flopscope.counters]\n{entry_points}")


def test_another_distribution_adds_a_counter_and_a_broken_one_is_a_note(tmp_path: Path) -> None:
    (tmp_path / "halves.py").write_text(PLUGIN)
    (tmp_path / "breaks.py").write_text("raise OSError('no licence')")
    a_distribution(tmp_path, "halves = halves:count\nbroken = breaks:count\nthop = halves:count\n")
    finished = subprocess.run(
        [sys.executable, "-c", ASK],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])},
    )
    said = json.loads(finished.stdout)
    assert said["halves"] == [4 * 4 // 2]
    assert said["broken"] == [None, "cannot be imported: OSError: no licence"]
    assert said["thop"] == [2 * 4 * 4]  # a name of ours is not taken over


def test_every_counter_of_ours_is_a_row_with_what_to_install() -> None:
    assert list(rows())[: len(OURS)] == list(OURS)
    assert all(row.package and row.distribution for row in OURS.values())


def test_what_comes_with_the_install_is_installed() -> None:
    assert set(installed()) >= {"thop", "fvcore", "torch", "profiler"}
    assert set(installed()) <= set(COUNTERS)


@pytest.mark.parametrize("package", ["nowhere_to_be_found", "nowhere.to.be.found"])
def test_a_package_that_is_not_there_is_not_installed(package: str) -> None:
    assert not Row("x:y", package, "z").is_installed
