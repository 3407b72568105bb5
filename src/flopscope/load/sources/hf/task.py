"""A config of transformers and perhaps a task to the class of the model."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from flopscope.errors import TargetError
from flopscope.load.importing import user_code
from flopscope.spelling import did_you_mean

PREFIX = "AutoModelFor"

BASE = "feature-extraction"
"""The task of a model without a head."""

ALIASES: Mapping[str, str] = {
    "base": BASE,
    "text-generation": "causal-lm",
    "fill-mask": "masked-lm",
    "seq-to-seq-lm": "seq2seq-lm",
    "text2text-generation": "seq2seq-lm",
    "automatic-speech-recognition": "speech-seq2seq",
    "text-classification": "sequence-classification",
}
"""Other names of tasks, most of them as the hub has them."""

GENERATING = ("image-text-to-text", "text-to-waveform", "speech-seq2seq", "seq2seq-lm", "causal-lm")
"""The heads that a model generates with, the most particular first."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The class of a model, and a word on why it is that."""

    cls: type[Any]
    note: str


def class_of(library: ModuleType, config: Any, task: str | None) -> Chosen:
    """The class that a task names; else the one that the config does; else the usual one.

    A model that generates has the head for that unless it is one that fills in masked tokens; any
    other has none.

    Raises:
        TargetError: there is no such task, the type has no class for it, or it can't be imported.
    """
    auto = _auto_classes(library)
    if task is not None:
        found = _class_for(auto, _known_task(auto, task), config)
        if found is None:
            raise _no_such_head(auto, task, config)
        return Chosen(found, f"built {found.__name__}, as --task {task} says")
    for name in config.architectures or ():
        found = _class_named(library, name)
        if found is not None:
            return Chosen(found, f"built {name}, as its config says")
    for usual in _usual(auto, config):
        found = _class_for(auto, usual, config)
        if found is not None:
            return Chosen(found, f"built {found.__name__}; --task chooses another class")
    raise TargetError(
        f"transformers has no model for the type '{config.model_type}' alone",
        hint="it is a part of another model, or a processor's",
    )


def _usual(auto: Mapping[str, Any], config: Any) -> Iterator[str]:
    for task in GENERATING:
        fills_in = task == "causal-lm" and type(config) in auto["masked-lm"]._model_mapping
        if not fills_in:
            yield task
    yield BASE
    yield from auto


def _auto_classes(library: ModuleType) -> dict[str, Any]:
    """The families of models by task: ``"causal-lm"`` is AutoModelForCausalLM."""
    classes = {BASE: library.AutoModel}
    for name in dir(library):
        if name.startswith(PREFIX):
            found = getattr(library, name)
            if hasattr(found, "_model_mapping"):
                classes[kebab(name.removeprefix(PREFIX))] = found
    return classes


def kebab(name: str) -> str:
    """``"causal-lm"`` for ``CausalLM``, ``"seq2seq-lm"`` for ``Seq2SeqLM``."""
    name = name.replace("Seq2Seq", "Seq2seq").replace("Seq2seqLM", "Seq2seq-LM")
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name).lower()


def _known_task(auto: Mapping[str, Any], task: str) -> str:
    name = ALIASES.get(task.lower(), task.lower())
    if name in auto:
        return name
    hint = did_you_mean(name, (*auto, *ALIASES)) or f"the tasks: {', '.join(sorted(auto))}"
    raise TargetError(f"transformers has no task '{task}'", hint=hint)


def _class_for(auto: Mapping[str, Any], task: str, config: Any) -> type[Any] | None:
    mapping = auto[task]._model_mapping
    if type(config) not in mapping:
        return None
    with user_code(f"importing the {task} model of {config.model_type}"):
        found = mapping[type(config)]
    first: type[Any] = found[0] if isinstance(found, (list, tuple)) else found
    return first


def _class_named(library: ModuleType, name: str) -> type[Any] | None:
    """A model's class by name, or None where transformers has none of that name."""
    with user_code(f"importing {name} of transformers"):
        found = getattr(library, name, None)
    return found if isinstance(found, type) and hasattr(found, "_from_config") else None


def _no_such_head(auto: Mapping[str, Any], task: str, config: Any) -> TargetError:
    offered = [name for name, each in auto.items() if type(config) in each._model_mapping]
    return TargetError(
        f"'{config.model_type}' has no class for the task {task}",
        hint=f"it has: {', '.join(sorted(offered)) or 'none'}",
    )
