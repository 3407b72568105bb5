"""Which batch fits into some memory, and which modules to checkpoint so that more does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from flopscope.errors import InputError
from flopscope.records import Scope, is_within
from flopscope.tree import Node

_CONTAINERS = frozenset({"Sequential", "ModuleList", "ModuleDict"})
_MOST_SAMPLES = 1 << 24
_TRIALS_BEFORE_HALVING = 3


@dataclass(frozen=True, slots=True)
class Way:
    """One way to run a model.

    Attributes:
        checkpoint: patterns of the modules that are checkpointed.
        batch: the largest that fits, or None where not even the smallest does.
        nbytes: what that takes in all, or the smallest where none fits.
    """

    checkpoint: tuple[str, ...]
    batch: int | None
    nbytes: int


@dataclass(frozen=True, slots=True)
class Fit:
    """What fits into some memory, in one way or another."""

    limit_nbytes: int
    ways: tuple[Way, ...]


def largest_that_fits(
    nbytes_of: Callable[[int], int], limit_nbytes: int, smallest: int = 1
) -> tuple[int | None, int]:
    """The largest batch that takes no more than a limit, and what it takes.

    Memory grows about in proportion to the batch, so few sizes are tried.

    Args:
        nbytes_of: what a batch takes; never less than a smaller one.
        limit_nbytes: what it may take.
        smallest: the batch to begin at.

    Returns:
        None and what the smallest takes, where that is too much.

    Raises:
        InputError: what it takes does not depend on the batch.
    """
    low, low_nbytes, high, trials = smallest, nbytes_of(smallest), None, 0
    if low_nbytes > limit_nbytes:
        return None, low_nbytes
    guess = low + 1
    while high is None or high - low > 1:
        nbytes = nbytes_of(guess)
        slope = (nbytes - low_nbytes) / (guess - low)
        if nbytes <= limit_nbytes:
            low, low_nbytes = guess, nbytes
        else:
            high = guess
        trials += 1
        reach = (limit_nbytes - low_nbytes) / slope if slope > 0 else low
        guess = low + max(1, int(reach))
        if high is not None:
            halfway = (low + high) // 2
            guess = halfway if trials % _TRIALS_BEFORE_HALVING == 0 else min(guess, high - 1)
            guess = max(guess, low + 1)
        elif guess > _MOST_SAMPLES:
            raise InputError(
                "the memory that it takes does not depend on the batch",
                hint="--fit is for inputs whose first size is that of the batch",
            )
    return low, low_nbytes


def repeated_blocks(root: Node, saved: Mapping[Scope, int]) -> tuple[str, ...]:
    """Patterns of the blocks that a model repeats and that keep most for its backward pass.

    Blocks are modules of one class with others inside them, outside of each other.

    Args:
        root: the model.
        saved: bytes kept for the backward pass, by the module that they were made in.

    Returns:
        nothing where no class of modules comes twice and keeps something.
    """
    blocks: defaultdict[str, list[Node]] = defaultdict(list)
    for node in root.walk():
        named = blocks[node.spec.kind]
        is_block = node is not root and node.spec.calls and node.children
        inside = any(is_within(node.scope, other.scope) for other in named)
        if is_block and node.spec.kind not in _CONTAINERS and not inside:
            named.append(node)

    def kept(nodes: list[Node]) -> int:
        return sum(saved.get(inner.scope, 0) for node in nodes for inner in node.walk())

    best = max((nodes for nodes in blocks.values() if len(nodes) > 1), key=kept, default=[])
    return tuple(_patterns(root, {node.scope for node in best})) if kept(best) else ()


def _patterns(root: Node, chosen: set[Scope]) -> Iterator[str]:
    """The scopes, those of all of a module's children as one pattern."""
    for node in root.walk():
        inside = [child.scope for child in node.children]
        found = [scope for scope in inside if scope in chosen]
        if found and found == inside:
            yield f"{node.scope}.*" if node.scope else "*"
        else:
            yield from found
