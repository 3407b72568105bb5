"""The document of the blind test, from the rows that it wrote."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import torch

from benchmarks.blind_models.library import Library

Row = dict[str, str]

TEMPLATE = Path(__file__).with_name("blind.md")

CAUSES = {
    "aten._scaled_dot_product_flash_attention_for_cpu": "the model itself asks for it: no formula",
    "aten.mv": "a matrix by a vector: no formula",
    "aten.dot": "a vector by a vector: no formula",
    "aten.addmv": "a matrix by a vector: no formula",
    "aten.affine_grid_generator": "a grid by a matrix, inside one operator: no formula",
    "aten.bmm": "complex numbers: a product of two is one MAC there, four here",
    "aten.mm": "complex numbers; a sparse matrix: all its elements there, the stored here",
}
"""Why torch's counter says something else of an operator."""


def document(rows: Sequence[Row], libraries: Iterable[Library]) -> str:
    """All of it."""
    order = {library.name: place for place, library in enumerate(libraries)}
    rows = sorted(rows, key=lambda row: order[row["library"]])
    places = {
        "torch": torch.__version__.partition("+")[0],
        "summary": "\n".join(summary(rows)),
        "exceptions": "\n".join(exceptions(rows)),
        "beside_torch": "\n".join(beside_torch(rows)),
        "every_model": "\n".join(every_model(rows)).strip(),
    }
    return TEMPLATE.read_text(encoding="utf-8").format(**places).rstrip()


def summary(rows: Sequence[Row]) -> Iterator[str]:
    """How many of how many."""
    built = [row for row in rows if row["params_really"]]
    run = [row for row in rows if row["real_macs"]]
    met = [row for row in run if row["flop_counter"]]
    unlike = [row for row in met if int(row["flop_counter"]) != 2 * int(row["real_macs"])]
    yield from ("| | models |", "|---|---:|")
    yield f"| chosen, of {len({row['library'] for row in rows})} libraries | {len(rows)} |"
    yield f"| built here | {len(built)} |"
    yield f"| counted without weights | {sum(bool(row['macs']) for row in rows)} |"
    yield f"| run for real here | {len(run)} |"
    yield f"| of these, counted without weights | {sum(bool(row['macs']) for row in run)} |"
    yield f"| with the MACs of the real run | {sum(same(row, 'macs') for row in run)} |"
    yield f"| with its FLOPs, too | {sum(same(row, 'flops') for row in run)} |"
    yield f"| equal in every module | {sum(is_equal(row) for row in run)} |"
    yield f"| with uncounted operators | {sum(bool(row['uncounted']) for row in rows)} |"
    yield f"| with the elements of its parameters | {sum(same(row, 'params') for row in run)} |"
    yield f"| with the figure of torch's counter | {len(met) - len(unlike)} |"
    explained = sum(row["unlike"] != "" and not unexplained(row) for row in unlike)
    yield f"| with another, each difference explained below | {explained} |"
    yield f"| where torch's counter itself fails | {sum(map(failed, run))} |"


def same(row: Row, figure: str) -> bool:
    """Whether the count says what the real run does."""
    theirs = "params_really" if figure == "params" else f"real_{figure}"
    return row[figure] != "" and row[figure] == row[theirs]


def is_equal(row: Row) -> bool:
    """Whether count and real run are the same throughout."""
    figures_are = all(same(row, figure) for figure in ("params", "macs", "flops"))
    return figures_are and not row["difference"] and not row["uncounted"]


def unlike(row: Row) -> Iterator[tuple[str, int, int]]:
    """Operators that torch's counter sees differently: its FLOPs, and ours."""
    for entry in [] if failed(row) else row["unlike"].split():
        operator, theirs, ours = entry.split(":")
        yield operator, int(theirs), int(ours)


def failed(row: Row) -> bool:
    """Whether torch's counter itself raised."""
    return row["unlike"].startswith("torch.utils.flop_counter: ")


def unexplained(row: Row) -> int:
    """What remains of a difference to torch's counter once the known causes are taken off."""
    known = sum(ours - theirs for operator, theirs, ours in unlike(row) if operator in CAUSES)
    return 2 * int(row["real_macs"]) - int(row["flop_counter"]) - known


def exceptions(rows: Sequence[Row]) -> Iterator[str]:
    """Every model that is not equal, and why."""
    yield from ("| model | what happened |", "|---|---|")
    for row in rows:
        if not is_equal(row):
            yield f"| {row['library']}: {row['model']} | {verdict(row)} |"


def verdict(row: Row) -> str:
    """In words, without addresses."""
    return re.sub(r"https?://[^\s']+", "…", happened(row))


def happened(row: Row) -> str:
    """What a model that is not equal came to."""
    if not row["params_really"]:
        return row["real_error"].partition(". ")[0] or "the process died"
    if not row["real_macs"]:
        return f"does not run for real: {row['real_error']}"
    if not row["macs"]:
        return f"**not counted**: {row['error']}"
    figures = [figure for figure in ("params", "macs", "flops") if not same(row, figure)]
    off = ", ".join(f"{row[figure]} {figure}" for figure in figures)
    words = [f"the real run: {row['real_macs']} macs, {row['real_flops']} flops; counted: {off}"]
    if not figures:
        words = ["the same in total"]
    words += [row["difference"], row["uncounted"]]
    words += [f"assumed: {row['assumptions']}"] if row["assumptions"] else []
    return "; ".join(filter(None, words))


def beside_torch(rows: Sequence[Row]) -> Iterator[str]:
    """The causes of differences, and the models that they are found in."""
    found = Counter[str]()
    flops = Counter[str]()
    for row in rows:
        for operator, theirs, ours in unlike(row):
            found[operator] += 1
            flops[operator] += ours - theirs
    yield "| operator | models | FLOPs more here | cause |"
    yield "|---|---:|---:|---|"
    for operator, models in found.most_common():
        cause = CAUSES.get(operator, "**unexplained**")
        yield f"| `{operator}` | {models} | {flops[operator]:,} | {cause} |"


def every_model(rows: Sequence[Row]) -> Iterator[str]:
    """A table per library."""
    library = ""
    for row in rows:
        if row["library"] != library:
            library = row["library"]
            yield from ("", f"### {library} {row['version']}", "")
            yield "| model | params | MACs | FLOPs | real run | torch's counter | assumed |"
            yield "|---|---:|---:|---:|---|---|---|"
        yield f"| {row['model']} | {' | '.join(cells(row))} |"


def cells(row: Row) -> Iterator[str]:
    """What is in a model's row."""
    for figure in ("params", "macs", "flops"):
        yield f"{int(row[figure]):,}" if row[figure] else ""
    yield "equal" if is_equal(row) else "see above"
    yield from (torch_said(row), row["assumptions"])


def torch_said(row: Row) -> str:
    """Whether torch's counter agrees with the real run."""
    if failed(row) or not row["flop_counter"]:
        return row["unlike"]
    if int(row["flop_counter"]) == 2 * int(row["real_macs"]):
        return "equal"
    return f"{int(row['flop_counter']) // 2:,}" + (" **unexplained**" if unexplained(row) else "")
