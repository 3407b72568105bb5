"""What a counter warns and logs while it runs, as notes instead of lines on the terminal."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_ABOUT_ITS_OWN_AGE = (DeprecationWarning, PendingDeprecationWarning, FutureWarning)


@contextmanager
def listening(package: str) -> Iterator[list[str]]:
    """Collect, once each, the warnings and log lines that come from a package's own files.

    What the model says is dropped: it has been run before and said it then. The list is filled when
    the block ends.
    """
    said: list[str] = []
    logged: list[logging.LogRecord] = []
    with (
        _root_logger_handing_to(_Collector(logged)),
        warnings.catch_warnings(record=True) as warned,
    ):
        warnings.simplefilter("always")
        yield said
    folder = f"{os.sep}{package}{os.sep}"
    lines = [record.getMessage() for record in logged if folder in record.pathname]
    lines += [
        str(warning.message)
        for warning in warned
        if folder in warning.filename and not issubclass(warning.category, _ABOUT_ITS_OWN_AGE)
    ]
    said.extend(dict.fromkeys(" ".join(line.split()) for line in lines))


class _Collector(logging.Handler):
    def __init__(self, logged: list[logging.LogRecord]) -> None:
        super().__init__(logging.WARNING)
        self._logged = logged

    def emit(self, record: logging.LogRecord) -> None:
        self._logged.append(record)


@contextmanager
def _root_logger_handing_to(handler: logging.Handler) -> Iterator[None]:
    # logging.warning() on a root logger without handlers would install one for good.
    root = logging.getLogger()
    handlers = root.handlers
    root.handlers = [handler]
    try:
        yield
    finally:
        root.handlers = handlers
