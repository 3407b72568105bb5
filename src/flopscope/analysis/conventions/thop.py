"""thop's convention: rules by the kind of a module, for the calls of modules of just that kind.

thop hooks every module whose class is one of its table, and no subclass of it. Whatever runs
elsewhere, or as a function, is zero. A multiply-accumulate is one, and so is the arithmetic that it
counts of normalisations, softmax, pooling and resizing (thop 0.1.1, ``thop/profile.py``,
``thop/vision/basic_hooks.py``, ``calc_func.py`` and ``rnn_hooks.py``).

A module that several parents hold is hooked once for each of them, so that a call is counted as
often, and the sum is then added up once for each of them, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flopscope.analysis.conventions.thop_rules import RULES, Rule
from flopscope.analysis.conventions.weighing import Cause, Weighed, macs_of, short
from flopscope.records import Call, ModuleSpec, Scope, TensorSpec, Trace

_LAYERS = ("aten.lstm", "aten.gru", "aten.rnn_tanh", "aten.rnn_relu")


def weigh(trace: Trace) -> Iterator[Weighed]:
    """thop's "MACs" of every call."""
    modules = {spec.scope: spec for spec in trace.modules}
    places = _places(trace.modules)
    batched: dict[Scope, TensorSpec] = {}
    for call in trace.calls:
        operation, spec = call.operation, modules[call.scope]
        weighed = _weighed(call, spec, places[_first(spec)])
        if operation.op == "aten.unsqueeze":
            batched[call.scope] = operation.outputs[0]
        is_alone = operation.op in _LAYERS and batched.get(call.scope) == next(operation.tensors())
        yield _of_a_lone_sequence(weighed, call) if is_alone else weighed


def _weighed(call: Call, spec: ModuleSpec, places: int) -> Weighed:
    operation = call.operation
    found, counted = macs_of(operation), _counted(spec)
    rule = counted.get(operation.op) if counted is not None else None
    if rule is None:
        if not found:
            return Weighed(0)
        if counted is None and call.parameters:
            return Weighed(0, Cause.MODULE, spec.kind)
        return Weighed(0, Cause.FUNCTION, short(operation))
    figure = rule.count(operation)
    if places > 1 and figure:
        return Weighed(figure * places**2, Cause.SHARED, spec.kind)
    if figure == found:
        return Weighed(figure)
    return Weighed(figure, rule.cause if found else Cause.EXTRA, short(operation))


def _of_a_lone_sequence(weighed: Weighed, call: Call) -> Weighed:
    """A recurrent layer gives it a batch of one; its features are taken for the batch."""
    features = next(call.operation.tensors()).shape[-1]
    return Weighed(weighed.figure * features, Cause.LAYOUT, short(call.operation))


def _counted(spec: ModuleSpec) -> Mapping[str, Rule] | None:
    """The rules for operators of a module, or None where thop has none for its kind."""
    if not spec.library.startswith("torch.nn.modules."):
        return None
    return RULES.get(spec.kind)


def _places(modules: tuple[ModuleSpec, ...]) -> dict[Scope, int]:
    """How many parents lead to a module, counted along all ways from the model; by first scope."""
    parents: dict[Scope, dict[Scope, None]] = {}
    first = {spec.scope: _first(spec) for spec in modules}
    for spec in modules[1:]:
        parent = first[spec.scope.rpartition(".")[0]]
        parents.setdefault(_first(spec), {})[parent] = None
    places: dict[Scope, int] = {"": 1}

    def found(scope: Scope) -> int:
        if scope not in places:
            places[scope] = sum(map(found, parents[scope]))
        return places[scope]

    for scope in first.values():
        found(scope)
    return places


def _first(spec: ModuleSpec) -> Scope:
    return spec.scope if spec.same_as is None else spec.same_as
