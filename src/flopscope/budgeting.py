"""Budgets to verdicts: each model is counted once, and held against its limits and its baseline."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from flopscope.analysis.verdicts import Verdict, verdict
from flopscope.analysis.written import Written
from flopscope.errors import FlopscopeError, InputError
from flopscope.files import read_json, write
from flopscope.load.budgets import Budget, Budgets
from flopscope.progress import Progress
from flopscope.report.written import report_from, whole
from flopscope.targeting import profile_target

SCHEMA = "flopscope.baseline/1"


def check_budgets(
    budgets: Budgets, chosen: Sequence[Budget], progress: Progress, *, update: bool = False
) -> tuple[Verdict, ...]:
    """Count the models of some budgets and say which limits they keep.

    Args:
        budgets: all of the project's.
        chosen: those to be checked.
        progress: told what is being done.
        update: whether to write what is found as the new baseline of the chosen ones.

    Raises:
        InputError: the baseline cannot be read.
        FlopscopeError: the baseline cannot be written.
    """
    baseline = _read_baseline(budgets.baseline)
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
        verdicts.append(
            verdict(
                budget.name,
                report_from(document, budget.name),
                budget.limits,
                budget.growth,
                None if before is None else _earlier(before, budgets.baseline),
            )
        )
    if update:
        names = {budget.name for budget in budgets.budgets}
        kept = {name: report for name, report in baseline.items() if name in names}
        slim = {name: _slim(document) for name, document in found.items()}
        _write_baseline(budgets.baseline, kept | slim)
    return tuple(verdicts)


def _failed(budget: Budget, error: FlopscopeError) -> Verdict:
    return Verdict(
        budget.name,
        budget.request.target,
        failure=error.message,
        hint=error.hint,
        exit_code=error.exit_code,
    )


def _read_baseline(path: Path) -> Mapping[str, Any]:
    if not path.exists():
        return {}
    document = read_json(path, _ANEW)
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise InputError(f"{path} is no baseline of this flopscope", hint=_ANEW)
    with whole(path, "baseline", _ANEW):
        return dict(document["reports"])


def _earlier(document: Any, path: Path) -> Written:
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
