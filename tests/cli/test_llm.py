"""``flopscope llm``: what it costs a model to generate text, as its users meet it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., Result]

EXAMPLE = Path(__file__).parents[2] / "examples" / "decoder.py"
WIDTH, WORDS, LAYERS = 64, 1000, 2
LINEAR = LAYERS * 4 * WIDTH**2 + WORDS * WIDTH
SHORT = ("--prompt", "20", "--generate", "5", "--batch", "3")


@pytest.fixture(autouse=True)
def decoder(project: Path) -> None:
    shutil.copy(EXAMPLE, project / "decoder.py")


def document(run: Run, *arguments: str) -> dict:
    done = run("llm", "decoder:Decoder", *SHORT, *arguments, "--format", "json")
    assert done.exit_code == 0, done.stderr
    found: dict = json.loads(done.stdout)
    return found


def test_a_model_of_ones_own_is_counted_call_by_call(run: Run) -> None:
    found = document(run)
    assert found["schema"] == "flopscope.generation/1"
    assert found["prefill"]["macs"] == 3 * (20 * LINEAR + LAYERS * 2 * WIDTH * 20**2)
    assert found["first_step"]["macs"] == 3 * (LINEAR + LAYERS * 2 * WIDTH * 21)
    assert found["last_step"]["past"] == 23
    assert found["kv_cache"]["growth"] == [{"from": 1, "nbytes_per_token": LAYERS * 2 * WIDTH * 4}]
    assert found["total"]["macs"] == found["prefill"]["macs"] + found["steps"]["macs"]


def test_formats_change_bytes_and_no_arithmetic(run: Run) -> None:
    plain = document(run)
    stored = document(run, "--weights", "int4", "--kv-dtype", "fp8")
    for phase in ("prefill", "first_step"):
        assert stored[phase]["macs"] == plain[phase]["macs"]
        assert 8 * stored[phase]["weight_nbytes"] == plain[phase]["weight_nbytes"]
        assert 4 * stored[phase]["cache_nbytes"] == plain[phase]["cache_nbytes"]


def test_lengths_are_looked_at_one_by_one(run: Run) -> None:
    found = document(run, "--context", "16,1k", "--device", "H100 SXM")
    assert [context["length"] for context in found["contexts"]] == [16, 1024]
    assert [context["macs"] for context in found["contexts"]] == [
        3 * (LINEAR + LAYERS * 2 * WIDTH * length) for length in (16, 1024)
    ]
    assert [each["length"] for each in found["devices"][0]["contexts"]] == [16, 1024]


def test_the_table_names_the_devices_and_says_what_is_a_bound(run: Run) -> None:
    devices = ("--device", "H100 SXM", "--device", "2x A100 PCIe 40GB")
    done = run("llm", "decoder:Decoder", *SHORT, *devices)
    assert done.exit_code == 0, done.stderr
    assert "H100 SXM" in done.stdout
    assert "2 × A100 PCIe 40GB" in done.stdout
    assert "≤" in done.stdout
    assert "bounds are no predictions" in done.stdout


def test_the_report_is_written_to_a_file_as_well(run: Run, project: Path) -> None:
    assert run("llm", "decoder:Decoder", *SHORT, "-o", "out.json").exit_code == 0
    assert json.loads((project / "out.json").read_text("utf-8"))["params"] == (
        LINEAR + WORDS * WIDTH
    )


def test_generating_one_token_takes_no_step(run: Run) -> None:
    done = run("llm", "decoder:Decoder", "--prompt", "8", "--generate", "1")
    assert done.exit_code == 0, done.stderr
    assert "First step" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "exit_code", "message"),
    [
        (["nets:Net"], 3, "takes no cache"),
        (["decoder:Decoder", "--device", "Z9000"], 2, "no device is known"),
        (["decoder:Decoder", "--weights", "int5"], 2, "no format is known"),
        (["decoder:Decoder", "--context", "1k,x"], 2, "numbers of tokens"),
        (["decoder:Decoder", "--prompt", "0"], 2, "--prompt"),
        (["decoder:Decoder", "--dtype", "int64"], 2, "no type of a model"),
        (["decoder:Nothing"], 3, "no 'Nothing'"),
    ],
)
def test_mistakes_are_a_line_and_a_hint(
    run: Run, arguments: list[str], exit_code: int, message: str
) -> None:
    done = run("llm", *arguments)
    assert done.exit_code == exit_code
    assert message in done.stderr
    assert "Traceback" not in done.stderr
