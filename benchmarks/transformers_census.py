"""Every model type of transformers, counted without weights and held against a real run of a smaller copy.

    python -m benchmarks.transformers_census --csv census.csv      # resumes where the file ends

For each model type: build the default config without weights and count it. Then build a copy of two layers with
weights, run it on the CPU while recording its operators, count the same copy without weights, and compare. A
type that runs for real has to be counted, and the counts have to be equal.
"""

from __future__ import annotations

import argparse
import csv
import functools
import gc
import itertools
import os
import signal
import sys
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import nn

from benchmarks.transformers_inputs import Inputs, candidates
from benchmarks.transformers_models import (
    default_config,
    model_types,
    narrowed,
    reduced,
    with_weights,
    without_weights,
)
from flopscope import tree
from flopscope.costs import Cost, cost_of
from flopscope.records import Operation
from flopscope.trace import trace
from flopscope.trace.execute import Execution

SECONDS = 30
PARAMS_AT_EASE = 300_000_000
PARAMS_IN_FULL = 1_200_000_000
PARAMS_IN_HALF = 2_800_000_000
Result = TypeVar("Result")


@dataclass(frozen=True)
class Tally:
    """What a run came to, whether for real or on shapes."""

    macs: int
    flops: int
    calls: Counter[str]

    def difference(self, other: Tally) -> str:
        """Nothing where two runs came to the same, else the operators that differ."""
        if (self.macs, self.flops) == (other.macs, other.flops):
            return ""
        more, fewer = self.calls - other.calls, other.calls - self.calls
        return f"real has {dict(more)} more, {dict(fewer)} fewer"


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


def tally(operations: Iterable[Operation]) -> Tally:
    """The cost of some operators, and how many of each that isn't free."""
    cost = Cost()
    calls: Counter[str] = Counter()
    known: dict[Operation, tuple[Any, Cost]] = {}
    for operation in operations:
        if operation not in known:
            known[operation] = cost_of(operation)
        coverage, own = known[operation]
        cost += own
        if coverage != "free":
            calls[operation.op] += 1
    return Tally(cost.macs, cost.flops, calls)


def executed(model: nn.Module, inputs: Inputs) -> Tally:
    """What a model costs according to a real run of it."""
    operations: list[Operation] = []
    forget_cached()
    torch.backends.mha.set_fastpath_enabled(False)
    with torch.inference_mode(), Execution(lambda operation, *_: operations.append(operation)):
        model(**inputs)
    return tally(operations)


def traced(model: nn.Module, inputs: Inputs) -> Tally:
    """What a model costs according to its shapes."""
    return tally(call.operation for call in trace(model, (), inputs).calls)


def forget_cached() -> None:
    """Empty the caches of transformers' functions: a first run fills them, and so costs more."""
    for value in gc.get_objects():
        if type(value) is functools._lru_cache_wrapper and _is_theirs(value):
            value.cache_clear()


def _is_theirs(function: Any) -> bool:
    return str(getattr(function, "__module__", "")).startswith("transformers.models")


def first_that_runs(
    model: nn.Module, run: Callable[[nn.Module, Inputs], Result]
) -> tuple[int, Inputs, Result]:
    """The first candidate for inputs that a model accepts: its place, the inputs, and the result."""
    errors: list[str] = []
    for place, inputs in enumerate(candidates(model)):
        try:
            return place, inputs, run(model, inputs)
        except _TimedOut:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a model says to inputs that it isn't made for
            errors.append(_said(error))
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
    except (Exception, _TimedOut) as error:  # noqa: BLE001 - as above
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
    except (Exception, _TimedOut) as error:  # noqa: BLE001 - as above
        row.error = _said(error)
        row.outcome = "fails" if row.real != "fails" else "runs nowhere"
    yield row


def _count(row: Row, model: nn.Module, place: int | None) -> None:
    if place is None:
        _, inputs, _ = first_that_runs(model, traced)
    else:
        inputs = next(itertools.islice(candidates(model), place, None))
    row.inputs = _described(inputs)
    started = time.perf_counter()
    found = trace(model, (), inputs)
    profile = tree.profile(found)
    row.trace_seconds = round(time.perf_counter() - started, 2)
    row.macs, row.flops = profile.root.cost.macs, profile.root.cost.flops
    row.calls = len(found.calls)
    row.uncounted = " ".join(f"{entry.op}x{entry.calls}" for entry in profile.uncounted)
    row.assumptions = "; ".join(sorted({f"{one.name}: {one.op}" for one in found.assumptions}))


def _for_real(row: Row, config: Any) -> Iterator[Row]:
    """Fill in what a real run of a smaller copy says; the place of its inputs, if it runs."""
    size, small = 0, reduced(config)
    for smaller in (small, narrowed(small)):
        try:
            with _within(SECONDS):
                size = sum(parameter.numel() for parameter in without_weights(smaller).parameters())
            small = smaller
        except (Exception, _TimedOut) as error:  # noqa: BLE001 - as above
            row.difference = row.difference or f"building: {_said(error)}"
        if size < PARAMS_AT_EASE:
            break
    yield row
    if size > PARAMS_IN_HALF:
        row.real = "too large"
        return None
    dtype = torch.float32 if size <= PARAMS_IN_FULL else torch.bfloat16
    try:
        with _within(2 * SECONDS):
            model = with_weights(small, dtype)
        with _within(3 * SECONDS):
            place, inputs, real = first_that_runs(model, executed)
    except (Exception, _TimedOut) as error:  # noqa: BLE001 - as above
        row.real, row.real_error = "fails", _said(error)
        yield row
        return None
    row.real, row.real_macs, row.real_flops = "runs", real.macs, real.flops
    row.inputs = _described(inputs)
    yield row
    del model
    forget_cached()
    try:
        with _within(SECONDS):
            bare = without_weights(small).to(dtype)
            found = trace(bare, (), inputs)
            ours = tally(call.operation for call in found.calls)
    except (Exception, _TimedOut) as error:  # noqa: BLE001 - as above
        row.difference = _said(error)
        return place
    row.small_macs, row.small_flops = ours.macs, ours.flops
    row.difference = real.difference(ours)
    row.small_assumptions = "; ".join(sorted({f"{a.name}: {a.op}: {a.value}" for a in found.assumptions}))
    yield row
    return place


class _TimedOut(BaseException):
    """Something took longer than it may."""


@contextmanager
def _within(seconds: int) -> Iterator[None]:
    def stop(_signal: int, _frame: Any) -> None:
        raise _TimedOut(f"took more than {seconds} s")

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def _said(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0]}"[:600]


def _described(inputs: Inputs) -> str:
    return " ".join(
        f"{name}={'x'.join(map(str, value.shape))}"
        for name, value in inputs.items()
        if isinstance(value, torch.Tensor)
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
                signal.alarm(0)
                for row in census(name):
                    out.write(repr(asdict(row)) + "\n")
                    out.flush()
            status = 0
        except BaseException as error:  # noqa: BLE001 - the parent is told
            traceback.print_exc()
            print(name, error, file=sys.stderr)
        os._exit(status)
    os.close(writing)
    with os.fdopen(reading) as lines:
        told = [line for line in lines if line.endswith("\n")]
    _, status = os.waitpid(child, 0)
    row = Row(**eval(told[-1])) if told else Row(name)  # noqa: S307 - our own child's literals
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
    for row in rows:
        if row["outcome"] != "counted" or row["difference"]:
            lines.append(
                f"  {row['model_type']}: {row['outcome']}, real: {row['real']}:"
                f" {row['real_error']} {row['error']} {row['difference']}"
            )
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
    """Once, in the parent, for all children."""
    import transformers.models.clip.modeling_clip
    import transformers.models.llama.modeling_llama
    import transformers.models.whisper.modeling_whisper


if __name__ == "__main__":
    main()
