"""What thop says: it hooks the modules it has a rule for, and sees no operator outside of them."""

from __future__ import annotations

import functools
import importlib.metadata
import io
import re
from collections import Counter
from collections.abc import Mapping
from contextlib import redirect_stdout
from typing import Any, TypeAlias

import thop
from torch import nn

from flopscope.counters import tally, whole
from flopscope.measurements import Reading
from flopscope.records import Scope

Layers: TypeAlias = "dict[str, tuple[float, float, Layers]]"
"""thop's tree: MACs, params and the inner modules by name."""

_WITHOUT_RULE = re.compile(r"Cannot find rule for (<class '[^']+'>)")
_LARGEST_EXACT_FLOAT = 2**53


def count(model: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Reading:
    """MACs (with the arithmetic of norms and pooling among them) and params, by thop's own rules.

    A module without a rule is zero to thop; here it is left out of the modules and named in a note.
    """
    if kwargs:
        # thop passes positional arguments only.
        model.forward = functools.partial(model.forward, **kwargs)
    with redirect_stdout(io.StringIO()) as printed:
        macs, params, layers = thop.profile(
            model, inputs=args, ret_layer_info=True, report_missing=True
        )
    missing = frozenset(_WITHOUT_RULE.findall(printed.getvalue()))
    distribution, version = _distribution()
    modules = {"": whole(macs)} | _known(model, layers, missing)
    return Reading(
        name="thop",
        version=version,
        unit="MACs",
        value=whole(macs),
        params=whole(params),
        modules=modules,
        notes=tuple(_notes(model, macs, missing, distribution)),
    )


def _known(
    module: nn.Module, layers: Layers, missing: frozenset[str], prefix: Scope = ""
) -> dict[Scope, int]:
    """The modules that thop has a rule for, or that hold one that it has a rule for."""
    known: dict[Scope, int] = {}
    for name, (macs, _, inner) in layers.items():
        child = module.get_submodule(name)
        inside = _known(child, inner, missing, f"{prefix}{name}.")
        has_rule = not inner and str(type(child)) not in missing
        if inside or has_rule:
            known[prefix + name] = whole(macs)
            known |= inside
    return known


def _notes(model: nn.Module, macs: float, missing: frozenset[str], distribution: str) -> list[str]:
    notes = []
    if distribution != "thop":
        notes.append(f"answered by {distribution}, which installs the same module")
    skipped = Counter(
        type(module).__name__
        for module in model.modules()
        if str(type(module)) in missing and _does_work_itself(module)
    )
    if skipped:
        notes.append(f"no rule, counted as zero: {tally(skipped)}")
    if macs > _LARGEST_EXACT_FLOAT:
        notes.append("above 2^53, where its floating-point count skips integers")
    return notes


def _does_work_itself(module: nn.Module) -> bool:
    """Whether it holds weights or is a leaf: not merely a container of other modules."""
    return any(True for _ in module.parameters(recurse=False)) or not any(module.children())


def _distribution() -> tuple[str, str]:
    """Name and version of the distribution that was imported: two install a module called thop."""
    names = importlib.metadata.packages_distributions().get("thop", ["thop"])
    versions = {name: importlib.metadata.version(name) for name in names}
    for name, version in versions.items():
        if version.startswith(thop.__version__):
            return name, version
    return names[0], versions[names[0]]
