"""The fixture that the package brings for pytest."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

TEST = """
import torch

def test_the_layer_is_cheap(flopscope):
    assert flopscope(torch.nn.Linear(4, 2), torch.zeros(3, 4)).macs == 3 * 4 * 2

def test_the_layer_is_free(flopscope):
    assert flopscope(torch.nn.Linear(4, 2), torch.zeros(3, 4)).macs == 0
"""


def test_a_test_can_hold_a_model_to_its_cost(tmp_path: Path) -> None:
    (tmp_path / "test_model.py").write_text(TEST)
    plugin = () if "flopscope" in entry_points(group="pytest11").names else _named()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *plugin, "test_model.py"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )

    assert done.returncode == 1
    assert "1 failed, 1 passed" in done.stdout


def _named() -> tuple[str, str]:
    """By its name, where the package was installed before it had the entry point."""
    return "-p", "flopscope.pytest_plugin"


def test_loading_it_does_not_load_torch() -> None:
    code = "import sys, flopscope.pytest_plugin; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
