"""Every format of every sample, as whole texts."""

from __future__ import annotations

import pytest

from flopscope.report import FORMATS, View
from flopscope.report.formats import TIMED
from tests.unit.report.samples import SAMPLES

VIEWS = {
    "pipe": View(),
    "80": View(width=80),
    "120": View(width=120),
    "200": View(width=200),
    "ascii": View(width=100, ascii=True),
    "color": View(width=100, color=True, depth=1),
}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("sample", SAMPLES)
def test_the_table_is_the_golden_one(sample, view, golden):
    golden(f"{sample}.{view}.txt", FORMATS["table"](SAMPLES[sample], VIEWS[view]))


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("format_name", sorted(set(FORMATS) - {"table", "html"}))
def test_every_other_format_is_the_golden_one(sample, format_name, golden):
    """A page is held against its parts elsewhere: its style and scripts are no text to compare."""
    timing = SAMPLES[sample].timing
    if format_name in TIMED and not (timing and timing.module_seconds):
        pytest.skip("a format of time, of a report without")
    golden(f"{sample}.{format_name}", FORMATS[format_name](SAMPLES[sample], View()))
