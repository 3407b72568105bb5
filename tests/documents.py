"""The documents as their readers have them: commands, what they print, and a place to type them."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
DOCUMENTS = (README, *sorted((ROOT / "docs").glob("*.md")))

SESSION = re.compile(r"```console\n\$ flopscope (?P<command>.*)\n(?P<output>(?:.*\n)*?)```\n")
BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
OF_THE_MACHINE = re.compile(r"^device .*$|(?<=  )[\d.]+ m?s$", re.MULTILINE)

WRITTEN_BY_HAND = (README, *(ROOT / "docs" / name for name in ("index.md", "start.md", "sizes.md")))
"""The documents whose outputs are written anew by ``python tests/test_readme.py``."""

LIBRARIES = {
    "timm": "timm",
    "torchvision": "torchvision",
    "hf": "transformers",
    "diffusers": "diffusers",
}
"""Of models by name, which not every environment has: by the scheme of a target."""


def blocks(path: Path, language: str) -> Iterator[str]:
    """The texts of a document's blocks of code in one language."""
    for found in BLOCK.finditer(path.read_text(encoding="utf-8")):
        if found["language"] == language:
            yield found["text"]


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What a command prints when it is typed in a folder and its output is read by a program."""
    return subprocess.run(
        [sys.executable, "-m", "flopscope", *shlex.split(command)],
        capture_output=True,
        encoding="utf-8",
        cwd=folder,
        check=False,
    )


def without_the_machine(output: str) -> str:
    """An output without its device and times, and without the widths that these take."""
    return re.sub(r" +|─+", " ", OF_THE_MACHINE.sub("", output))


def need_libraries_of(command: str) -> None:
    """Skip a test of a command on models of a library that is not here."""
    for scheme, library in LIBRARIES.items():
        if re.search(rf"(?<!\w){scheme}:", command):
            pytest.importorskip(library)
