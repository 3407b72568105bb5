"""A report as a file for speedscope: its modules as stacks, a profile for each weight.

The format is https://www.speedscope.app/file-format-schema.json, which the npm package speedscope
holds as dist/release/file-format-schema.json.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from flopscope.report.unit import BYTES, COUNT, SECONDS, Unit
from flopscope.report.weights import (
    Weight,
    frame,
    stacks,
    weight_of,
    weights_of,
)

if TYPE_CHECKING:
    from flopscope.report import Report, View
    from flopscope.report.several import Several

SCHEMA = "https://www.speedscope.app/file-format-schema.json"

Object: TypeAlias = dict[str, Any]

_UNITS: Mapping[Unit, str] = {COUNT: "none", BYTES: "bytes", SECONDS: "seconds"}


def render(report: Report, view: View) -> str:
    """A profile for each weight that the report has; the view's is the one that is opened.

    Raises:
        FlopscopeError: the report has no figures of that weight.
    """
    opened = weight_of(report, view)
    frames: dict[str, int] = {}
    weights = weights_of(report)
    profiles = [_profile(weight.title, report, weight, frames) for weight in weights]
    written = {"name": report.target, "exporter": _exporter(report)}
    return _file(written | {"activeProfileIndex": weights.index(opened)}, frames, profiles, view)


def render_several(several: Several, view: View) -> str:
    """A profile for each model by the view's weight."""
    frames: dict[str, int] = {}
    profiles = []
    for report in several.reports:
        weight = weight_of(report, view)
        profiles.append(_profile(f"{report.target}: {weight.title}", report, weight, frames))
    written = {"name": "several models", "exporter": _exporter(several.reports[0])}
    return _file(written, frames, profiles, view)


def _exporter(report: Report) -> str:
    return f"flopscope {report.environment.flopscope}"


def _file(about: Object, frames: Mapping[str, int], profiles: list[Object], view: View) -> str:
    written = {
        "$schema": SCHEMA,
        **about,
        "shared": {"frames": [{"name": text} for text in frames]},
        "profiles": profiles,
    }
    return json.dumps(written, ensure_ascii=view.ascii, separators=(",", ":"))


def _profile(name: str, report: Report, weight: Weight, frames: dict[str, int]) -> Object:
    """Stacks of frames by their numbers, and what the last of each weighs itself."""
    samples, weights = [], []
    for stack, own in stacks(report, weight):
        samples.append([frames.setdefault(frame(node), len(frames)) for node in stack])
        weights.append(own)
    return {
        "type": "sampled",
        "name": name,
        "unit": _UNITS[weight.unit],
        "startValue": 0,
        "endValue": sum(weights),
        "samples": samples,
        "weights": weights,
    }
