"""A file as the target of the command line: a report, or one line and a hint."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from tests.cli.conftest import Run

pytestmark = pytest.mark.filterwarnings(
    # torch's own serialisation of tree specs uses what torch deprecates.
    "ignore:.*isinstance.treespec, LeafSpec.:FutureWarning",
    # torch.export looks at attributes that it deprecates itself.
    "ignore::DeprecationWarning:torch.*",
)


def test_an_exported_program_needs_nothing_but_its_file(project: Path, run: Run) -> None:
    torch.export.save(torch.export.export(nn.Linear(4, 3), (torch.randn(2, 4),)), "net.pt2")

    done = run("profile", "net.pt2", "--no-time")

    assert done.exit_code == 0
    assert "MACs        24\n" in done.stdout
    assert done.stderr == ""


def test_weights_are_no_model(project: Path, run: Run) -> None:
    torch.save(nn.Linear(4, 3).state_dict(), "net.pth")

    done = run("profile", "net.pth", "--shape", "2,4")

    assert (done.exit_code, done.stdout) == (3, "")
    assert done.stderr == (
        "Error: net.pth holds weights (2 tensors, 15 values), not a model\n"
        "Hint: name the class that they belong to: package.module:ClassName\n"
    )


def test_a_pickled_model_is_counted_only_where_that_is_asked_for(project: Path, run: Run) -> None:
    torch.save(nn.Linear(4, 3), "net.pt")

    refused = run("profile", "net.pt", "--shape", "2,4", "--no-time")
    counted = run("profile", "net.pt", "--shape", "2,4", "--no-time", "--unsafe-pickle")

    assert (refused.exit_code, refused.stdout) == (3, "")
    assert refused.stderr.splitlines()[0] == (
        "Error: net.pt is a pickle of torch.nn.modules.linear.Linear, whose code would run"
    )
    assert counted.exit_code == 0
    assert "--unsafe-pickle: the code in net.pt was run" in counted.stdout


def test_a_size_that_a_program_has_fixed_is_told_in_a_line(project: Path, run: Run) -> None:
    torch.export.save(torch.export.export(nn.Linear(4, 3), (torch.randn(2, 4),)), "net.pt2")

    done = run("profile", "net.pt2", "--batch", "8", "--no-time")

    assert (done.exit_code, done.stdout) == (3, "")
    assert done.stderr == (
        "Error: dimension 0 of 'input' is fixed at 2 in the exported program, and not 8\n"
        "Hint: export it again with that dimension in dynamic_shapes\n"
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "net.pt is an empty file, not a model"),
        (b"<html>404</html>", "net.pt is a web page, not a model"),
        (b"version https://git-lfs.github.com/spec/v1\n", "net.pt is a pointer of git-lfs, not"),
        (b"PK\x03\x04" + bytes(100), "net.pt is a zip archive that is cut short, not a model"),
        (None, "no file net.pt"),
    ],
)
def test_a_file_that_holds_no_model_is_told_in_a_line(
    content: bytes | None, message: str, project: Path, run: Run
) -> None:
    if content is not None:
        Path("net.pt").write_bytes(content)

    done = run("profile", "net.pt", "--shape", "2,4")

    assert (done.exit_code, done.stdout) == (3, "")
    error, hint = done.stderr.splitlines()
    assert error.startswith(f"Error: {message}")
    assert hint.startswith("Hint: ")
