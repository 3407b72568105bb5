"""A trace, a device and constants so plain that a prediction is reckoned in the head.

A kernel takes the time of its bytes and that of its arithmetic, one after the other; starting it
takes none, unless a test says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flopscope import tree
from flopscope.analysis.ideal import main_dtype
from flopscope.analysis.prediction.fitted import Band, Fitted, Variant, priors, units
from flopscope.analysis.prediction.laws import SHARED, Constants
from flopscope.analysis.prediction.machines import Sustaining
from flopscope.analysis.prediction.workload import Memory, Workload
from flopscope.devices import Device
from flopscope.records import Call, ModuleSpec, Operation, ParameterUse, TensorSpec, Trace

PLAIN = {
    "overlap": 1.0,
    "scattered": 1.0,
    "cached": 0.0,
    "launch_seconds": 0.0,
    "dispatch_seconds": 0.0,
    "bandwidth": 1.0,
    "rate": 1.0,
    "pad_rows": 0.0,
    "pad_columns": 0.0,
    "pad_depth": 0.0,
    "tiles": 0.0,
    "misaligned": 0.0,
    "work": 0.0,
    "row_work": 0.0,
}

MOVED = 2**22
"""Bytes of a pass over the rows of the model: 1024 × 1024 halves are read and written."""

BANDWIDTH = 2.0**32
PEAK = 2.0**40

PASS = MOVED / BANDWIDTH
"""Seconds: 2**22 B at 2**32 B/s."""

PRODUCT = 2 * 1024 * 1024 * 512 / PEAK
"""Seconds of 1024 × 1024 sums of 512 products: 2**30 FLOPs at 2**40 FLOP/s."""


def fit(factors: Mapping[str, float] | None = None, **constants: float) -> Fitted:
    """Constants that are 1 or nothing, but for those that are given."""
    values = PLAIN | constants
    groups: dict[str, Mapping[str, Any]] = {
        kind: {
            name: values.get(name, prior[0])
            for name, prior in row.items()
            if isinstance(prior, list)
        }
        for kind, row in priors().items()
    }
    return Fitted(
        constants=Constants(groups, units()),
        factors={"compiled": factors or {}, "training": {}},
        sustaining=Sustaining(1.0, 0.0),
        bands={
            "eager": {"fitted": Band(0.8, 1.25), "calibrated": Band(0.9, 1.1)},
            "compiled": {},
            "training": {},
        },
        devices=frozenset({"plain"}),
    )


assert SHARED in priors()


def device(name: str = "plain", **changed: Any) -> Device:
    """A device of round figures."""
    figures: dict[str, Any] = {
        "vendor": "NVIDIA",
        "patterns": (),
        "flops_per_second": {
            "fp16_matrix": PEAK,
            "bf16_matrix": PEAK,
            "fp32_vector": PEAK / 16,
        },
        "bytes_per_second": BANDWIDTH,
        "memory_bytes": (2**24,),
        "source": "a test",
    }
    return Device(name, **figures | changed)


HALF = TensorSpec((1024, 512), "float16")
ROWS = TensorSpec((1024, 1024), "float16")
WEIGHT = TensorSpec((1024, 512), "float16")
POINTWISE = frozenset({"pointwise"})

LINEAR = Operation(
    "aten.linear", "default", {"input": HALF, "weight": WEIGHT, "bias": None}, (ROWS,)
)
READING = Call(LINEAR, "block.fc", (ParameterUse("block.fc.weight", WEIGHT.numel, WEIGHT),))
RELU = Operation("aten.relu", "default", {"self": ROWS}, (ROWS,), POINTWISE)
LOOKUP = Operation(
    "aten.index_select",
    "default",
    {"self": ROWS, "dim": 0, "index": TensorSpec((1024,), "int64")},
    (ROWS,),
)


def trace(*calls: Call) -> Trace:
    """A linear layer and two rectifications in a block, or what is given."""
    return Trace(
        modules=(
            ModuleSpec("", "Net", 1, (ROWS,)),
            ModuleSpec("block", "Block", 1, (ROWS,)),
            ModuleSpec("block.fc", "Linear", 1, (ROWS,), params=2**19, param_nbytes=2**20),
            ModuleSpec("block.act", "ReLU", 1, (ROWS,)),
            ModuleSpec("unused", "ReLU", 0),
        ),
        calls=calls or (READING, Call(RELU, "block.act"), Call(RELU, "block")),
        inputs={"0": HALF},
        stream="device:cuda",
    )


def workload(found: Trace, variant: Variant = "eager", **changed: Any) -> Workload:
    """What is run, by its trace."""
    profile = tree.profile(found)
    figures: dict[str, Any] = {
        "dtype": main_dtype(found),
        "flops": profile.root.cost.flops,
        "memory": Memory(2**20, 0, 2**20, 2**22),
    }
    return Workload(found.inputs, profile, variant, **figures | changed)
