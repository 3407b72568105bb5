"""An exception as a few words in a line of a log."""

from __future__ import annotations

from flopscope.blame import describe
from flopscope.errors import FlopscopeError


def reason_of(error: Exception) -> str:
    """What an error of ours says; of any other, what it was and where it came from."""
    return error.message if isinstance(error, FlopscopeError) else describe(error)
