"""What fvcore says: it counts over the graph that ``torch.jit`` traces between tensors."""

from __future__ import annotations

import functools
import importlib.metadata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from fvcore.nn import FlopCountAnalysis, parameter_count
from torch import Tensor, nn
from torch.utils._pytree import tree_flatten, tree_unflatten

from flopscope.counters import tally, whole
from flopscope.counters.attribution import Figures
from flopscope.measurements import Reading
from flopscope.records import Scope
from flopscope.results import leaves_of, tensors_of

_COMPUTE_NOTHING = (nn.ModuleList, nn.ModuleDict, nn.Identity)
"""Modules that leave no trace in the graph even where they are used."""

_PLAIN = (type(None), bool, int, float, complex, str)
_NAMES_SHOWN = 5


def count(model: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Reading:
    """MACs (with the arithmetic of norms among them), which fvcore itself calls flops, and params.

    fvcore 0.1.5, fvcore/nn/jit_handles.py, over the whole batch: one for each multiply-add of a
    product, an einsum or a convolution, and among them 1 to 5 an element of a norm, 1 of an average
    pool and 1 or 4 of a resize. It has no rule for fused attention, LSTMs or what is elementwise.
    It is asked with gradients enabled, as in its documentation: without them attention takes
    a fast path that it has no rule for.

    A module whose zero comes of operators without a rule, or of never being called, is left out of
    the modules; notes name the operators and the modules.
    """
    tensors, lost = _call_on_tensors(model, args, kwargs)
    for module in model.modules():
        _leave_its_scope_on_an_error(module)
    analysis = FlopCountAnalysis(model, tensors)
    # The same facts are asked for below: there is no need to parse them out of log lines.
    analysis.unsupported_ops_warnings(enabled=False).uncalled_modules_warnings(enabled=False)
    total = whole(analysis.total())
    return Reading(
        name="fvcore",
        version=importlib.metadata.version("fvcore"),
        unit="MACs",
        value=total,
        params=whole(parameter_count(model)[""]),
        modules=_known(analysis),
        notes=tuple(_notes(model, analysis, lost)),
        label="FLOPs",
        distribution="fvcore",
        operators=_own(analysis.by_module_and_operator()),
        uncounted=_bare(analysis.unsupported_ops()),
    )


def _call_on_tensors(
    model: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> tuple[tuple[Tensor, ...], set[str]]:
    """Let the model take the tensors among its arguments and give those in its result.

    Returns:
        the tensors to call it with, and a set that will hold the types in its result that hide
        their tensors.
    """
    leaves, structure = tree_flatten((args, dict(kwargs)))
    places = [place for place, leaf in enumerate(leaves) if isinstance(leaf, Tensor)]
    forward, lost = model.forward, set[str]()

    def forward_on_tensors(*tensors: Tensor) -> Any:
        values = list(leaves)
        for place, tensor in zip(places, tensors, strict=True):
            values[place] = tensor
        positional, named = tree_unflatten(values, structure)
        result = forward(*positional, **named)
        lost.update(_hidden_in(result))
        # A result without tensors is left to torch.jit to refuse: it would drop all that led there.
        return tuple(tensors_of(result)) or result

    model.forward = forward_on_tensors
    return tuple(leaves[place] for place in places), lost


def _hidden_in(result: Any) -> Iterator[str]:
    """Types of objects in a result that may hold tensors where torch does not look for them."""
    for leaf in leaves_of(result):
        if not isinstance(leaf, (Tensor, *_PLAIN)):
            yield type(leaf).__name__


def _leave_its_scope_on_an_error(module: nn.Module) -> None:
    """Undo what fvcore pushed for a module that raises.

    Where a model catches what one of its modules raised, torch.jit would abort the whole process
    over the scope that was never left.
    """
    forward = module.forward

    @functools.wraps(forward)
    def forward_in_scope(*args: Any, **kwargs: Any) -> Any:
        try:
            return forward(*args, **kwargs)
        except BaseException:
            state = torch._C._get_tracing_state()
            if state is not None:
                state.pop_scope()
            raise

    module.forward = forward_in_scope


def _known(analysis: FlopCountAnalysis) -> dict[Scope, int]:
    """The modules whose figure fvcore stands for: a zero only where nothing was left out."""
    never_called = analysis.uncalled_modules()
    return {"": whole(analysis.total())} | {
        scope: whole(figure)
        for scope, figure in analysis.by_module().items()
        if figure or not (analysis.unsupported_ops(scope) or scope in never_called)
    }


def _own(inclusive: Mapping[Scope, Mapping[str, float]]) -> Figures:
    """What was counted in each module itself, of what was counted in it with what is inside."""
    own = {scope: Counter(kinds) for scope, kinds in inclusive.items()}
    for scope, kinds in inclusive.items():
        if scope:
            own[scope.rpartition(".")[0]].subtract(kinds)
    whole_ones = (
        (scope, {kind: whole(kinds[kind]) for kind in kinds}) for scope, kinds in own.items()
    )
    return {scope: +Counter(kinds) for scope, kinds in whole_ones if any(kinds.values())}


def _bare(operators: Mapping[str, int]) -> dict[str, int]:
    return {name.removeprefix("aten::"): calls for name, calls in operators.items()}


def _notes(model: nn.Module, analysis: FlopCountAnalysis, lost: set[str]) -> list[str]:
    notes = []
    if skipped := analysis.unsupported_ops():
        notes.append(f"no rule, counted as zero: {tally(_bare(skipped))}")
    if silent := _silent(model, analysis.uncalled_modules()):
        notes.append(f"never called: {_shortened(silent)}")
    if lost:
        notes.append(f"what only leads to a {' or '.join(sorted(lost))} in the result is not seen")
    return notes


def _silent(model: nn.Module, never_called: set[Scope]) -> list[Scope]:
    """The outermost modules that were expected in the graph and are not there."""
    silent: list[Scope] = []
    for name, module in model.named_modules():
        inside_another = silent and name.startswith(f"{silent[-1]}.")
        if name in never_called and not inside_another and not isinstance(module, _COMPUTE_NOTHING):
            silent.append(name)
    return silent


def _shortened(names: Sequence[str]) -> str:
    rest = len(names) - _NAMES_SHOWN
    return ", ".join(names[:_NAMES_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
