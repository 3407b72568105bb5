"""The output formats by name: what renders each, the files that hold it, and what it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from flopscope.errors import UsageError
from flopscope.registry import Registry
from flopscope.spelling import did_you_mean

if TYPE_CHECKING:
    from flopscope.report import Report, View

Render: TypeAlias = "Callable[[Report, View], str]"
"""A report as text, without a line break at its end."""

FORMATS: Registry[Render] = Registry(
    {
        "table": "flopscope.report.table:render",
        "tree": "flopscope.report.tree:render",
        "json": "flopscope.report.json:render",
        "csv": "flopscope.report.csv:render",
        "tsv": "flopscope.report.csv:render_tsv",
        "markdown": "flopscope.report.markdown:render",
        "latex": "flopscope.report.latex:render",
        "html": "flopscope.report.html:render",
        "svg": "flopscope.report.svg:render",
        "speedscope": "flopscope.report.speedscope:render",
        "collapsed": "flopscope.report.collapsed:render",
        "chrome": "flopscope.report.chrome:render",
    }
)

SUFFIXES: Mapping[str, str] = {
    ".txt": "table",
    ".tree": "tree",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "tsv",
    ".md": "markdown",
    ".tex": "latex",
    ".html": "html",
    ".svg": "svg",
    ".speedscope.json": "speedscope",
    ".folded": "collapsed",
    ".collapsed": "collapsed",
    ".trace.json": "chrome",
}
"""The format of a file by its name's ending; of several that fit, by the longest."""

WEIGHTED = frozenset({"html", "svg", "speedscope", "collapsed"})
"""Formats that draw modules as large as a weight of theirs is."""

TIMED = frozenset({"chrome"})
"""Formats of nothing but measured time."""

PLOTS: Registry[Render] = Registry({"roofline": "flopscope.report.limits:roofline_of"})
"""Drawings in text, to be shown below a report."""


def format_of(path: str | Path, suffixes: Mapping[str, str] = SUFFIXES) -> str:
    """The format that a file's suffix stands for.

    Raises:
        UsageError: it stands for none.
    """
    name = Path(path).name.lower()
    fitting = [suffix for suffix in suffixes if name.endswith(suffix) and name != suffix]
    if not fitting:
        raise UsageError(f"no format is known by the name of {str(path)!r}", _hint(path, suffixes))
    return suffixes[max(fitting, key=len)]


def _hint(path: str | Path, suffixes: Mapping[str, str]) -> str:
    if str(path) == "-":
        return "standard output is what --format is for"
    listed = f"end it in {', '.join(suffixes)}"
    meant = did_you_mean(Path(path).suffix.lower(), suffixes)
    return f"{meant} Else {listed}" if meant else listed
