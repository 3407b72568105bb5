"""Files of settings to mappings."""

from __future__ import annotations

from pathlib import Path

import pytest

from flopscope.errors import InputError, UsageError
from flopscope.load.config_file import read_config

SETTINGS = {"depth": 12, "norm": "batch", "widths": [64, 128], "block": {"bias": False}}
WRITTEN = {
    ".json": '{"depth": 12, "norm": "batch", "widths": [64, 128], "block": {"bias": false}}',
    ".yaml": "depth: 12\nnorm: batch\nwidths: [64, 128]\nblock:\n  bias: false\n",
    ".yml": "{depth: 12, norm: batch, widths: [64, 128], block: {bias: false}}",
    ".toml": 'depth = 12\nnorm = "batch"\nwidths = [64, 128]\n[block]\nbias = false\n',
}


@pytest.mark.parametrize("suffix", WRITTEN)
def test_every_format_gives_the_same_settings(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"net{suffix}"
    path.write_text(WRITTEN[suffix])

    assert read_config(path) == SETTINGS


@pytest.mark.parametrize(
    ("suffix", "text"),
    [(".json", "{depth: 12}"), (".toml", "depth: 12"), (".yaml", "depth: [12"), (".json", "")],
)
def test_a_file_that_is_not_in_its_format_is_an_error_that_says_so(
    tmp_path: Path, suffix: str, text: str
) -> None:
    path = tmp_path / f"net{suffix}"
    path.write_text(text)

    with pytest.raises(InputError, match=f"is not {suffix[1:].upper()}") as caught:
        read_config(path)
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("text", ["[1, 2]", "12", "{1: 2}"])
def test_a_file_without_names_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(text)

    with pytest.raises(InputError, match="holds no mapping from names to values"):
        read_config(path)


def test_a_file_that_is_not_there_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot read .*absent\.json: No such file"):
        read_config(tmp_path / "absent.json")


def test_a_file_of_an_unknown_format_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match=r"known by the name of 'net\.ini'") as caught:
        read_config(Path("net.ini"))
    assert ".toml" in caught.value.hint
