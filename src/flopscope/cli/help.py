"""The help as a manual: options below the headings that a reader looks for them under."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import click

GROUPS: Mapping[str, tuple[str, ...]] = {
    "Inputs": ("--shape", "--batch", "--seq", "--vary", "--input", "--inputs", "--kwarg"),
    "Model": (
        *(
            "--arg",
            "--config",
            "--task",
            "--module",
            "--dtype",
            "--autocast",
            "--norms",
            "--channels-last",
        ),
        *("--assume", "--unsafe-pickle"),
    ),
    "Training": ("--train", "--optimizer", "--loss", "--accumulate", "--checkpoint"),
    "Time and memory": (
        *("--no-time", "--time", "--device", "--count", "--threads", "--peak", "--mfu"),
        *("--bandwidth", "--memory", "--compile", "--fit"),
    ),
    "Other counters": ("--counter", "--all", "--timeout", "--as"),
    "Report": (
        *("--format", "--output", "--columns", "--figures", "--sort", "--depth", "--no-fold"),
        *("--plot", "--against", "--pareto", "--weight"),
    ),
    "Other": ("--strict", "--again", "--debug", "--help"),
}
"""The options below each heading, in its order. Those that are in none are the command's own."""

FEW = 10
"""So many options need no headings."""


def sections_of(options: Iterable[click.Parameter]) -> dict[str, list[click.Option]]:
    """Options by heading, the command's own first; all below one where they are few."""
    named = {
        max(option.opts, key=len): option for option in options if isinstance(option, click.Option)
    }
    grouped = {name for names in GROUPS.values() for name in names}
    own = tuple(name for name in named if name not in grouped)
    several = {"Options": tuple(named)} if len(named) <= FEW else {"Options": own, **GROUPS}
    found = {
        heading: [named[name] for name in names if name in named]
        for heading, names in several.items()
    }
    return {heading: listed for heading, listed in found.items() if listed}


def write_options(
    options: Iterable[click.Parameter], ctx: click.Context, formatter: click.HelpFormatter
) -> None:
    """Write options below their headings."""
    for heading, listed in sections_of(options).items():
        with formatter.section(heading):
            records = (option.get_help_record(ctx) for option in listed)
            formatter.write_dl([record for record in records if record])
