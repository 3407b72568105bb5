"""What became of budgets, for programs: JSON, JUnit's XML and OpenMetrics' text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from flopscope.analysis.verdicts import Check, Verdict
from flopscope.report import View
from flopscope.report.characters import printable
from flopscope.report.difference_json import document as change_document
from flopscope.report.verdicts import reasons, sentence
from flopscope.report.written import require_schema, whole

SCHEMA = "flopscope.verdicts/1"


def render_json(verdicts: Sequence[Verdict], view: View) -> str:
    """All verdicts, each with its checks, as ``flopscope merge`` reads them."""
    document = {
        "schema": SCHEMA,
        "kept": all(verdict.is_kept for verdict in verdicts),
        "verdicts": [
            {
                **asdict(replace(verdict, change=None)),
                "kept": verdict.is_kept,
                "checks": list(map(_check, verdict.checks)),
                "change": None if verdict.change is None else change_document(verdict.change),
            }
            for verdict in verdicts
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=view.ascii, allow_nan=False)


def _check(check: Check) -> dict[str, Any]:
    return {**asdict(check), "kept": check.is_kept}


def verdicts_from(document: Any, path: Path) -> tuple[Verdict, ...]:
    """The verdicts that :func:`render_json` has written to a file, without what changed.

    Raises:
        InputError: this is something else.
    """
    otherwise = f"{path} holds no verdicts of this flopscope"
    require_schema(document, (SCHEMA,), otherwise, path, _WRITTEN_BY)
    with whole(path, "file of verdicts", _WRITTEN_BY):
        return tuple(map(_verdict, document["verdicts"]))


_WRITTEN_BY = "flopscope check --format json writes them"


def _verdict(entry: Mapping[str, Any]) -> Verdict:
    fields = {name: value for name, value in entry.items() if name not in ("kept", "change")}
    checks = tuple(
        Check(
            each["figure"],
            each["value"],
            each["limit"],
            each["baseline"],
            tuple((scope, amount) for scope, amount in each["blamed"]),
        )
        for each in fields.pop("checks")
    )
    return Verdict(**{**fields, "notes": tuple(fields["notes"])}, checks=checks)


def render_junit(verdicts: Sequence[Verdict], view: View) -> str:
    """A test case for each budget, as continuous integration shows them."""
    del view
    suite = ElementTree.Element(
        "testsuite",
        name="flopscope",
        tests=str(len(verdicts)),
        failures=str(sum(not verdict.is_kept and not verdict.failure for verdict in verdicts)),
        errors=str(sum(bool(verdict.failure) for verdict in verdicts)),
    )
    for verdict in verdicts:
        case = ElementTree.SubElement(
            suite, "testcase", classname=printable(verdict.target), name=printable(verdict.name)
        )
        if not verdict.is_kept:
            kind = "error" if verdict.failure else "failure"
            lines = list(map(printable, reasons(verdict)))
            found = ElementTree.SubElement(case, kind, message=lines[0])
            found.text = "\n".join(lines)
        out = ElementTree.SubElement(case, "system-out")
        out.text = "\n".join(printable(sentence(check)) for check in verdict.checks)
    suites = ElementTree.Element("testsuites")
    suites.append(suite)
    ElementTree.indent(suites)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(suites, "unicode")


def render_metrics(verdicts: Sequence[Verdict], view: View) -> str:
    """OpenMetrics' text, which GitLab compares between branches."""
    del view
    values = {
        (verdict.name, check.figure): check.value
        for verdict in verdicts
        for check in verdict.checks
        if check.value is not None
    }
    lines = [
        f'flopscope_{figure}{{budget="{_label(name)}"}} {value:.0f}'
        for (name, figure), value in sorted(values.items(), key=lambda entry: entry[0][::-1])
    ]
    return "\n".join((*lines, "# EOF"))


def _label(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
