"""What a target may go on as, while it is typed: read off files, and nothing is imported."""

from __future__ import annotations

import re
from collections.abc import Iterable

from flopscope.load.listing.files import files
from flopscope.load.listing.libraries import LISTED
from flopscope.load.listing.modules import attributes, modules
from flopscope.load.target import SCHEMES

_PLACE = re.compile(r"(?P<place>.+?):(?P<attribute>[\w.]*)")


def targets(typed: str) -> list[str]:
    """The targets, or their beginnings, that what was typed may go on as.

    What ends in one of ``:``, ``.``, ``/`` is a beginning. Modules are looked for on ``sys.path``
    with the working directory in front, as for a target that is run.
    """
    scheme, colon, name = typed.partition(":")
    if colon and scheme in SCHEMES:
        return [f"{scheme}:{found}" for found in LISTED[scheme](name)]
    found = _PLACE.fullmatch(typed)
    if found is not None:
        place = found["place"]
        return [f"{place}:{name}" for name in attributes(place, found["attribute"])]
    known = [*_schemes(typed), *modules(typed)]
    return list(dict.fromkeys([*known, *files(typed, scripts="/" in typed or not known)]))


def _schemes(typed: str) -> Iterable[str]:
    return (f"{scheme}:" for scheme in SCHEMES if scheme.startswith(typed))
