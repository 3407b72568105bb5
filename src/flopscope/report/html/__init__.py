"""A report as one page that needs nothing else: no network, no library, no other file."""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from html import escape
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING

from flopscope.report.characters import printable, referenced
from flopscope.report.html.data import page_data
from flopscope.report.html.facts import facts_of, inputs_of, status_of, tiles_of, warnings_of
from flopscope.report.palette import rules
from flopscope.report.weights import weight_of

if TYPE_CHECKING:
    from flopscope.report import Report, View

SCRIPTS = ("format", "model", "colors", "icicle", "details", "table", "tables", "roofline", "page")
"""In the order in which each needs those before it."""


def render(report: Report, view: View) -> str:
    """All of the report whatever the view shows of it; the picture is by its weight at first.

    What is said in words is in the page itself. Figures are in it as JSON, which its script draws.

    Raises:
        FlopscopeError: the report has no figures of the weight.
    """
    opened = weight_of(report, view)
    style, script = _style(), _script()
    page = Template(_read("page.html")).substitute(
        policy=_policy(style, script),
        title=escape(printable(report.target)),
        heading=escape(printable(f"{report.target} {report.module}".rstrip())),
        inputs=inputs_of(report),
        tiles=tiles_of(report),
        warnings=warnings_of(report),
        status=status_of(report),
        facts=facts_of(report),
        version=escape(printable(report.environment.flopscope)),
        style=style,
        data=_inert(
            json.dumps(page_data(report, opened.name, fold=view.fold), separators=(",", ":"))
        ),
        script=script,
    )
    return referenced(page, view)


def _inert(text: str) -> str:
    """JSON in which no tag can begin or end, so that it stays inside its element."""
    return text.replace("<", "\\u003c")


def _policy(style: str, script: str) -> str:
    """What a browser lets the page do: apply its own style, run its own script, ask for nothing."""
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}';"
        " img-src data:; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@cache
def _style() -> str:
    return _read("page.css") + rules("background-color", "fill")


@cache
def _script() -> str:
    """The script, like the style in ASCII alone: neither knows of references to characters."""
    parts = "\n".join(_read(f"{name}.js") for name in SCRIPTS)
    return f'(() => {{\n"use strict";\n{parts}}})();'


def _read(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
