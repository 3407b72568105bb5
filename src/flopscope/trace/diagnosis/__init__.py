"""A forward pass that raised, as one line of what did not fit and where."""

from __future__ import annotations

import textwrap

from flopscope.blame import LONGEST_MESSAGE
from flopscope.errors import TraceError
from flopscope.trace.diagnosis.environment import environment_finding
from flopscope.trace.diagnosis.finding import Finding, listed, sizes
from flopscope.trace.diagnosis.layers import layer_finding
from flopscope.trace.diagnosis.meeting import differing_sizes
from flopscope.trace.diagnosis.mentioned import Mentioned
from flopscope.trace.diagnosis.misfits import Misfit, NewInput, Remedy
from flopscope.trace.diagnosis.operators import operator_finding
from flopscope.trace.diagnosis.remedies import first_accepted
from flopscope.trace.diagnosis.scene import Scene

__all__ = ["Misfit", "NewInput", "RefusedError", "Remedy", "Scene", "diagnosed", "first_accepted"]


class RefusedError(TraceError):
    """A module refused what it was given.

    Attributes:
        misfits: what did not fit, the likeliest first: it tells which other inputs may.
    """

    def __init__(self, message: str, hint: str = "", misfits: tuple[Misfit, ...] = ()) -> None:
        super().__init__(message, hint)
        self.misfits = misfits


def diagnosed(scene: Scene) -> RefusedError:
    """The error to show for what was raised: what a row says of it, else what it says itself."""
    mentioned = Mentioned(_message(scene.error))
    for look in (environment_finding, layer_finding, operator_finding):
        found = look(scene)
        if found is not None:
            return RefusedError(_said(scene, found), found.hint, (*found.misfits, mentioned))
    differing = differing_sizes(scene)
    if differing is None:
        return RefusedError(_in_its_own_words(scene, mentioned.message), misfits=(mentioned,))
    return RefusedError(_in_its_own_words(scene, differing.says), misfits=differing.misfits)


def _said(scene: Scene, found: Finding) -> str:
    """``"conv1 (Conv2d) expects 3 channels, got 4 (1×4×224×224)"``."""
    if scene.is_torchs:
        return _cut(f"{scene.name} {found.says}")
    operator = "" if scene.op is None or found.names_operator else f": {scene.op[5:]}"
    return _cut(f"{scene.name}{operator} {found.says}{_place(scene)}")


def _in_its_own_words(scene: Scene, words: str) -> str:
    """``"block (Block) failed in add of 1×8 and 1×9 (net.py:7): the size of tensor a ..."``."""
    if scene.op is not None:
        operator = scene.op.removeprefix("aten.")
        operands = " and ".join(sizes(spec.shape) for spec in scene.shapes)
        what = f"failed in {operator}" + (f" of {operands}" if operands else "")
    else:
        given = f" on {listed(scene.specs)}" if scene.specs else ""
        what = f"raised {type(scene.error).__name__}{given}"
    told = words or scene.line
    return _cut(f"{scene.name} {what}{_place(scene)}" + (f": {told}" if told else ""))


def _place(scene: Scene) -> str:
    return f" ({scene.place})" if scene.place else ""


def _message(error: Exception) -> str:
    """The first line of what an exception says, and a second that it announces."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if isinstance(error, KeyError) and lines:
        return f"there is no {lines[0]}"
    return " ".join(lines[: 2 if lines and lines[0].endswith(":") else 1])


def _cut(message: str) -> str:
    return textwrap.shorten(message, LONGEST_MESSAGE, placeholder=" ...")
