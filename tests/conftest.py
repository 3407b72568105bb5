"""Golden files: rendered text that is compared as a whole, and rewritten on request."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write what is rendered to tests/golden instead of comparing it: look at the diff",
    )


@pytest.fixture(autouse=True)
def no_measured_peaks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What this machine was measured to attain is no part of a test."""
    monkeypatch.setenv("FLOPSCOPE_CACHE_DIR", str(tmp_path / "no-peaks"))


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """A function that holds a text against the golden file of a name."""
    update = request.config.getoption("--update-golden")

    def check(name: str, text: str) -> None:
        path = GOLDEN / name
        if update:
            path.write_text(text + "\n", encoding="utf-8")
        assert path.exists(), f"no golden file {name}: run with --update-golden and look at it"
        assert text + "\n" == path.read_text(encoding="utf-8")

    return check
