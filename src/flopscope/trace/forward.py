"""A model and its inputs as a Trace: one forward pass in which no arithmetic is done."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Any

import torch
from torch.nn.parameter import is_lazy
from torch.utils._pytree import tree_leaves, tree_map

from flopscope.errors import TraceError
from flopscope.guest import as_found
from flopscope.naming import module_paths
from flopscope.records import Assumption, Call, Operation, Scope, TensorSpec, Trace
from flopscope.trace.building import materialized
from flopscope.trace.devices import EveryDeviceIsTheCPU, wants_missing_device
from flopscope.trace.evaluate import PartialEvaluation
from flopscope.trace.modules import module_specs
from flopscope.trace.rules.selection import load_torchvision_rules
from flopscope.trace.scopes import ScopeTracker
from flopscope.trace.specs import spec_of, tensors_among
from flopscope.trace.unknown import KNOWN_ELEMENTS, Unknown, key_of, takes_itself_apart


def trace(
    model: torch.nn.Module, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
) -> Trace:
    """Run a model once on shapes alone and record every operator it calls.

    The model and the inputs are left as they were found. Integer and boolean inputs of up to a
    million elements keep their values; all else is known by shape only.

    Args:
        model: on any device, the meta device included.
        args: positional arguments of its forward.
        kwargs: keyword arguments of its forward.

    Raises:
        TraceError: the model raised; the message names the module and the shapes it was given.
    """
    kwargs = dict(kwargs or {})
    load_torchvision_rules()
    model = getattr(model, "_orig_mod", model)  # a compiled model's original
    if any(map(is_lazy, model.parameters())):
        model = materialized(model, args, kwargs)
    try:
        return _traced(model, args, kwargs, nullcontext())
    except TraceError as error:
        if error.__cause__ is None or not wants_missing_device(error.__cause__):
            raise
    return _traced(model, args, kwargs, EveryDeviceIsTheCPU(), _ON_THE_CPU)


_ON_THE_CPU = "the model names a device that is not here; it was counted as on the CPU"


def _traced(
    model: torch.nn.Module,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    devices: AbstractContextManager[Any],
    *notes: str,
) -> Trace:
    recorder = _Recorder(ScopeTracker(model))
    evaluation = PartialEvaluation(
        recorder.record, recorder.assume, foreign=_tensors_of(model, args, kwargs)
    )
    given_args, given_kwargs = tree_map(_without_values, (args, dict(kwargs)))
    with ExitStack() as stack:
        stack.enter_context(as_found(model))
        stack.enter_context(_as_written())
        _replace_meta_state(model)
        stack.enter_context(recorder.scopes.following())
        stack.enter_context(recorder.blaming_the_model())
        stack.enter_context(devices)
        stack.enter_context(evaluation)
        model(*given_args, **given_kwargs)
    return Trace(
        modules=module_specs(model, recorder.scopes.visits),
        calls=tuple(recorder.calls),
        inputs=_named_inputs(args, kwargs),
        assumptions=recorder.assumptions(),
        notes=notes,
    )


class _Recorder:
    """Collects what a forward pass does, each thing with the module it happened in."""

    def __init__(self, scopes: ScopeTracker) -> None:
        self.scopes = scopes
        self.calls: list[Call] = []
        self._assumed: Counter[tuple[str, str, Scope, str]] = Counter()

    def record(self, operation: Operation) -> None:
        self.calls.append(Call(operation, self.scopes.current))

    def assume(self, name: str, op: str, value: str) -> None:
        self._assumed[name, op, self.scopes.current, value] += 1

    def assumptions(self) -> tuple[Assumption, ...]:
        return tuple(Assumption(*key, calls=calls) for key, calls in self._assumed.items())

    @contextmanager
    def blaming_the_model(self) -> Iterator[None]:
        """An exception of the model's, with the module that raised it and what it was given."""
        try:
            yield
        except TraceError:
            raise
        except Exception as error:
            scope, specs = self.scopes.failure or ("", ())
            raise TraceError(
                f"{_module_name(self.scopes.model, scope)} raised {type(error).__name__}"
                f"{_given(specs)}: {_first_line(error)}"
            ) from error


@contextmanager
def _as_written() -> Iterator[None]:
    """See the operators that the user wrote, whatever fused or compiled form would run."""
    fast_path = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with torch.inference_mode(), _without_version_counters(), _uncompiled():
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast_path)


def _without_version_counters() -> AbstractContextManager[Any]:
    """Let views of the model's tensors be inference tensors, which autograd would refuse."""
    in_place = torch._C.DispatchKeySet(torch._C.DispatchKey.ADInplaceOrView)
    guard: AbstractContextManager[Any] = torch._C._ExcludeDispatchKeyGuard(in_place)
    return guard


def _uncompiled() -> AbstractContextManager[Any]:
    """Run compiled functions as they were written (none are unless the compiler was imported)."""
    if "torch._dynamo" not in sys.modules:
        return nullcontext()
    stance: AbstractContextManager[Any] = torch.compiler.set_stance("force_eager")
    return stance


def _replace_meta_state(model: torch.nn.Module) -> None:
    """Put unknown tensors in the place of those on the meta device, which claims another device."""
    made: dict[int, Unknown] = {}
    for _, module in module_paths(model):
        for table, is_parameter in ((module._parameters, True), (module._buffers, False)):
            for name, tensor in table.items():
                if tensor is not None and tensor.is_meta and type(tensor) in _PLAIN:
                    if id(tensor) not in made:
                        made[id(tensor)] = Unknown(key_of(tensor), is_parameter=is_parameter)
                    table[name] = made[id(tensor)]  # type: ignore[assignment]  # see Unknown


_PLAIN = (torch.Tensor, torch.nn.Parameter)


def _without_values(value: Any) -> Any:
    """Floating-point inputs become unknown; integers and booleans are kept while they are small."""
    if not isinstance(value, torch.Tensor) or takes_itself_apart(type(value)):
        return value
    if value.dtype.is_floating_point or value.dtype.is_complex or value.is_meta:
        return Unknown(key_of(value))
    if value.numel() > KNOWN_ELEMENTS:
        return Unknown(key_of(value))
    return value.detach().cpu()


def _tensors_of(
    model: torch.nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Iterator[torch.Tensor]:
    """Every tensor of the caller's with values that could be computed with, and so written to."""
    for _, module in module_paths(model):
        yield from tensors_among(module._buffers.values())
        yield from tensors_among(module.__dict__.values())
    for leaf in tree_leaves((args, kwargs)):
        if isinstance(leaf, torch.Tensor):
            yield leaf


def _named_inputs(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, TensorSpec]:
    named = [*((str(place), value) for place, value in enumerate(args)), *kwargs.items()]
    return {name: spec_of(value) for name, value in named if isinstance(value, torch.Tensor)}


def _module_name(model: torch.nn.Module, scope: Scope) -> str:
    module = dict(module_paths(model)).get(scope, model)
    return f"{scope} ({type(module).__name__})" if scope else type(module).__name__


def _given(specs: tuple[TensorSpec, ...]) -> str:
    if not specs:
        return ""
    return " on " + ", ".join("×".join(map(str, spec.shape)) or "a scalar" for spec in specs)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else "no message"
