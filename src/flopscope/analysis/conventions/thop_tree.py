"""How thop walks a model: how often it hooks a module, and how often it adds the module up.

It hooks modules on every way that leads to them, and adds them up on every way that does not lead
through a module that it hooked: that one is taken as it is. Only of a ``Sequential`` it takes what
is inside. Under a parent, a module with several names comes once (thop 0.1.1, ``profile``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from flopscope.analysis.conventions.thop_rules import RULES, WITHOUT_COST, Rule
from flopscope.records import ModuleSpec, Scope


def rules_of(spec: ModuleSpec) -> Mapping[str, Rule] | None:
    """The rules for the operators of a module, or None where thop hooks none of its kind."""
    if spec.is_lazy or not spec.library.startswith("torch.nn.modules."):
        return None
    return RULES.get(spec.kind, {} if spec.kind in WITHOUT_COST else None)


def first_scope(spec: ModuleSpec) -> Scope:
    """The first name of a module, which stands for it."""
    return spec.scope if spec.same_as is None else spec.same_as


@dataclass(frozen=True, slots=True)
class Ways:
    """How many ways lead to a module: on which it is hooked, and on which it is added up."""

    hooked: int
    added: int


@dataclass(frozen=True)
class Tree:
    """The modules of a trace, each once, under its first name.

    Attributes:
        modules: of the trace.
    """

    modules: tuple[ModuleSpec, ...]
    _ways: dict[Scope, Ways] = field(default_factory=lambda: {"": Ways(1, 1)})

    @cached_property
    def specs(self) -> Mapping[Scope, ModuleSpec]:
        return {spec.scope: spec for spec in self.modules if spec.same_as is None}

    @cached_property
    def children(self) -> Mapping[Scope, Mapping[Scope, None]]:
        """By a module those right inside it, each once."""
        found: dict[Scope, dict[Scope, None]] = {scope: {} for scope in self.specs}
        for parent, child in self._edges():
            found[parent][child] = None
        return found

    @cached_property
    def _parents(self) -> Mapping[Scope, Mapping[Scope, None]]:
        found: dict[Scope, dict[Scope, None]] = {}
        for parent, child in self._edges():
            found.setdefault(child, {})[parent] = None
        return found

    @cached_property
    def called(self) -> frozenset[Scope]:
        """The modules that ran, by whichever name."""
        return frozenset(first_scope(spec) for spec in self.modules if spec.calls)

    def is_opened(self, scope: Scope) -> bool:
        """Whether what is inside a module is added up, and not the module itself."""
        spec = self.specs[scope]
        return not scope or rules_of(spec) is None or spec.kind == "Sequential"

    def ways(self, scope: Scope) -> Ways:
        """How many ways lead to a module."""
        if scope not in self._ways:
            above = self._parents[scope]
            hooked = sum(self.ways(parent).hooked for parent in above)
            added = sum(self.ways(parent).added for parent in above if self.is_opened(parent))
            self._ways[scope] = Ways(hooked, added)
        return self._ways[scope]

    def totals(self, own: Mapping[Scope, int]) -> dict[Scope, int]:
        """Each module's figure with those that are added up inside it, by every scope.

        Args:
            own: what thop collected in a module's own hooks.
        """
        known: dict[Scope, int] = {}

        def total(scope: Scope) -> int:
            if scope not in known:
                inside = self.children[scope] if self.is_opened(scope) else ()
                known[scope] = own.get(scope, 0) + sum(map(total, inside))
            return known[scope]

        return {spec.scope: total(first_scope(spec)) for spec in self.modules}

    def _edges(self) -> Iterator[tuple[Scope, Scope]]:
        named = {spec.scope: first_scope(spec) for spec in self.modules}
        for spec in self.modules:
            if spec.scope:
                yield named[spec.scope.rpartition(".")[0]], first_scope(spec)
