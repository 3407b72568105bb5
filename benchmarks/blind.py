"""Models of libraries that nobody looked at while the counting was built: counted, run, compared.

    python -m benchmarks.blind --csv blind.csv              # resumes where the file ends
    python -m benchmarks.blind --csv blind.csv --document > docs/blind.md

For each model of ``benchmarks.blind_models``: build it without weights and count it; build it with
weights, run it for real while its operators are recorded, and compare, module by module; run it
once more under ``torch.utils.flop_counter``, which shares no code with flopscope; and add up the
elements of its parameters. Each model runs in a process of its own.
"""

from __future__ import annotations

import argparse
import copy
import csv
import importlib
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.blind_document import document
from benchmarks.blind_models import LIBRARIES, Library
from benchmarks.cases import Case, Inputs
from benchmarks.children import in_a_child, said, seed
from benchmarks.transformers_census import difference
from flopscope import tree
from flopscope.costs import cost_of
from flopscope.records import Operation, Trace
from flopscope.trace import building, trace, trace_real
from flopscope.trace.execute import Execution


@dataclass(frozen=True)
class Row:
    """What is known of a model. Empty where it is not known."""

    library: str
    version: str
    model: str
    params: int | None = None
    params_really: int | None = None
    macs: int | None = None
    flops: int | None = None
    calls: int | None = None
    uncounted: str = ""
    assumptions: str = ""
    error: str = ""
    real_macs: int | None = None
    real_flops: int | None = None
    real_error: str = ""
    difference: str = ""
    flop_counter: int | None = None
    unlike: str = ""


def examined(row: Row, case: Case) -> Iterator[Row]:
    """The row as more and more is known of it: the last one is complete."""
    try:
        model, inputs = made(case)
    except Exception as error:
        yield replace(row, real_error=f"not built: {said(error)}")
        return
    yield (row := replace(row, params_really=unique_elements(model)))
    ours = in_a_child(traced, case)
    if isinstance(ours, Trace):
        row = counted(row, ours)
    else:
        row = replace(row, error=str(ours or "the process died"))
    yield row
    try:
        real = trace_real(model, *copy.deepcopy(inputs))  # some models write to theirs
    except Exception as error:
        yield replace(row, real_error=said(error))
        return
    macs, flops = total(real)
    row = replace(row, real_macs=macs, real_flops=flops)
    if isinstance(ours, Trace):
        row = replace(row, difference=difference(real, ours))
    yield row
    try:
        row = replace(row, flop_counter=torch_counts(model, inputs))
        if row.flop_counter != 2 * macs:
            row = replace(row, unlike=by_operator(model, inputs))
    except Exception as error:
        row = replace(row, unlike=f"torch.utils.flop_counter: {said(error)}")
    yield row


def made(case: Case) -> tuple[nn.Module, Inputs]:
    """The model with weights, and its inputs, always the same."""
    seed()
    model = case.build().eval().requires_grad_(False)
    inputs = case.inputs(model)
    seed()
    return model, inputs


def traced(case: Case) -> Iterator[Trace | str]:
    """The trace of a model that has no weights, or what went wrong.

    In a process of its own: some models keep tables that they made in a first run.
    """
    seed()
    try:
        with building():
            model = case.build().eval()
        args, kwargs = case.inputs(model)
        yield trace(model, args, kwargs)
    except Exception as error:
        yield said(error)


def counted(row: Row, ours: Trace) -> Row:
    """What the count without weights says."""
    profile = tree.profile(ours)
    return replace(
        row,
        params=profile.root.params,
        macs=profile.root.cost.macs,
        flops=profile.root.cost.flops,
        calls=len(ours.calls),
        uncounted=" ".join(f"{entry.op}×{entry.calls}" for entry in profile.uncounted),
        assumptions="; ".join(sorted({f"{each.name}: {each.op}" for each in ours.assumptions})),
    )


def unique_elements(model: nn.Module) -> int:
    """Elements of all parameters, each parameter once."""
    return sum(parameter.numel() for parameter in model.parameters())


def total(one: Trace) -> tuple[int, int]:
    """MACs and FLOPs."""
    cost = tree.profile(one).root.cost
    return cost.macs, cost.flops


@contextmanager
def plain_kernels() -> Iterator[None]:
    """No fused encoders, recurrent layers, attention: torch's counter has no formulas for them."""
    fast_path = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with torch.backends.mkldnn.flags(enabled=False), sdpa_kernel(SDPBackend.MATH):
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast_path)


def torch_counts(model: nn.Module, inputs: Inputs) -> int:
    """The FLOPs of a real run that torch's own counter adds up."""
    args, kwargs = copy.deepcopy(inputs)
    seed()
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), plain_kernels(), counter:
        model(*args, **kwargs)
    return counter.get_total_flops()


def by_operator(model: nn.Module, inputs: Inputs) -> str:
    """The operators of which torch's counter says something else: its FLOPs and ours.

    A real run in which every operator that torch's counter meets is counted by both.
    """
    args, kwargs = copy.deepcopy(inputs)
    seed()
    ours, theirs = Counter[str](), Counter[str]()
    counter = FlopCounterMode(display=False)

    def compare(operation: Operation, _given: object, _returned: object) -> None:
        ours[operation.op] += 2 * cost_of(operation)[1].macs
        theirs[operation.op] += counter.get_total_flops() - theirs.total()

    with torch.no_grad(), plain_kernels(), counter, Execution(compare):
        model(*args, **kwargs)
    return " ".join(f"{op}:{theirs[op]}:{ours[op]}" for op in ours if ours[op] != theirs[op])


def run_all(libraries: Iterable[Library], path: Path) -> None:
    """Each model in a process of its own, so that none can take the rest down; a line each."""
    columns = [field.name for field in fields(Row)]
    done = {(row["library"], row["model"]) for row in read(path)}
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, columns)
        if not done:
            writer.writeheader()
        for library in libraries:
            for name, case in library.cases.items():
                if (library.name, name) not in done:
                    row = Row(library.name, version(library.name), name)
                    writer.writerow(asdict(in_a_child(examined, row, case) or row))
                    file.flush()


def read(path: Path) -> list[dict[str, str]]:
    """The rows of a file, if it is there."""
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def present(library: Library) -> bool:
    """Whether a library can be imported."""
    try:
        version(library.name)
        importlib.import_module(library.module)
    except (PackageNotFoundError, ImportError) as error:
        print(f"skipped: {library.name} ({said(error)})")
        return False
    return True


def main() -> None:
    """Run the test, or write its document."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--csv", type=Path, default=Path("blind.csv"))
    parser.add_argument("--only", nargs="*", help="these libraries")
    parser.add_argument("--document", action="store_true", help="print the document of a file")
    parser.add_argument("--draw", action="store_true", help="draw the models over again")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    if options.document:
        print(document(read(options.csv), LIBRARIES))
        return
    for library in LIBRARIES:
        if (options.only and library.name not in options.only) or not present(library):
            continue
        if options.draw:
            drawn = sorted(library.cases) == library.drawn()
            print(library.name, "as drawn" if drawn else f"not as drawn: {library.drawn()}")
        else:
            run_all([library], options.csv)


if __name__ == "__main__":
    main()
