"""A forward pass that raised, as one line of what did not fit and where."""

from __future__ import annotations

import textwrap

from flopscope.blame import LONGEST_MESSAGE
from flopscope.errors import TraceError
from flopscope.trace.diagnosis.environment import environment_finding
from flopscope.trace.diagnosis.finding import Finding, listed, sizes
from flopscope.trace.diagnosis.layers import layer_finding
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
    for look in (environment_finding, layer_finding, operator_finding):
        found = look(scene)
        if found is not None:
            break
    else:
        found = None
    mentioned = Mentioned(_message(scene.error))
    if found is None:
        return RefusedError(_in_its_own_words(scene), misfits=(mentioned,))
    return RefusedError(_placed(scene, found), found.hint, (*found.misfits, mentioned))


def _placed(scene: Scene, found: Finding) -> str:
    """``"conv1 (Conv2d) expects 3 channels, got 4 (1×4×224×224)"``."""
    if scene.is_torchs or scene.op is None:
        return _cut(f"{scene.name} {found.says}")
    where = f" ({scene.place})" if scene.place else ""
    operator = scene.op.removeprefix("aten.")
    return _cut(f"{scene.name}: {operator} {found.says}{where}")


def _in_its_own_words(scene: Scene) -> str:
    """``"block (Block) failed in add of 1×8 and 1×9 (net.py:7): The size of tensor a ..."``."""
    where = f" ({scene.place})" if scene.place else ""
    if scene.op is not None:
        operator = scene.op.removeprefix("aten.")
        operands = " and ".join(sizes(spec.shape) for spec in scene.shapes)
        what = f"failed in {operator}" + (f" of {operands}" if operands else "")
    else:
        given = f" on {listed(scene.specs)}" if scene.specs else ""
        what = f"raised {type(scene.error).__name__}{given}"
    told = _message(scene.error) or scene.line
    return _cut(f"{scene.name} {what}{where}: {told}" if told else f"{scene.name} {what}{where}")


def _message(error: Exception) -> str:
    """The first line of what an exception says, and a second that it announces."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if isinstance(error, KeyError) and lines:
        return f"there is no {lines[0]}"
    return " ".join(lines[: 2 if lines and lines[0].endswith(":") else 1])


def _cut(message: str) -> str:
    return textwrap.shorten(message, LONGEST_MESSAGE, placeholder=" ...")
