"""What a model needs that is not here: a device, a package, a kernel that says shapes."""

from __future__ import annotations

import re
import sys
import traceback
from pathlib import Path

import torch

from flopscope.blame import CUDA_ONLY
from flopscope.trace.devices import wants_missing_device
from flopscope.trace.diagnosis.finding import Finding
from flopscope.trace.diagnosis.scene import Scene

_REGISTER = "give the operator a kernel that says shapes: torch.library.register_fake"


def environment_finding(scene: Scene) -> Finding | None:
    """What is missing where the model runs, if that is why it raised."""
    error = scene.error
    if wants_missing_device(error):
        return Finding("needs an accelerator that is not here", hint="count it where there is one")
    if isinstance(error, ModuleNotFoundError) and error.name:
        needs = ", which needs CUDA" if error.name.partition(".")[0] in CUDA_ONLY else ""
        hint = f"install it in the environment that runs: {sys.prefix}"
        return Finding(f"needs '{error.name}'{needs}, and it is not installed", hint=hint)
    if scene.op is not None and not scene.op.startswith("aten."):
        return _of_an_operator(scene, scene.op)
    if any(
        "triton" in Path(frame.f_code.co_filename).parts
        for frame, _ in traceback.walk_tb(error.__traceback__)
    ):
        return Finding("launches a Triton kernel, which needs CUDA", hint=_WRAP)
    return None


_WRAP = "wrap it with torch.library.custom_op and register_fake, or count it where CUDA is"


def _of_an_operator(scene: Scene, op: str) -> Finding | None:
    """An operator that somebody registered, and what it lacks."""
    name = op.replace(".", "::", 1)
    has = torch._C._dispatch_has_kernel_for_dispatch_key
    if isinstance(scene.error, NotImplementedError) and not has(name, "CPU"):
        if not has(name, "CUDA"):
            return Finding(
                f"calls {name}, which has no kernel here", _REGISTER, names_operator=True
            )
        says = f"calls {name}, which has a kernel for CUDA alone"
        return Finding(says, f"{_REGISTER}, or count it where CUDA is", names_operator=True)
    if has(name, "Meta"):
        return None
    told = re.sub(r"\s+", " ", str(scene.error)).strip()
    return Finding(
        f"calls {name}, which has no kernel that says shapes, and raised"
        f" {type(scene.error).__name__}: {told}",
        _REGISTER,
        names_operator=True,
    )
