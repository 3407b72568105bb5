"""docs/llm.md shows what its commands print, on a config with the sizes of Llama-3-8B."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

pytest.importorskip("transformers", reason="transformers is not installed")

from click.testing import CliRunner

from flopscope.cli import main
from tests.truth.test_generation import PUBLISHED

DOCUMENT = Path(__file__).parents[2] / "docs" / "llm.md"
SESSION = re.compile(r"```console\n\$ flopscope (?P<command>.*)\n(?P<output>(?:.*\n)*?)```\n")
SESSIONS = [match.groups() for match in SESSION.finditer(DOCUMENT.read_text(encoding="utf-8"))]


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (llama,) = (row for row in PUBLISHED if row["model"] == "Llama-3-8B")
    said = {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "dtype": "bfloat16"}
    folder = tmp_path / llama["model"]
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({**said, **llama["options"]}))
    monkeypatch.chdir(tmp_path)


@pytest.mark.truth
@pytest.mark.parametrize(("command", "output"), SESSIONS)
def test_an_output_is_what_the_command_prints(command: str, output: str) -> None:
    done = CliRunner().invoke(main, shlex.split(command), prog_name="flopscope")
    assert done.stdout == output
