"""Reports in files, as ``report.json`` writes them, read back to be compared."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flopscope.analysis.machines import Machine
from flopscope.analysis.written import Allowed, Counts, Layer, Run, Written
from flopscope.errors import InputError, UsageError
from flopscope.files import read_json
from flopscope.report.json import SCHEMA, SCHEMA_OF_SEVERAL, Object
from flopscope.roofline import Limits

WRITTEN_BY = "flopscope profile TARGET ... -o FILE.json writes one"


def read_machines(paths: Sequence[Path]) -> tuple[Machine, ...]:
    """The reports of each file, under the file's name without its suffix where that is its own.

    Raises:
        UsageError: a file is named twice.
        InputError: a file can't be read, or is no report that this version knows.
    """
    twice = next((path for path in paths if paths.count(path) > 1), None)
    if twice is not None:
        raise UsageError(f"{twice} is named twice", hint="compare reports of different machines")
    stems = [path.stem for path in paths]
    return tuple(
        _machine(path, path.stem if stems.count(path.stem) == 1 else str(path)) for path in paths
    )


def read_report(path: Path) -> Written:
    """The report of one model in a file.

    Raises:
        InputError: the file can't be read, or is no report of one model that this version knows.
    """
    document = _document(path)
    if document["schema"] == SCHEMA_OF_SEVERAL:
        raise InputError(f"{path} holds several reports", hint="write one of a single model")
    with whole(path):
        return _report(document, path.stem)


def report_from(document: Object, name: str) -> Written:
    """A report as ``Report.to_dict`` gives it, under a name beside others."""
    return _report(document, name)


@contextmanager
def whole(path: Path, kind: str = "report", hint: str = WRITTEN_BY) -> Iterator[None]:
    """Around the reading of a document, which may lack something.

    Raises:
        InputError: it does; said of a file of this kind.
    """
    try:
        yield
    except KeyError as error:
        raise InputError(f"{path} is no whole {kind}: it lacks {error}", hint) from error
    except (AttributeError, IndexError, TypeError) as error:
        raise InputError(f"{path} is no whole {kind}: {error}", hint) from error


def _machine(path: Path, name: str) -> Machine:
    document = _document(path)
    is_several = document["schema"] == SCHEMA_OF_SEVERAL
    with whole(path):
        reports = document["reports"] if is_several else [document]
        failures = document["failures"] if is_several else []
        return Machine(
            name,
            tuple(_report(report, name) for report in reports),
            tuple((failure["target"], failure["message"]) for failure in failures),
        )


def _document(path: Path) -> Object:
    """The file's object, whose schema is known."""
    document = read_json(path, WRITTEN_BY)
    require_schema(document, (SCHEMA, SCHEMA_OF_SEVERAL), f"{path} is no report of flopscope", path)
    known: Object = document
    return known


def require_schema(
    document: Any, known: Sequence[str], otherwise: str, path: Path, hint: str = WRITTEN_BY
) -> None:
    """Make sure that what a file of JSON holds is of one of these schemas.

    Args:
        document: what it holds.
        known: the schemas.
        otherwise: what it is said to be where it is none, nor of another version of one.
        path: the file.
        hint: how to come by what it should hold.

    Raises:
        InputError: it is not.
    """
    schema = document.get("schema") if isinstance(document, dict) else None
    if schema in known:
        return
    families = "|".join(re.escape(each.rpartition("/")[0]) for each in known)
    if isinstance(schema, str) and re.fullmatch(rf"({families})/\d+", schema):
        raise InputError(
            f"{path} is of schema {schema}, and this flopscope reads {known[0]}",
            hint="read it with the flopscope that wrote it, or write it anew with this one",
        )
    raise InputError(otherwise, hint)


def _report(document: Object, name: str) -> Written:
    environment = document["environment"]
    layers = tuple(_layer(module) for module in document["modules"])
    if not layers or layers[0].scope:
        raise TypeError("the model is not the first of its modules")
    return Written(
        name=name,
        target=document["target"],
        module=document["module"],
        inputs=tuple(
            (each["name"], tuple(each["shape"]), each["dtype"]) for each in document["inputs"]
        ),
        versions={key: environment[key] for key in ("flopscope", "torch")},
        layers=layers,
        operator_calls=sum(
            operator["calls"]
            for operator in document["operators"]
            if operator["flops"] or operator["bytes_moved"]
        ),
        memory_nbytes=_memory(document["memory"]),
        allowed=_allowed(document["limits"]),
        run=_run(document["timing"]),
        uncounted=tuple(entry["op"] for entry in document["coverage"]["uncounted"]),
    )


def _layer(module: Object) -> Layer:
    return Layer(
        scope=module["scope"],
        kind=module["type"],
        calls=_number(module["calls"]),
        counts=_counts(module),
        own=_counts(module["own"]),
        seconds=_known(module["seconds"]),
        ideal_seconds=_known(module["ideal_seconds"]),
        bound=module["bound"],
    )


def _counts(figures: Object) -> Counts:
    return Counts(
        params=_number(figures["params"]),
        macs=_number(figures["macs"]),
        flops=_number(figures["flops"]),
        bytes_moved=_number(figures["bytes_moved"]),
    )


def _memory(memory: Any) -> int | None:
    return None if memory is None else _number(memory["total_bytes"])


def _allowed(limits: Any) -> Allowed | None:
    if limits is None:
        return None
    rates = ("flops_per_second", "bytes_per_second", "seconds_per_call")
    return Allowed(
        limits["origin"], limits["dtype"], Limits(*(_known(limits[rate]) for rate in rates))
    )


def _run(timing: Any) -> Run | None:
    if timing is None:
        return None
    return Run(
        device=timing["device"],
        device_name=timing["device_name"],
        threads=_number(timing["threads"]),
        seconds=_number(timing["median_seconds"]),
        error=_known(timing["median_error"]),
        overhead_seconds=_known(timing["overhead_seconds"]),
        notes=tuple(timing["notes"]),
    )


def _number(value: Any) -> Any:
    """The value, which has to be a number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r} stands where a number belongs")
    return value


def _known(value: Any) -> float | None:
    """The number, or None for one that isn't known."""
    return None if value is None else float(_number(value))
