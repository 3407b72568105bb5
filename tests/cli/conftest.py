"""The command as its users meet it: in this process by click's runner, or in one of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from click.testing import CliRunner, Result

from flopscope.cli import main

NETS = """
    from torch import nn

    class Net(nn.Module):
        def __init__(self, planes=3):
            super().__init__()
            self.conv = nn.Conv2d(planes, 8, kernel_size=3, bias=False)

        def forward(self, image):
            return self.conv(image)
"""

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory of a user's with ``nets.py`` in it, which is the working directory."""
    (tmp_path / "nets.py").write_text(dedent(NETS))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])
    yield tmp_path
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None)).startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.fixture
def run() -> Run:
    """Run the command line in the project's directory."""

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(main, arguments, prog_name="flopscope")

    return invoke


@pytest.fixture
def spawn(project: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command line in a process of its own, its stdin closed."""

    def start(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "flopscope", *arguments],
            capture_output=True,
            check=False,
            cwd=project,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=120,
        )

    return start
