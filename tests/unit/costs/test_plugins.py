"""Other distributions bring formulas along by an entry point."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


def installed(folder: Path, module: str) -> None:
    """Something like an installed distribution in a folder that is on the path."""
    (folder / "scans.py").write_text(module, encoding="utf-8")
    facts = folder / "scans-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Name: scans\nVersion: 1.0\n", encoding="utf-8")
    (facts / "entry_points.txt").write_text("[flopscope.formulas]\nscans = scans\n", "utf-8")


def python(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(folder)!r})\n{code}"],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


COST = """
from flopscope.costs import cost_of
from flopscope.records import Operation, TensorSpec

x = TensorSpec((3, 5))
print(cost_of(Operation("scans.scan", "default", {"x": x}, (x,)))[1].other_flops)
"""


def test_a_formula_of_another_distribution_is_used(tmp_path: Path) -> None:
    formula = """
import flopscope

@flopscope.formula("scans::scan")
def scan(x):
    return flopscope.Cost(other_flops=2 * x.numel)
"""
    installed(tmp_path, formula)
    assert python(tmp_path, COST).stdout == f"{2 * 3 * 5}\n"


@pytest.mark.parametrize("module", ["raise OSError('no disk')", "import no_such_module"])
def test_a_broken_one_is_named(tmp_path: Path, module: str) -> None:
    installed(tmp_path, module)
    error = python(tmp_path, COST).stderr
    assert "FlopscopeError: the formulas of scans cannot be loaded (scans)" in error
