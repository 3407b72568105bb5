"""Why other counters print what they print: our count and theirs, and the terms between the two.

    python -m benchmarks.disagreements --rows rows.jsonl    # resumes where the file ends
    python -m benchmarks.disagreements --rows rows.jsonl --document > docs/disagreements.md

Each model runs in a process of its own, with weights, on the CPU, in evaluation.
"""

from __future__ import annotations

import argparse
import json
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path

import torch

from benchmarks.cases import Case
from benchmarks.children import in_a_child, said, seed
from benchmarks.disagreement_draw import DRAWS
from benchmarks.disagreement_models import MODELS
from benchmarks.disagreement_rows import Comparison, Row, read_rows
from benchmarks.disagreements_document import document
from flopscope.analysis.conventions import CONVENTIONS
from flopscope.analysis.reconciliation import reconcile, reconcile_params
from flopscope.counters import read
from flopscope.measurements import Reading
from flopscope.records import Trace
from flopscope.trace import trace

LISTS: Mapping[str, Mapping[str, Case]] = {"chosen": MODELS, **DRAWS}
COUNTERS = ("thop", "fvcore", "torch", "ptflops")


def examined(chosen: str, name: str, case: Case, counters: tuple[str, ...]) -> Iterator[list[Row]]:
    """The rows of a model as more and more of them are known."""
    seed()
    rows = [Row(chosen, name, counter) for counter in counters]
    try:
        model = case.build().eval()
        args, kwargs = case.inputs(model)
        traced = trace(model, args, kwargs)
    except Exception as error:
        yield [replace(row, notes=(f"not counted by us: {said(error)}",)) for row in rows]
        return
    for place, row in enumerate(rows):
        yield rows
        reading = read(row.counter, model, args, kwargs)
        rows[place] = told(row, traced, reading)
    yield rows


def told(row: Row, traced: Trace, reading: Reading) -> Row:
    """A row with what the counter said and why."""
    convention = CONVENTIONS[row.counter]
    predicted = convention.inclusive(traced, tuple(convention.weigh(traced)))
    off = [scope for scope, figure in reading.modules.items() if predicted.get(scope, 0) != figure]
    return replace(
        row,
        version=reading.version,
        unit=reading.unit,
        macs=Comparison.of(reconcile(traced, convention, reading)),
        params=Comparison.of(reconcile_params(traced, convention, reading)),
        modules=len(reading.modules),
        modules_off=tuple(off),
        notes=reading.notes,
    )


def run_all(path: Path, lists: list[str], only: list[str] | None) -> None:
    """Each model in a process of its own, so that none can take the rest down."""
    done = {(row.chosen, row.model) for row in read_rows(path)}
    with path.open("a", encoding="utf-8") as file:
        for chosen in lists:
            for name, case in LISTS[chosen].items():
                if (chosen, name) in done or (only and not any(word in name for word in only)):
                    continue
                died = [Row(chosen, name, each, notes=("the process died",)) for each in COUNTERS]
                rows = in_a_child(examined, chosen, name, case, COUNTERS) or died
                for row in rows:
                    print(summary(row), flush=True)
                    file.write(json.dumps(asdict(row)) + "\n")
                file.flush()


def summary(row: Row) -> str:
    """A row as a line for whoever waits."""
    if row.macs is None or row.macs.printed is None:
        return f"{row.model} · {row.counter}: {row.notes}"
    assert row.params is not None
    figures = f"{row.macs.ours} → {row.macs.printed}, remainder {row.macs.remainder}"
    params = f"params {row.params.ours} → {row.params.printed}, remainder {row.params.remainder}"
    off = f", {len(row.modules_off)} of {row.modules} modules off" if row.modules_off else ""
    return f"{row.model} · {row.counter}: {figures}{off} · {params}"


def main() -> None:
    """Run the benchmark, or write its document."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=Path, default=Path("disagreements.jsonl"))
    parser.add_argument("--lists", nargs="*", default=[*LISTS], choices=LISTS)
    parser.add_argument("--only", nargs="*", help="models with one of these words in their names")
    parser.add_argument("--document", action="store_true", help="print the document of a file")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    if options.document:
        print(document(read_rows(options.rows)))
        return
    run_all(options.rows, options.lists, options.only)


if __name__ == "__main__":
    main()
