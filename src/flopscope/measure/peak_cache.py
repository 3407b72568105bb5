"""Measured peaks, kept from one run to the next: a file for each device, torch and thread count."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

import torch

from flopscope.errors import FlopscopeError
from flopscope.files import CACHE_FOLDER, cache_folder, write
from flopscope.measure.hardware import device_name, named_device
from flopscope.measurements import Bandwidth, Peaks

SCHEMA = "flopscope.peaks/1"


def cached_peaks(device: str, threads: int) -> Peaks | None:
    """The peaks of a device that were measured with this torch and as many threads, or None."""
    where = named_device(device)
    try:
        path = _path(str(where), device_name(where), threads)
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept.pop("schema") != SCHEMA:
            return None
        bandwidths = tuple(Bandwidth(**each) for each in kept.pop("bandwidths"))
        return Peaks(**kept, bandwidths=bandwidths)
    except (OSError, RuntimeError, ValueError, KeyError, TypeError, AttributeError):
        return None  # there is none, or something else was written there: to be measured anew


def keep_peaks(peaks: Peaks) -> Path:
    """Write peaks to where :func:`cached_peaks` finds them.

    Raises:
        FlopscopeError: the file cannot be written.
    """
    try:
        path = _path(peaks.device, peaks.device_name, peaks.threads)
        path.parent.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError) as error:  # the latter where the user has no home
        raise FlopscopeError(
            f"measured peaks cannot be kept: {error}", hint=f"{CACHE_FOLDER} names another folder"
        ) from error
    write(path, json.dumps({"schema": SCHEMA, **asdict(peaks)}, indent=2))
    return path


def _path(device: str, name: str, threads: int) -> Path:
    what = "|".join((device, name, torch.__version__, str(threads)))
    return cache_folder() / f"peaks-{hashlib.sha256(what.encode()).hexdigest()[:16]}.json"
