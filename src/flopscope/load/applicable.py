"""Which options say something of which kinds of targets."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from flopscope.errors import UsageError
from flopscope.load.target import PYTHON, parse_target
from flopscope.request import Request


@dataclass(frozen=True, slots=True)
class Applicable:
    """An option that is not of all targets.

    Attributes:
        kinds: those of the targets that it may say something of.
        meaning: what it is for, as a hint.
    """

    kinds: Collection[str]
    meaning: str


APPLICABLE: Mapping[str, Applicable] = {
    "--task": Applicable({"hf"}, "it chooses the head of a model of transformers, as of hf:bert"),
    "--seq": Applicable(
        # A Python target and a file may hold a model of transformers, which only building it tells.
        {"hf", "diffusers", PYTHON, "saved"},
        "it is for models that know what tokens they take, such as hf:llama",
    ),
    "--unsafe-pickle": Applicable({"saved", "exported"}, "it is for files, such as model.pt"),
}
"""By the option's name."""


def idle_options(request: Request) -> tuple[str, ...]:
    """The options that were given and say nothing of the target.

    Raises:
        TargetError: the target is malformed.
    """
    kind = parse_target(request.target).kind
    given = {
        "--task": request.task is not None,
        "--seq": request.inputs.seq is not None,
        "--unsafe-pickle": request.unsafe_pickle,
    }
    return tuple(
        option for option, known in APPLICABLE.items() if given[option] and kind not in known.kinds
    )


def refuse_idle(requests: Sequence[Request]) -> None:
    """Make sure that every option says something of one of the targets at least, if there are any.

    Raises:
        UsageError: one does not.
        TargetError: a target is malformed.
    """
    idle = [set(idle_options(request)) for request in requests]
    for option, known in APPLICABLE.items():
        if idle and all(option in options for options in idle):
            targets = {request.target for request in requests}
            named = targets.pop() if len(targets) == 1 else "any of the targets"
            raise UsageError(f"{option} says nothing of {named}", hint=known.meaning)
