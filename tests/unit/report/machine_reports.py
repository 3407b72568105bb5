"""Reports of one small model on two machines, written by hand so that each ratio can be derived.

Machine a does 100 GFLOP/s and 10 GB/s, machine b 300 GFLOP/s and 20 GB/s. The model is a
convolution of 2 GFLOP, which arithmetic limits, and an activation that moves 50 MB:

    least on a:  2 G / 100 G + 50 M / 10 G  =  20 ms + 5 ms
    least on b:  2 G / 300 G + 50 M / 20 G  =  6.67 ms + 2.5 ms
    measured:    32 ms + 8 ms on a, 8 ms + 4 ms on b
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Object = dict[str, Any]

FLOPS, MOVED = 2 * 10**9, 50 * 10**6
SECONDS = {"a": {"conv": 0.032, "act": 0.008}, "b": {"conv": 0.008, "act": 0.004}}
PEAKS = {"a": 100e9, "b": 300e9}
BANDWIDTHS = {"a": 10e9, "b": 20e9}
NOTHING = {"params": 0, "macs": 0, "flops": 0, "bytes_moved": 0}
CONV = {"params": 900, "macs": FLOPS // 2, "flops": FLOPS, "bytes_moved": 10**6}
ACT = {"params": 0, "macs": 0, "flops": 0, "bytes_moved": MOVED}
WHOLE = {key: CONV[key] + ACT[key] for key in NOTHING}


def module(
    scope: str,
    kind: str,
    counts: Mapping[str, int],
    own: Mapping[str, int],
    timed: tuple[float | None, float | None, str | None],
) -> Object:
    seconds, ideal, bound = timed
    return {
        "scope": scope,
        "type": kind,
        "calls": 1,
        **counts,
        "own": dict(own),
        "seconds": seconds,
        "ideal_seconds": ideal,
        "bound": bound,
    }


def report(machine: str, **changes: Any) -> Object:
    """The report of machine ``"a"`` or ``"b"``, with other values for some of its keys."""
    taken = SECONDS[machine]
    conv, act = FLOPS / PEAKS[machine], MOVED / BANDWIDTHS[machine]
    document = {
        "schema": "flopscope.report/1",
        "target": "nets:Net",
        "module": "",
        "inputs": [{"name": "0", "shape": [2, 3, 64, 64], "dtype": "float32"}],
        "environment": {"flopscope": "0.1.0", "torch": "2.13.0"},
        "modules": [
            module("", "Net", WHOLE, NOTHING, (sum(taken.values()), conv + act, "compute")),
            module("conv", "Conv2d", CONV, CONV, (taken["conv"], conv, "compute")),
            module("act", "ReLU", ACT, ACT, (taken["act"], act, "memory")),
        ],
        "operators": [
            {"calls": 1, "flops": FLOPS, "bytes_moved": 10**6},
            {"calls": 1, "flops": 0, "bytes_moved": MOVED},
            {"calls": 5, "flops": 0, "bytes_moved": 0},
        ],
        "timing": {
            "device": "cpu",
            "device_name": f"Processor {machine.upper()}",
            "threads": {"a": 2, "b": 8}[machine],
            "median_seconds": sum(taken.values()),
            "median_error": {"a": 0.03, "b": 0.04}[machine],
            "overhead_seconds": 0.0,
            "notes": {"a": ["clock 2.00 GHz, governed by 'powersave'"], "b": []}[machine],
        },
        "memory": None,
        "coverage": {"counted_calls": 5, "free_calls": 1, "uncounted": []},
        "limits": {
            "origin": "measured",
            "dtype": "float32",
            "flops_per_second": PEAKS[machine],
            "bytes_per_second": BANDWIDTHS[machine],
            "seconds_per_call": {"a": 4e-6, "b": 2e-6}[machine],
        },
    }
    return document | changes


def counted(machine: str) -> Object:
    """A report of a machine that nothing is known of and on which nothing was measured."""
    document = report(machine, timing=None, limits=None)
    for entry in document["modules"]:
        entry |= {"seconds": None, "ideal_seconds": None, "bound": None}
    return document


def write(folder: Path, **documents: Object) -> list[Path]:
    """A file for each document, by its name."""
    paths = [folder / f"{name}.json" for name in documents]
    for path, document in zip(paths, documents.values(), strict=True):
        path.write_text(json.dumps(document), encoding="utf-8")
    return paths
