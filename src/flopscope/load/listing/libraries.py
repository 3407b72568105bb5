"""Names of models that libraries know, read off their source: importing them takes seconds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from flopscope.load.listing.files import configs
from flopscope.load.listing.modules import folder_of
from flopscope.load.sources.hf.task import ALIASES, BASE, PREFIX, kebab

_REGISTERED = re.compile(
    r"^@register_model(?:\(\s*(?:name=)?(?:[\"'](?P<name>[^\"']+)[\"'])?\s*\))?\s*\n"
    r"(?:@.*\n(?:[^\S\n].*\n|\)\n)*)*def (?P<function>\w+)",
    re.MULTILINE,
)
"""As timm and torchvision list the functions that make their models."""

_TYPE = re.compile(r"^\s*\(?\"(?P<type>[\w.-]+)\"(?:,|:) \"\w+Config\"", re.MULTILINE)
"""As transformers lists the types of its models."""

_CLASS = re.compile(r"_import_structure\[[^]]+\](?: = |\.extend\()\[(?P<names>[^]]*)\]")
"""As diffusers lists its classes."""


def _timm(typed: str) -> Iterator[str]:
    return _beginning(typed, _registered("timm", "models/*.py"))


def _torchvision(typed: str) -> Iterator[str]:
    return _beginning(typed, _registered("torchvision", "models/**/*.py"))


def _hf(typed: str) -> Iterator[str]:
    texts = _texts("transformers", "models/auto/*auto*.py")
    yield from _beginning(
        typed, (found["type"] for text in texts for found in _TYPE.finditer(text))
    )
    yield from configs(typed)


def _diffusers(typed: str) -> Iterator[str]:
    texts = _texts("diffusers", "models/__init__.py")
    lists = (found["names"] for text in texts for found in _CLASS.finditer(text))
    yield from _beginning(typed, (name for names in lists for name in re.findall(r"\w+", names)))
    yield from configs(typed)


LISTED: Mapping[str, Callable[[str], Iterable[str]]] = {
    "timm": _timm,
    "torchvision": _torchvision,
    "hf": _hf,
    "diffusers": _diffusers,
}
"""By scheme: what may stand behind its colon, given the beginning of that."""


def optimizers(typed: str) -> Iterator[str]:
    """Names of the optimizers of ``torch.optim``, in small letters."""
    found = (
        name.lower()
        for text in _texts("torch", "optim/__init__.py")
        for name in re.findall(r"^from torch\.optim\.\w+ import ([A-Z]\w+) as", text, re.MULTILINE)
        if name != "Optimizer"
    )
    return _beginning(typed, found)


def tasks(typed: str) -> Iterator[str]:
    """The tasks that transformers has heads for, and other names of them."""
    heads = re.compile(rf"^class {PREFIX}(\w+)\(", re.MULTILINE)
    texts = _texts("transformers", "models/auto/modeling_auto.py")
    found = (kebab(name) for text in texts for name in heads.findall(text))
    return _beginning(typed, (*found, BASE, *ALIASES))


def _registered(library: str, pattern: str) -> Iterator[str]:
    for text in _texts(library, pattern):
        for found in _REGISTERED.finditer(text):
            yield found["name"] or found["function"]


def _texts(library: str, pattern: str) -> Iterator[str]:
    """The source files of a library that is installed; none of another."""
    folder = folder_of(library)
    for path in folder.glob(pattern) if folder else ():
        yield path.read_text(encoding="utf-8", errors="replace")


def _beginning(typed: str, names: Iterable[str]) -> Iterator[str]:
    return iter(sorted({name for name in names if name.startswith(typed)}))
