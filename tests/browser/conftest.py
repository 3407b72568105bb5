"""Pages of reports in a real browser, without a network."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from flopscope.report import FORMATS, Report, View

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WIDE = {"width": 1280, "height": 900}

Open = Callable[..., Any]


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs the group browser")
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip(f"no browser here: {', '.join(BROWSERS)}")
    # It refuses to run as root in a sandbox of its own.
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=options)
        yield launched
        launched.close()


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """A function that opens a report's page.

    A test fails where a page that it opened complained of anything or asked for anything.
    """
    complaints: list[str] = []
    contexts: list[Any] = []

    def open_page(report: Report, view: View | None = None, **options: Any) -> Any:
        path = tmp_path / f"report{len(contexts)}.html"
        path.write_text(FORMATS["html"](report, view or View()), encoding="utf-8")
        context = browser.new_context(**{"viewport": WIDE, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda message: complaints.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
        page.on("request", lambda request: _note_request(complaints, request.url))
        page.goto(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def _note_request(complaints: list[str], url: str) -> None:
    if not url.startswith(("file:", "data:")):
        complaints.append(f"request: {url}")
