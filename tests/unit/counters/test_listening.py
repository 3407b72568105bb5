from __future__ import annotations

import logging
import sys
import warnings
from pathlib import Path
from types import ModuleType

import pytest

from flopscope.counters.listening import listening

SOURCE = """
import logging, warnings

def speak():
    print("hello")
    logging.warning("mode %s is\\nnot implemented", "cubic")
    logging.getLogger("counter.inner").error("overflow")
    logging.info("starting")
    for _ in range(2):
        warnings.warn("no rule for Conv9d")
    warnings.warn("old API", DeprecationWarning)
"""


@pytest.fixture
def counter(tmp_path: Path) -> ModuleType:
    """A package that prints, logs and warns, in a file of its own."""
    file = tmp_path / "counter" / "inner.py"
    file.parent.mkdir()
    file.write_text(SOURCE)
    module = ModuleType("counter.inner")
    exec(compile(SOURCE, file, "exec"), vars(module))
    return module


def test_warnings_and_log_lines_are_collected_once_and_on_one_line(counter: ModuleType) -> None:
    with listening("counter") as said:
        counter.speak()
    assert said == ["mode cubic is not implemented", "overflow", "no rule for Conv9d"]


def test_what_others_say_meanwhile_is_left_out(counter: ModuleType) -> None:
    with listening("another") as said:
        counter.speak()
        warnings.warn("from the test", stacklevel=1)
    assert said == []


def test_logging_warnings_and_output_are_as_before_also_after_an_error() -> None:
    def state() -> tuple[object, ...]:
        root = logging.getLogger()
        return list(root.handlers), root.level, list(warnings.filters), sys.stdout

    before = state()
    with pytest.raises(ValueError, match="stop"), listening("counter"):
        raise ValueError("stop")
    assert state() == before
