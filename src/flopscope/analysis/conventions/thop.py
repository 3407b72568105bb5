"""thop's convention: rules by the kind of a module, for the calls of modules of just that kind.

thop hooks every module whose class is one of its table, and no subclass of it. Whatever runs
elsewhere, or as a function, is zero. A multiply-accumulate is one, and so is the arithmetic that it
counts of normalisations, softmax, pooling and resizing (thop 0.1.1, ``thop/profile.py``,
``thop/vision/basic_hooks.py``, ``calc_func.py`` and ``rnn_hooks.py``).

A module that several parents hold is hooked once for each of them, so that a call is counted as
often, and the sum is then added up once for each of them, too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from flopscope.analysis.conventions.thop_tree import Tree, first_scope, rules_of
from flopscope.analysis.conventions.weighing import Cause, Weighed, is_complex, macs_of, short
from flopscope.records import Call, ModuleSpec, Scope, TensorSpec, Trace

_KINDS = ("lstm", "gru", "rnn_tanh", "rnn_relu")
_RECURRENT = frozenset(f"aten.{kind}{of_cell}" for kind in _KINDS for of_cell in ("", "_cell"))


def weigh(trace: Trace) -> Iterator[Weighed]:
    """thop's "MACs" of every call."""
    modules = {spec.scope: spec for spec in trace.modules}
    tree = Tree(trace.modules)
    batched: defaultdict[Scope, list[TensorSpec]] = defaultdict(list)
    for call in trace.calls:
        operation, spec = call.operation, modules[call.scope]
        weighed = _repeated(_weighed(call, spec), spec, tree)
        if operation.op == "aten.unsqueeze":
            batched[call.scope].append(operation.outputs[0])
        made = batched.pop(call.scope, []) if operation.op in _RECURRENT else []
        is_alone = next(operation.tensors(), None) in made
        yield _of_a_lone_sequence(weighed, call) if is_alone else weighed


def inclusive(trace: Trace, weighed: Sequence[Weighed]) -> dict[Scope, int]:
    """What thop prints of each module: a shared one has the same figure in every place."""
    tree = Tree(trace.modules)
    first = {spec.scope: first_scope(spec) for spec in trace.modules}
    own: defaultdict[Scope, int] = defaultdict(int)
    for call, figure in zip(trace.calls, weighed, strict=True):
        if figure.figure:
            scope = first[call.scope]
            own[scope] += figure.figure // tree.ways(scope).added
    return tree.totals(own)


def params(trace: Trace) -> Iterator[Weighed]:
    """thop's parameters of every module: those of modules that it hooked and that ran.

    Those of the model itself, outside of all its modules, are never among them.
    """
    tree = Tree(trace.modules)
    for spec in trace.modules:
        found = _params_of(tree.specs[first_scope(spec)], tree)
        # All of a module's under its first name, though another name may own them.
        again = Weighed(0, found.cause or Cause.SHARED, spec.kind)
        yield found if spec.same_as is None else again


def _params_of(spec: ModuleSpec, tree: Tree) -> Weighed:
    held, added = _held(spec.scope, tree), tree.ways(spec.scope).added
    if rules_of(spec) is None or tree.is_opened(spec.scope):
        return Weighed(0, Cause.MODULE, spec.kind)
    if not added:
        return Weighed(0, Cause.INSIDE, spec.kind)
    if spec.scope not in tree.called:
        return Weighed(0, Cause.UNCALLED, spec.kind)
    cause = Cause.SHARED if added > 1 or spec.params < held else None
    return Weighed(held * added) if cause is None else Weighed(held * added, cause, spec.kind)


def _held(scope: Scope, tree: Tree) -> int:
    """Elements of the parameters of a module and of those inside it, whoever else holds them."""
    inside = sum(_held(child, tree) for child in tree.children[scope])
    return tree.specs[scope].held_params + inside


def _weighed(call: Call, spec: ModuleSpec) -> Weighed:
    """What one hook adds."""
    operation = call.operation
    found, rules = macs_of(operation), rules_of(spec)
    rule = rules.get(operation.op) if rules is not None else None
    if rule is None:
        if not found:
            return Weighed(0)
        if rules is None and call.parameters:
            return Weighed(0, Cause.MODULE, spec.kind)
        return Weighed(0, Cause.FUNCTION, short(operation))
    figure = rule.count(operation)
    if figure == found:
        return Weighed(figure)
    cause = Cause.COMPLEX if is_complex(operation) else rule.cause if found else Cause.EXTRA
    return Weighed(figure, cause, short(operation))


def _repeated(weighed: Weighed, spec: ModuleSpec, tree: Tree) -> Weighed:
    """What all hooks of a module add, on all ways on which it is added up."""
    ways = tree.ways(first_scope(spec))
    if not weighed.figure or (ways.hooked == ways.added == 1):
        return weighed
    cause = Cause.SHARED if ways.added else Cause.INSIDE
    return Weighed(weighed.figure * ways.hooked * ways.added, cause, spec.kind)


def _of_a_lone_sequence(weighed: Weighed, call: Call) -> Weighed:
    """A recurrent layer gives it a batch of one; its features are taken for the batch."""
    features = next(call.operation.tensors()).shape[-1]
    return Weighed(weighed.figure * features, Cause.LAYOUT, short(call.operation))
