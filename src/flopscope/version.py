"""The version of the distribution that is installed."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

DISTRIBUTION = "torch-flopscope"


def _installed() -> str:
    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        # Run from its source tree, without having been installed.
        return "0+source"


VERSION = _installed()
