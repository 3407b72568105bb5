"""How long pages of reports take to load, to zoom, to sort and to search, in a headless Chromium.

    flopscope profile timm:resnet50 --no-time -o resnet50.html
    python -m benchmarks.pages resnet50.html

Without a file, the page is of some twenty thousand modules. Needs the group browser.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from flopscope.report import FORMATS, View
from tests.browser.big import big_report

RUNS = 7

LOADED = "performance.getEntriesByType('navigation')[0].loadEventEnd"

ACTIONS = {
    "zoom in": "document.querySelectorAll('#icicle [aria-level=\"2\"]')[0].click()",
    "zoom out": "document.querySelector('#crumbs button').click()",
    "sort": "document.querySelectorAll('#modules thead button')[4].click()",
    "search": (
        "(() => { const box = document.getElementById('search'); box.value = 'layer';"
        " box.dispatchEvent(new Event('input')); })()"
    ),
    "weight": (
        "(() => { const box = document.getElementById('weight'); box.value = 'params';"
        " box.dispatchEvent(new Event('change')); })()"
    ),
}
"""What a reader does, as a script."""

UNTIL_DRAWN = """
new Promise((resolve) => {
  const start = performance.now();
  ACTION;
  requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - start)));
})
"""


def main() -> None:
    """Print a line for each file: its size, and medians in milliseconds."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        files = [Path(name).resolve() for name in sys.argv[1:]] or [_synthetic(Path(folder))]
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        print("page", "kB", "load", *ACTIONS, sep="\t")
        for file in files:
            runs = [_times(browser, file) for _ in range(RUNS)]
            medians = [f"{statistics.median(times):.0f}" for times in zip(*runs, strict=True)]
            print(file.name, f"{file.stat().st_size / 1000:.0f}", *medians, sep="\t")
        browser.close()


def _synthetic(folder: Path) -> Path:
    path = folder / "synthetic.html"
    path.write_text(FORMATS["html"](big_report(), View()), encoding="utf-8")
    return path


def _times(browser: Any, file: Path) -> list[float]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(file.as_uri())
    times = [page.evaluate(LOADED)]
    times += [page.evaluate(UNTIL_DRAWN.replace("ACTION", action)) for action in ACTIONS.values()]
    page.close()
    return times


if __name__ == "__main__":
    main()
