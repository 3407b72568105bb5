"""What is said of several models on several devices: once, with those that it is true of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from flopscope.analysis.prediction.workload import Outlook
from flopscope.report.prediction import PredictionReport

MOST_NAMES = 3
"""Models and devices that are named as those that something is true of."""

_SHARE = re.compile(r"\d+%")


def told(
    reports: Sequence[PredictionReport],
    say: Callable[[Outlook], Iterable[str]],
    key: Callable[[str], str] = str,
) -> tuple[str, ...]:
    """All that is said of each model on each device, a line each.

    Args:
        reports: all on the same devices.
        say: what there is to say of one model on one of them.
        key: lines that have this in common are said once, as the first of them is.
    """
    said: dict[str, tuple[str, list[tuple[str, str]]]] = {}
    for report in reports:
        for outlook in report.outlooks:
            place = model_name(report, reports), outlook.prediction.device.name
            for line in say(outlook):
                _, places = said.setdefault(key(line), (line, []))
                places.append(place)
    return tuple(_of(places, reports, line) for line, places in said.values())


def but_for_shares(line: str) -> str:
    """A line without its percentages, in which the same warning differs from model to model."""
    return _SHARE.sub("", line)


def model_name(report: PredictionReport, reports: Sequence[PredictionReport]) -> str:
    """A model, and of one in several batches the batch."""
    several = [each for each in reports if each.target == report.target]
    return report.target if len(several) == 1 else f"{report.target} ×{report.workload.samples}"


def _of(places: Sequence[tuple[str, str]], reports: Sequence[PredictionReport], line: str) -> str:
    """A line behind what it is of: nothing where that is all there is, devices, or models there."""
    devices = len(reports[0].outlooks)
    if len(places) == len(reports) * devices:
        return line if len(places) == 1 else f"everywhere: {line}"
    names: dict[str, None] = {}
    for model, device in places:
        is_all = sum(each == device for _, each in places) == len(reports)
        names[device if is_all else f"{model} on {device}"] = None
    shown = list(names)[:MOST_NAMES]
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return f"{', '.join(shown)}{more}: {line}"
