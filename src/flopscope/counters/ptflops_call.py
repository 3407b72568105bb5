"""A call of ptflops, with either backend, and what it prints meanwhile as data."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from inspect import signature
from typing import Any

from ptflops import get_model_complexity_info
from torch import nn

from flopscope.counters import whole
from flopscope.errors import FlopscopeError

_WITHOUT_RULE = re.compile(r"Warning: (?:module )?(\S+) (?:operation )?is treated as a zero-op")
_REASON = re.compile(r"following exception: \n<class '(?:.*\.)?(\w+)'>: (.*)")


@dataclass(frozen=True)
class Complexity:
    """What ptflops gives.

    Attributes:
        macs: of the backend's rules.
        params: those that are trained.
        uncounted: operators that it calls zero, and how often; types of modules once each.
    """

    macs: int
    params: int
    uncounted: Mapping[str, int]


def complexity(
    model: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any], **options: Any
) -> Complexity:
    """Ask ptflops; several inputs are given to it by their names, as it wants them.

    Raises:
        FlopscopeError: it caught an exception.
    """
    inputs = args[0] if len(args) == 1 and not kwargs else _by_name(model, args, kwargs)
    with redirect_stdout(io.StringIO()) as printed, redirect_stderr(io.StringIO()):
        macs, params = get_model_complexity_info(
            model,
            (1,),  # the shape of an input, which it does not make itself
            print_per_layer_stat=False,
            as_strings=False,
            input_constructor=lambda _: inputs,
            verbose=True,
            ost=printed,
            **options,
        )
    said = printed.getvalue()
    if macs is None:
        reason = _REASON.search(said)
        raise FlopscopeError(": ".join(reason.groups()) if reason else "it gave up")
    return Complexity(whole(macs), whole(params), Counter(_WITHOUT_RULE.findall(said)))


def _by_name(model: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    bound = signature(model.forward).bind(*args, **kwargs)
    named = dict(bound.arguments)
    for parameter in bound.signature.parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            named |= named.pop(parameter.name, {})
    return named
