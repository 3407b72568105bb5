"""A repository of a user's: a package in its src, a budget, a baseline, and commits to judge."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

NETS = """
from torch import nn
from mypkg.widths import WIDTH

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, WIDTH, kernel_size=3, bias=False)
        self.head = nn.Conv2d(WIDTH, 4, kernel_size=1, bias=False)

    def forward(self, image):
        return self.head(self.stem(image))
"""
MACS = 6 * 6 * (8 * 27 + 4 * 8)
"""Of a picture of 8x8, which is 6x6 behind the stem; in proportion to the width, 8 at first."""

BUDGETS = """
[tool.flopscope.budgets.net]
target = "mypkg.nets:Net"
shape = "1,3,8,8"
growth = "1%"
"""


@dataclass(frozen=True)
class Repository:
    """A folder under git, in which commands are run.

    Attributes:
        path: the top of it.
        environment: what its commands find beside what these tests run in.
    """

    path: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def git(self, *arguments: str) -> str:
        author = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        return self.run("git", *author, *arguments, check=True).stdout.strip()

    def flopscope(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run(sys.executable, "-m", "flopscope", *arguments)

    def run(self, *command: str, check: bool = False) -> subprocess.CompletedProcess[str]:
        """Run a command without a terminal."""
        return subprocess.run(
            command,
            capture_output=True,
            check=check,
            cwd=self.path,
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=120,
        )

    def write(self, name: str, text: str) -> None:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def commit(self, message: str) -> str:
        """The commit of all that there is."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        return self.git("rev-parse", "HEAD")


def create(path: Path, environment: Mapping[str, str]) -> Repository:
    """The repository with its first commit: a package in its src, and a budget without baseline."""
    repository = Repository(path, environment)
    path.mkdir()
    repository.write("src/mypkg/__init__.py", "")
    repository.write("src/mypkg/nets.py", NETS)
    repository.write("src/mypkg/widths.py", "WIDTH = 8\n")
    repository.write("pyproject.toml", BUDGETS)
    repository.write(".gitignore", "__pycache__/\n")
    repository.git("init", "--quiet", "--initial-branch", "main")
    repository.commit("a model")
    return repository


def neutral(repository: Repository) -> str:
    repository.write("src/mypkg/nets.py", f"# The same as before.\n{NETS}")
    return repository.commit("a comment")


def renaming(repository: Repository) -> str:
    repository.write("src/mypkg/nets.py", NETS.replace("stem", "entry"))
    return repository.commit("another name")


def costlier(repository: Repository) -> str:
    repository.write("src/mypkg/widths.py", "WIDTH = 16\n")
    return repository.commit("twice as wide")
