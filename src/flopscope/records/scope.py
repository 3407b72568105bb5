"""Where something is in a tree of modules."""

from __future__ import annotations

from typing import TypeAlias

Scope: TypeAlias = str
"""Where in the module tree: the dotted path from the root, which is ``""``."""


def is_within(scope: Scope, module: Scope) -> bool:
    """Whether a scope is that of a module or of something inside it."""
    return not module or scope == module or scope.startswith(f"{module}.")
