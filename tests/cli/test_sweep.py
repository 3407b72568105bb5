"""``flopscope sweep`` and ``flopscope solve`` from the command line to their ends."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result

from flopscope.files import CACHE_FOLDER

Run = Callable[..., Result]

NET = ("nets:Net", "--shape", "B,3,R,R")

SLOW = """
import os, sys, time
from torch import nn

class Slow(nn.Module):
    def __init__(self, width=4):
        super().__init__()
        self.layer = nn.Linear(width, width, bias=False)

    def forward(self, x):
        with open("runs.txt", "a") as file:
            file.write(f"{x.shape[0]}\\n")
        time.sleep(0.2)
        return self.layer(x)

class Deep(nn.Module):
    def __init__(self, depth=1, width=4):
        super().__init__()
        self.layers = nn.Sequential(*(nn.Linear(width, width, bias=False) for _ in range(depth)))

    def forward(self, x):
        return self.layers(x)

class LooksUp(Deep):
    TABLE = (3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2)
    def forward(self, x):
        for _ in range(self.TABLE[x.shape[0] ** 2 * 7 % 17]):
            x = self.layers(x)
        return x
"""


@pytest.fixture(autouse=True)
def cache(project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv(CACHE_FOLDER, str(project / "cache"))
    (project / "slow.py").write_text(SLOW)
    return project / "cache" / "sweeps"


def rows(done: Result) -> list[dict[str, str]]:
    assert done.exit_code == 0, done.stderr
    return list(csv.DictReader(done.stdout.splitlines()))


def macs(batch: int, side: int) -> int:
    """A 3x3x3 filter at each of 8 channels of the output's pixels."""
    return batch * 8 * (side - 2) ** 2 * 27


def test_a_small_sweep_counts_every_point(run: Run) -> None:
    done = run("sweep", *NET, "--vary", "B=1,8", "--vary", "R=8..24:8", "--format", "csv")
    found = {(int(row["B"]), int(row["R"])): int(row["macs"]) for row in rows(done)}
    assert found == {(b, r): macs(b, r) for b in (1, 8) for r in (8, 16, 24)}


def test_a_large_sweep_is_of_a_law_that_gives_what_counts_would(run: Run) -> None:
    done = run("sweep", *NET, "--vary", "B=1..10", "--vary", "R=8..256:8", "--format", "csv")
    found = rows(done)
    assert len(found) == 10 * 32
    assert {row["origin"] for row in found} == {"law"}
    for row in found:
        assert int(row["macs"]) == macs(int(row["B"]), int(row["R"]))


def test_without_a_law_every_point_of_a_large_sweep_is_counted_and_that_is_said(run: Run) -> None:
    done = run("sweep", "slow:LooksUp", "--shape", "B,4", "--vary", "B=1..60", "--format", "json")
    assert done.exit_code == 0, done.stderr
    document = json.loads(done.stdout)
    assert {row["origin"] for row in document["rows"]} == {"count"}
    assert "every point was counted, for want of a law" in document["notes"][0]
    table = (3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2)
    for row in document["rows"]:
        batch = row["sizes"]["B"]
        assert row["figures"]["macs"] == table[batch**2 * 7 % 17] * batch * 4 * 4


def test_arguments_of_the_constructor_vary_and_the_best_are_marked(run: Run) -> None:
    done = run(
        *("sweep", "slow:Deep", "--shape", "2,W", "--arg", "width=W", "--vary", "W=4,8"),
        *("--vary", "depth=1..3", "--pareto", "flops,-params", "--format", "csv"),
    )
    found = rows(done)
    for row in found:
        assert int(row["params"]) == int(row["depth"]) * int(row["W"]) ** 2
    assert all(row["best"] == "1" for row in found)  # FLOPs are 4 times the parameters here


def test_several_targets_are_several_curves(run: Run) -> None:
    done = run(
        *("sweep", "slow:Deep", "slow:Deep(2)", "--shape", "B,4", "--vary", "B=1..4"),
        *("--plot", "macs"),
    )
    assert done.exit_code == 0, done.stderr
    assert "a  slow:Deep\nb  slow:Deep(2)" in done.stdout


def test_a_point_that_the_model_refuses_is_a_row_with_what_it_says(run: Run) -> None:
    first, second = rows(
        run("sweep", "nets:Net", "--shape", "1,C,8,8", "--vary", "C=3,4", "--format", "csv")
    )
    assert (first["origin"], second["origin"]) == ("count", "refused")
    assert "3 channels" in second["message"]


def test_time_is_measured_where_it_is_asked_for(run: Run) -> None:
    done = run(
        *("sweep", "slow:Deep", "--shape", "B,4", "--vary", "B=1,2", "--time", "--device", "cpu"),
        *("--format", "csv"),
    )
    assert all(float(row["seconds"]) > 0 for row in rows(done))


def test_files_are_written_in_the_format_of_their_suffix(run: Run, project: Path) -> None:
    done = run("sweep", *NET, "--vary", "B=1", "--vary", "R=8", "-o", "a.csv", "-o", "a.json")
    assert done.exit_code == 0, done.stderr
    (row,) = csv.DictReader((project / "a.csv").read_text().splitlines())
    assert json.loads((project / "a.json").read_text())["rows"][0]["figures"]["macs"] == int(
        row["macs"]
    )


def test_a_sweep_that_is_killed_goes_on_where_it_was(project: Path, cache: Path) -> None:
    command = [
        *(sys.executable, "-m", "flopscope", "sweep", "slow:Slow", "--shape", "B,4"),
        *("--vary", "B=1..12", "--format", "csv"),
    ]
    runs = project / "runs.txt"

    def finished() -> int:
        return sum(len(path.read_text().splitlines()) for path in cache.glob("*.jsonl"))

    killed = subprocess.Popen(command, cwd=project, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while finished() < 4 and time.monotonic() < deadline:
        time.sleep(0.02)
    killed.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    killed.wait(60)
    before = finished()
    assert 4 <= before < 12
    runs.unlink()

    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=True)

    assert [int(size) for size in runs.read_text().split()] == list(range(before + 1, 13))
    found = list(csv.DictReader(done.stdout.splitlines()))
    assert [(int(row["B"]), int(row["macs"])) for row in found] == [
        (batch, batch * 4 * 4) for batch in range(1, 13)
    ]
    assert list(cache.glob("*.jsonl")) == []  # nothing is left to go on with


def test_a_finished_point_can_be_counted_anew(run: Run, project: Path, cache: Path) -> None:
    arguments = ("sweep", "slow:Slow", "--shape", "B,4", "--vary")
    broken = run(*arguments, "B=1,2", "-o", "missing/a.csv")
    assert broken.exit_code == 1  # what is finished is kept until it is written
    runs = project / "runs.txt"
    assert runs.read_text().split() == ["1", "2"]
    assert len(list(cache.glob("*.jsonl"))) == 1

    run(*arguments, "B=1..3", "-o", "missing/a.csv")
    assert runs.read_text().split() == ["1", "2", "3"]
    run(*arguments, "B=1,2", "--again")
    assert runs.read_text().split() == ["1", "2", "3", "1", "2"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--vary", "B=1"], "no sizes are given for R"),
        (["--vary", "B=1", "--vary", "R=8", "--columns", "flop"], "no column 'flop'"),
        (["--vary", "B=1", "--vary", "R=8", "--pareto", "-flop"], "no column 'flop'"),
        (["--vary", "B=1", "--vary", "R=8", "--plot", "flop"], "no column 'flop'"),
        (["--vary", "B=1", "--vary", "R=8", "--against", "S"], "S does not vary"),
        (["--vary", "B=1", "--vary", "R=8", "-o", "a.xlsx"], "a.xlsx"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(run: Run, arguments: list[str], said: str) -> None:
    done = run("sweep", *NET, *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr


def test_the_largest_size_within_a_budget_is_found(run: Run) -> None:
    done = run(
        *("solve", *NET, "--for", "R", "--vary", "B=2", "--macs", str(macs(2, 77) + 5)),
        *("--format", "json"),
    )
    assert done.exit_code == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["largest"] == {"size": 77, "figures": {"macs": macs(2, 77)}}
    assert document["next_larger"] == {"size": 78, "figures": {"macs": macs(2, 78)}}


def test_the_answer_is_told_with_what_the_next_size_costs(run: Run) -> None:
    done = run("solve", "nets:Net", "--shape", "1,3,R,R", "--macs", "1M", "--vary", "R=8..64:8")
    assert done.stdout.splitlines() == [
        "nets:Net: R = 64",
        "R = 64: 830 k MACs of 1.00 M MACs",
        "larger: not looked at",
    ]


def test_how_deep_a_model_may_be_is_found(run: Run) -> None:
    done = run(
        *("solve", "slow:Deep", "--shape", "2,4", "--vary", "depth=1..60", "--params", "500"),
        *("--format", "json"),
    )
    assert json.loads(done.stdout)["largest"]["size"] == 500 // (4 * 4)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--vary", "B=1"], "there is no budget"),
        (["--flops", "1G"], "one symbol is to be found of B, R"),
        (["--flops", "1G", "--vary", "B=1", "--for", "S"], "one symbol is to be found"),
        (["--flops", "x"], "not a quantity"),
    ],
)
def test_an_unclear_question_is_a_usage_error(run: Run, arguments: list[str], said: str) -> None:
    done = run("solve", *NET, *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr
