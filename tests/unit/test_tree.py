"""A tree of modules as a prompt shows it."""

from __future__ import annotations

from flopscope.costs import Cost
from flopscope.records import ModuleSpec
from flopscope.tree import Node, Profile


def test_a_model_is_shown_in_one_line_with_what_is_inside_of_it() -> None:
    leaf = Node(ModuleSpec("a.b", "Linear", calls=1, params=12), Cost(macs=1000, other_flops=1))
    model = Node(
        ModuleSpec("", "Net", calls=1), Cost(), (Node(ModuleSpec("a", "A"), Cost(), (leaf,)),)
    )
    line = "<Net '': 1,000 MACs, 2,001 FLOPs, 12 params, 2 modules inside>"
    assert repr(model) == line
    assert repr(Profile(model, ())) == f"<Profile of {line}>"
