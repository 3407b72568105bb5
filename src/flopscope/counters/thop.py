"""What thop says: it hooks the modules it has a rule for, and sees no operator outside of them."""

from __future__ import annotations

import functools
import importlib.metadata
import io
import re
from collections import Counter
from collections.abc import Mapping
from contextlib import redirect_stdout, suppress
from typing import Any, TypeAlias

import thop
from torch import nn

from flopscope.counters import tally, whole
from flopscope.counters.attribution import Figures
from flopscope.measurements import Reading
from flopscope.records import Scope

Layers: TypeAlias = "dict[str, tuple[float, float, Layers]]"
"""thop's tree: MACs, params and the inner modules by name."""

_WITHOUT_RULE = re.compile(r"Cannot find rule for (<class '[^']+'>)")
_DISTRIBUTIONS = ("thop", "ultralytics-thop")
_LARGEST_EXACT_FLOAT = 2**53


def count(model: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Reading:
    """MACs (with the arithmetic of norms and pooling among them) and params, by thop's own rules.

    thop 0.1.1, thop/profile.py and vision/basic_hooks.py, over the whole batch: hooks on modules of
    certain types (their subclasses have no rule) that add 2 or 4 an element for a norm, 1 an output
    for a pool, 3 an element for a softmax, and no bias. A transposed convolution is counted over
    its output positions. A module that is held under two names is hooked twice and added for each:
    four times as much. Only parameters of hooked modules are counted. It disables gradients itself.

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
    skipped = Counter(
        type(module).__name__
        for module in model.modules()
        if str(type(module)) in missing and _does_work_itself(module)
    )
    return Reading(
        name="thop",
        version=version,
        unit="MACs",
        value=whole(macs),
        params=whole(params),
        modules=modules,
        notes=tuple(_notes(macs, skipped, distribution)),
        label="MACs",
        distribution=distribution,
        operators=_own_of_all(model, whole(macs), layers),
        uncounted=skipped,
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


def _own_of_all(model: nn.Module, total: int, layers: Layers) -> Figures:
    own = _own(model, layers)
    # Its tree begins below the model, which may have a rule itself.
    rest = total - sum(whole(macs) for macs, _, _ in layers.values())
    return own | ({"": Counter({type(model).__name__: rest})} if rest else {})


def _own(module: nn.Module, layers: Layers, prefix: Scope = "") -> Figures:
    """What each module adds itself: those that have a rule, and nothing inside that has."""
    own: Figures = {}
    for name, (macs, _, inner) in layers.items():
        child = module.get_submodule(name)
        if inner:
            own |= _own(child, inner, f"{prefix}{name}.")
        elif macs:
            own[prefix + name] = Counter({type(child).__name__: whole(macs)})
    return own


def _notes(macs: float, skipped: Mapping[str, int], distribution: str) -> list[str]:
    notes = []
    if distribution != "thop":
        notes.append(f"answered by {distribution}, which installs the same module")
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
    versions = {}
    for name in _DISTRIBUTIONS:
        with suppress(importlib.metadata.PackageNotFoundError):
            versions[name] = importlib.metadata.version(name)
    for name, version in versions.items():
        if version.startswith(thop.__version__):
            return name, version
    return next(iter(versions.items()), ("thop", thop.__version__))
