from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from torch import nn

from flopscope.blame import LONGEST_MESSAGE, describe, location
from flopscope.load.importing import import_name, put_on_path

Write = Callable[[str, str], Path]


def raised_by(function: Callable[[], object]) -> BaseException:
    """The exception of a call, without the frames of this test, which are user's code too."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 - any exception can be described
        function()
    return caught.value.with_traceback(caught.tb.tb_next)


def test_an_error_deep_in_torch_is_placed_at_the_users_own_line(write: Write) -> None:
    write(
        "net.py",
        """\
        from torch import nn

        def build():
            return nn.Conv2d(3, 4, 3, groups=2)
        """,
    )

    error = raised_by(import_name("net").build)

    assert describe(error) == "ValueError: in_channels must be divisible by groups (net.py:4)"


def test_an_error_in_an_installed_package_is_placed_in_the_package_and_not_in_torch(
    write: Write,
) -> None:
    write("site-packages/zoo.py", "from torch import nn\ndef build(): nn.Linear(-1, 3)\n")
    put_on_path(Path("site-packages"))

    error = raised_by(import_name("zoo").build)

    assert location(error) == "site-packages/zoo.py:2"


def test_an_error_in_torch_alone_is_placed_in_torch() -> None:
    error = raised_by(partial(nn.Conv2d, 3, 4, 3, groups=2))

    assert "torch/nn/modules/conv.py:" in str(location(error))


def test_an_error_without_a_frame_has_no_place() -> None:
    assert describe(ValueError("wrong")) == "ValueError: wrong"


def test_an_error_without_a_message_is_its_name() -> None:
    assert describe(AssertionError()) == "AssertionError"


def test_a_long_message_of_many_lines_is_one_short_line() -> None:
    line = describe(RuntimeError("size mismatch\n\tfor conv1\n" * 100))

    assert line.startswith("RuntimeError: size mismatch for conv1 size mismatch")
    assert len(line) <= LONGEST_MESSAGE + len("RuntimeError: ")
