"""Budgets to verdicts: each model is counted once, and held against its limits and its baseline."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

from flopscope.analysis.difference import difference
from flopscope.analysis.verdicts import Verdict, verdict
from flopscope.analysis.written import Written
from flopscope.errors import FlopscopeError, InputError
from flopscope.files import read_json, write
from flopscope.load.budgets import Budget, Budgets
from flopscope.progress import Progress
from flopscope.report.written import report_from, require_schema, whole
from flopscope.revisions import profiles_at
from flopscope.targeting import profile_target
from flopscope.units import many

SCHEMA = "flopscope.baseline/1"


def check_budgets(
    budgets: Budgets,
    chosen: Sequence[Budget],
    progress: Progress,
    *,
    update: bool = False,
    since: str | None = None,
) -> tuple[Verdict, ...]:
    """Count the models of some budgets and say which limits they keep.

    Args:
        budgets: all of the project's.
        chosen: those to be checked.
        progress: told what is being done.
        update: whether to write what is found as the new baseline of the chosen ones.
        since: a revision of the repository to say what changed from, or None.

    Raises:
        InputError: the baseline cannot be read.
        UsageError: there is no such revision.
        FlopscopeError: the baseline cannot be written.
    """
    baseline = _read_baseline(budgets.baseline)
    earlier: Mapping[str, _Earlier] = {}
    if since is not None:
        progress(f"counting {many(len(chosen), 'model')} at {since}")
        then = profiles_at([budget.request for budget in chosen], since)
        earlier = {budget.name: each for budget, each in zip(chosen, then, strict=True)}
    found: dict[str, Any] = {}
    verdicts = []
    for budget in chosen:
        try:
            document = profile_target(budget.request, progress).to_dict()
        except FlopscopeError as error:
            verdicts.append(_failed(budget, error))
            continue
        found[budget.name] = document
        before = document if update else baseline.get(budget.name)
        report = report_from(document, budget.name)
        made = verdict(
            budget.name,
            report,
            budget.limits,
            budget.growth,
            None if before is None else _of_baseline(before, budgets.baseline),
        )
        verdicts.append(_compared(made, report, earlier.get(budget.name), since))
    if update:
        names = {budget.name for budget in budgets.budgets}
        kept = {name: report for name, report in baseline.items() if name in names}
        slim = {name: _slim(document) for name, document in found.items()}
        _write_baseline(budgets.baseline, kept | slim)
    return tuple(verdicts)


_Earlier: TypeAlias = "dict[str, Any] | FlopscopeError"
"""The report of a model at a revision, or why there is none."""


def _compared(
    made: Verdict, report: Written, before: _Earlier | None, since: str | None
) -> Verdict:
    """The verdict with what changed in its model since a revision."""
    if before is None:
        return made
    if isinstance(before, FlopscopeError):
        said = f"not compared with {since}: {before.message}"
        return replace(made, notes=(*made.notes, said))
    change = difference(report_from(before, f"{made.name} at {since}"), report)
    return replace(made, change=change)


def _failed(budget: Budget, error: FlopscopeError) -> Verdict:
    return Verdict(
        budget.name,
        budget.request.target,
        failure=error.message,
        hint=error.hint,
        exit_code=max(error.exit_code, InputError.exit_code),  # 1 and 2 mean something else
    )


def _read_baseline(path: Path) -> Mapping[str, Any]:
    if not path.exists():
        return {}
    document = read_json(path, _ANEW)
    require_schema(document, (SCHEMA,), f"{path} is no baseline of this flopscope", path, _ANEW)
    with whole(path, "baseline", _ANEW):
        return dict(document["reports"])


def _of_baseline(document: Any, path: Path) -> Written:
    """A report of the baseline in a file."""
    with whole(path, "baseline", _ANEW):
        return report_from(document, "baseline")


def _slim(document: Mapping[str, Any]) -> dict[str, Any]:
    """What of a report a later one is held against."""
    modules = [{name: module[name] for name in _OF_MODULES} for module in document["modules"]]
    unmeasured: dict[str, Any] = {"operators": [], "limits": None, "timing": None}
    return {name: document[name] for name in _OF_REPORTS} | {"modules": modules} | unmeasured


_OF_REPORTS = ("target", "module", "inputs", "environment", "memory", "coverage")
_OF_MODULES = (
    *("scope", "type", "calls", "params", "macs", "flops", "bytes_moved", "own"),
    *("seconds", "ideal_seconds", "bound"),
)
_ANEW = "remove it, and write it anew with --update-baseline"


def _write_baseline(path: Path, reports: Mapping[str, Any]) -> None:
    """One report to a line, so that a change of one model is a change of one line."""
    lines = ",\n".join(
        f"    {json.dumps(name)}: {json.dumps(reports[name])}" for name in sorted(reports)
    )
    write(path, f'{{\n  "schema": "{SCHEMA}",\n  "reports": {{\n{lines}\n  }}\n}}')
