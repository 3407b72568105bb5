"""Every model type of transformers, counted without weights and held against a real run.

    python -m benchmarks.transformers_census --csv census.csv      # resumes where the file ends

For each model type: build a copy of its default config with two layers, run it on the CPU while its
operators are recorded, count the same copy without weights, and compare, module by module. Then
build the default config itself without weights, and count it. A type that runs for real has to be
counted, and its counts have to be equal.
"""

from __future__ import annotations

import argparse
import csv
import functools
import gc
import importlib
import itertools
import json
import os
import signal
import sys
import time
import traceback
import warnings
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import nn

from benchmarks.transformers_inputs import candidates, repaired
from benchmarks.transformers_models import (
    default_config,
    model_types,
    narrowed,
    reduced,
    with_weights,
    without_weights,
)
from flopscope import tree
from flopscope.costs import cost_of
from flopscope.load.inputs import Inputs
from flopscope.records import Trace
from flopscope.trace import trace, trace_real

SECONDS = 30
PARAMS_AT_EASE = 300_000_000
PARAMS_IN_FULL = 1_200_000_000
PARAMS_IN_HALF = 2_800_000_000
Result = TypeVar("Result")


@dataclass
class Row:
    """What is known of a model type."""

    model_type: str
    outcome: str = ""
    params: int | None = None
    macs: int | None = None
    flops: int | None = None
    calls: int | None = None
    build_seconds: float | None = None
    trace_seconds: float | None = None
    inputs: str = ""
    uncounted: str = ""
    assumptions: str = ""
    error: str = ""
    real: str = ""
    real_error: str = ""
    real_macs: int | None = None
    real_flops: int | None = None
    small_macs: int | None = None
    small_flops: int | None = None
    difference: str = ""
    small_assumptions: str = ""


def executed(model: nn.Module, inputs: Inputs) -> Trace:
    """What a real run of a model calls."""
    forget_cached()
    return trace_real(model, *inputs.on("cpu"))


def traced(model: nn.Module, inputs: Inputs) -> Trace:
    """What a model calls according to its shapes."""
    forget_cached()
    return trace(model, *inputs.on("meta"))


def difference(real: Trace, ours: Trace) -> str:
    """Nothing where two traces cost the same in every module, else where and by which operators."""
    theirs, mine = _costs(real), _costs(ours)
    for scope in dict.fromkeys([*theirs, *mine]):
        if theirs.get(scope) != mine.get(scope):
            more, fewer = _calls(real) - _calls(ours), _calls(ours) - _calls(real)
            return f"in {scope or 'the model'}: real has {dict(more)} more, {dict(fewer)} fewer"
    return ""


def _costs(one: Trace) -> dict[str, tuple[int, int]]:
    nodes = tree.profile(one).nodes
    return {scope: (node.own_cost.macs, node.own_cost.flops) for scope, node in nodes.items()}


def _calls(one: Trace) -> Counter[str]:
    return Counter(call.operation.op for call in one.calls if cost_of(call.operation)[0] != "free")


def forget_cached() -> None:
    """Empty the caches of transformers' functions: a first run fills them, and so costs more."""
    for function in (*_caches_of_all, *_caches()):
        function.cache_clear()


_caches_of_all: list[Any] = []
"""Those that were there before the first fork, when all objects were frozen."""


def _caches() -> Iterator[Any]:
    """The cached functions of transformers' models among all objects that are not frozen."""
    for value in gc.get_objects():
        if type(value) is functools._lru_cache_wrapper and _is_theirs(value):
            yield value


def _is_theirs(function: Any) -> bool:
    return str(getattr(function, "__module__", "")).startswith("transformers.models")


def first_that_runs(
    model: nn.Module, run: Callable[[nn.Module, Inputs], Result], start: int = 0
) -> tuple[int, Inputs, Result]:
    """The first candidate that a model accepts: its place, the inputs and what came of them."""
    errors: list[str] = []
    for place, inputs in itertools.islice(enumerate(candidates(model)), start, None):
        attempts = deque([inputs])
        while attempts:
            attempt = attempts.popleft()
            try:
                return place, attempt, run(model, attempt)
            except Exception as error:
                errors.append(_said(error))
                attempts.extend(repaired(attempt, str(error)))
    raise LookupError(" / ".join(dict.fromkeys(errors[:6])) or "no inputs could be made")


def census(model_type: str) -> Iterator[Row]:
    """A row that grows: the last one yielded is complete."""
    row = Row(model_type)
    yield row
    config = default_config(model_type)
    place = yield from _for_real(row, config)
    started = time.perf_counter()
    try:
        with _within(SECONDS):
            model = without_weights(config)
    except (Exception, _TimedOut) as error:
        row.error = f"building: {_said(error)}"
        row.outcome = "fails" if row.real == "runs" else "undefined"
        yield row
        return
    row.build_seconds = round(time.perf_counter() - started, 2)
    row.params = sum(parameter.numel() for parameter in model.parameters())
    try:
        with _within(SECONDS):
            _count(row, model, place)
            row.outcome = "counted"
    except (Exception, _TimedOut) as error:
        row.error = _said(error)
        row.outcome = "fails" if row.real != "fails" else "runs nowhere"
    yield row


def _count(row: Row, model: nn.Module, place: int | None) -> None:
    started = time.perf_counter()
    _, inputs, found = first_that_runs(model, traced, place or 0)
    row.trace_seconds = round(time.perf_counter() - started, 2)
    row.inputs = _described(inputs)
    profile = tree.profile(found)
    row.macs, row.flops = profile.root.cost.macs, profile.root.cost.flops
    row.calls = len(found.calls)
    row.uncounted = " ".join(f"{entry.op}x{entry.calls}" for entry in profile.uncounted)
    row.assumptions = _assumed(found)


def _for_real(row: Row, config: Any) -> Iterator[Row]:
    """Fill in what a real run of a smaller copy says; the place of its inputs, if it runs."""
    try:
        run = _real_run(config)
    except _TooLargeError:
        row.real = "too large"
        return None
    except (Exception, _TimedOut) as error:
        row.real, row.real_error = "fails", _said(error)
        return None
    row.real = "runs"
    row.real_macs, row.real_flops = _total(run.trace)
    row.inputs = _described(run.inputs)
    yield row
    try:
        with _within(SECONDS):
            ours = traced(without_weights(run.config, run.dtype), run.inputs)
    except (Exception, _TimedOut) as error:
        row.difference = _said(error)
        return run.place
    row.small_macs, row.small_flops = _total(ours)
    row.difference = difference(run.trace, ours)
    row.small_assumptions = _assumed(ours)
    yield row
    return run.place


@dataclass(frozen=True)
class _Run:
    """A real run: of what, with which inputs, and what it called."""

    config: Any
    dtype: torch.dtype
    place: int
    inputs: Inputs
    trace: Trace


class _TooLargeError(Exception):
    """Not even the smallest copy fits."""


def _real_run(config: Any) -> _Run:
    """The first smaller copy that runs, or the config itself where none does and it fits."""
    errors = []
    for small, size in _copies(config):
        dtype = torch.float32 if size <= PARAMS_IN_FULL else torch.bfloat16
        try:
            with _within(SECONDS):
                model = with_weights(small, dtype)
            with _within(2 * SECONDS):
                return _Run(small, dtype, *first_that_runs(model, executed))
        except (Exception, _TimedOut) as error:
            errors.append(_said(error))
    if not errors:
        raise _TooLargeError
    raise LookupError(" // ".join(dict.fromkeys(errors)))


def _copies(config: Any) -> Iterator[tuple[Any, int]]:
    """Smaller copies that can be built and fit, and last the config itself, with their params."""
    small = reduced(config)
    narrow = narrowed(small)
    is_large = (_size(small) or 0) > PARAMS_AT_EASE
    for copy in (narrow, small, config) if is_large else (small, config):
        size = _size(copy)
        if size is not None and size <= PARAMS_IN_HALF:
            yield copy, size


def _size(config: Any) -> int | None:
    try:
        with _within(SECONDS):
            return sum(parameter.numel() for parameter in without_weights(config).parameters())
    except (Exception, _TimedOut):
        return None


def _assumed(one: Trace) -> str:
    return "; ".join(sorted({f"{each.name}: {each.op}" for each in one.assumptions}))


def _total(one: Trace) -> tuple[int, int]:
    cost = tree.profile(one).root.cost
    return cost.macs, cost.flops


class _TimedOut(BaseException):
    """Something took longer than it may."""


@contextmanager
def _within(seconds: float) -> Iterator[None]:
    """Interrupt what takes more time on the processor than this."""

    def stop(_signal: int, _frame: Any) -> None:
        raise _TimedOut(f"took more than {seconds} s")

    signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _said(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0]}"[:600]


def _described(inputs: Inputs) -> str:
    return " ".join(
        f"{name}={'x'.join(map(str, value.shape))}" for name, value in inputs.kwargs.items()
    )


def run_all(names: Iterable[str], path: Path) -> None:
    """Each type in a process of its own, so that none can take the rest down; a line each."""
    columns = [field.name for field in fields(Row)]
    done = {row["model_type"] for row in _read(path)}
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, columns)
        if not done:
            writer.writeheader()
        for name in names:
            if name not in done:
                writer.writerow(asdict(_in_a_child(name)))
                file.flush()


def _in_a_child(name: str) -> Row:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(reading)
            with os.fdopen(writing, "w") as out:
                for row in census(name):
                    out.write(json.dumps(asdict(row)) + "\n")
                    out.flush()
            status = 0
        except BaseException as error:
            traceback.print_exc()
            print(name, error, file=sys.stderr)
        os._exit(status)
    os.close(writing)
    with os.fdopen(reading) as lines:
        told = [line for line in lines if line.endswith("\n")]
    _, status = os.waitpid(child, 0)
    row = Row(**json.loads(told[-1])) if told else Row(name)
    if status:
        row.outcome, row.error = "fails", f"{row.error} (the process died: {status})".strip()
    return row


def _read(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def summary(rows: list[dict[str, str]]) -> str:
    """How many there are, how many are counted, run and equal; and the rest by name."""
    defined = [row for row in rows if row["outcome"] not in ("undefined", "runs nowhere")]
    real = [row for row in rows if row["real"] == "runs"]
    counted = [row for row in real if row["outcome"] == "counted"]
    compared = [row for row in real if row["small_macs"]]
    equal = [row for row in compared if not row["difference"]]
    lines = [
        f"{len(rows)} model types, of which {len(defined)} are defined by their default config",
        f"{sum(row['outcome'] == 'counted' for row in rows)} counted",
        f"{len(real)} run for real, of which {len(counted)} counted",
        f"{len(compared)} compared, of which {len(equal)} equal",
        f"{sum(bool(row['uncounted']) for row in rows)} with uncounted operators",
    ]
    lines += [
        f"  {row['model_type']}: {row['outcome']}, real: {row['real']}:"
        f" {row['real_error']} {row['error']} {row['difference']}"
        for row in rows
        if row["outcome"] != "counted" or row["difference"]
    ]
    return "\n".join(lines)


def main() -> None:
    """Run the census and print its summary."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--csv", type=Path, default=Path("transformers_census.csv"))
    parser.add_argument("--only", nargs="*", help="these model types")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    _import_what_most_need()
    run_all(options.only or model_types(), options.csv)
    print(summary(_read(options.csv)))


def _import_what_most_need() -> None:
    """Once, in the parent, for all children, who need not look through all that again."""
    for name in ("clip", "llama", "whisper"):
        importlib.import_module(f"transformers.models.{name}.modeling_{name}")
    _caches_of_all.extend(_caches())
    gc.freeze()


if __name__ == "__main__":
    main()
