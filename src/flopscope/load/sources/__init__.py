"""Targets to sources of models: one file per kind of target, imported when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from flopscope.errors import TargetError
from flopscope.load.importing import user_code
from flopscope.load.inputs import Inputs
from flopscope.load.target import TargetSpec
from flopscope.registry import Registry

if TYPE_CHECKING:
    from torch import nn

MAKERS = "name a class of models, a function that returns one, or a model itself"


Rehearse: TypeAlias = "Callable[[nn.Module, tuple[Any, ...], dict[str, Any]], object]"
"""Calls a model with positional and keyword arguments without values, and raises what it raises."""


@dataclass(frozen=True, slots=True)
class Options:
    """What to make of a target that leaves something open.

    Attributes:
        task: which head a model of transformers gets: ``"causal-lm"``; None for what is usual.
        batch: how many samples to make where a target knows its inputs; None for its own, mostly 1.
        seq: how many tokens, or None for what is usual.
        unsafe_pickle: whether to run the code in a pickled model.
        rehearse: what to try a part of a model with, where the inputs depend on what that returns;
            None where it can't be tried.
    """

    task: str | None = None
    batch: int | None = None
    seq: int | None = None
    unsafe_pickle: bool = False
    rehearse: Rehearse | None = None


InputsOf: TypeAlias = "Callable[[nn.Module, Options], Iterable[Inputs]]"
"""What a model may be called with, the likeliest first: the first that it accepts is meant."""


@dataclass(frozen=True, slots=True)
class Source:
    """A model that is found and perhaps yet to be built.

    Attributes:
        path: the target without its arguments.
        make: the model, or an object with a ``build()`` that returns it.
        is_instance: whether it is there already, with its weights.
        inputs: what it may be called with, or None where its origin doesn't say.
        notes: what a reader should know of how it was found.
    """

    path: str
    make: Callable[[], object]
    is_instance: bool = False
    inputs: InputsOf | None = None
    notes: tuple[str, ...] = ()

    def build(self) -> nn.Module:
        """The model: a new one each time, or the user's own instance.

        Raises:
            TargetError: building it raised, or made something else.
        """
        with user_code(f"building {self.path}"):
            made = self.make()
            if not is_module(made) and callable(builds := getattr(made, "build", None)):
                made = builds()
        if not is_module(made):
            raise TargetError(f"{self.path} makes {kind_of(made)}, not an nn.Module", hint=MAKERS)
        return cast("nn.Module", made)


Find: TypeAlias = Callable[[TargetSpec, Options], Source]

SOURCES: Registry[Find] = Registry(
    {
        "python": "flopscope.load.sources.python:find",
        "timm": "flopscope.load.sources.timm:find",
        "torchvision": "flopscope.load.sources.torchvision:find",
        "hf": "flopscope.load.sources.hf:find",
        "diffusers": "flopscope.load.sources.diffusers:find",
        "exported": "flopscope.load.sources.exported:find",
        "saved": "flopscope.load.sources.saved:find",
    }
)
"""What finds the model of a target, by the target's kind."""


def resolve(spec: TargetSpec, options: Options | None = None) -> Source:
    """Import what a target names, as far as is needed to build it.

    Raises:
        TargetError: there is no such module, name or file; it is nothing that makes a model; its
            arguments do not fit; or its code raised, in which case that is the cause.
    """
    return SOURCES[spec.kind](spec, options or Options())


def is_module(value: object) -> bool:
    """Whether something is a model."""
    # Here, not above: the names of the kinds of targets must not wait for torch.
    from torch import nn

    return isinstance(value, nn.Module)


def kind_of(value: object) -> str:
    """What something is, with its article: ``"a dict"``, ``"None"``."""
    name = type(value).__name__
    if name == "NoneType":
        return "None"
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"
