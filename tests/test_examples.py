"""The block of the examples costs what is derived here; the scripts print what they show."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
import torch

import flopscope
from flopscope.budgeting import check_budgets
from flopscope.load.budgets import read_budgets
from flopscope.progress import silent
from flopscope.request import GivenInputs, Request
from flopscope.targeting import profile_target

EXAMPLES = Path(__file__).parent.parent / "examples"
OUTPUT = "\n# Output:\n"
SCRIPTS = sorted(path for path in EXAMPLES.glob("*.py") if OUTPUT in path.read_text("utf-8"))

BATCH, PLANES, SIZE = 2, 384, 32
KERNEL = 3 * 3

PARAMS_OF_A_NORM = {"instance": 0, "group": 2 * PLANES, "batch": 2 * PLANES, "none": 0}
VARIANTS = [("instance", 1), ("group", 1), ("batch", 2), ("none", 2)]


@pytest.fixture(autouse=True)
def examples_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(EXAMPLES)


def residual_block(norm_fn: str, stride: int) -> torch.nn.Module:
    from residual_block import ResidualBlock  # noqa: PLC0415  (on the path during a test only)

    return ResidualBlock(norm_fn=norm_fn, stride=stride)


@pytest.mark.parametrize(("norm_fn", "stride"), VARIANTS)
def test_a_residual_block_costs_its_convolutions(norm_fn: str, stride: int) -> None:
    outputs = BATCH * PLANES * (SIZE // stride) ** 2
    macs = 2 * outputs * PLANES * KERNEL
    params = 2 * (PLANES * PLANES * KERNEL + PLANES + PARAMS_OF_A_NORM[norm_fn])
    if stride > 1:  # the shortcut's 1x1 convolution and its norm
        macs += outputs * PLANES
        params += PLANES * PLANES + PLANES + PARAMS_OF_A_NORM[norm_fn]

    report = flopscope.profile(
        residual_block(norm_fn, stride), args=(torch.zeros(BATCH, PLANES, SIZE, SIZE),)
    )

    assert (report.macs, report.params) == (macs, params)
    assert report.uncounted == ()


def test_a_strided_residual_block_halves_the_picture() -> None:
    block = residual_block("batch", 2)
    assert block(torch.zeros(1, PLANES, 8, 6)).shape == (1, PLANES, 4, 3)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_script_prints_the_output_at_its_end(
    script: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = script.read_text().partition(OUTPUT)[2].splitlines()
    runpy.run_path(str(script), run_name="__main__")
    printed = capsys.readouterr().out.splitlines()
    assert printed == [line.removeprefix("#").removeprefix(" ") for line in shown]


def test_the_budgets_of_the_examples_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(EXAMPLES)
    budgets = read_budgets()
    (verdict,) = check_budgets(budgets, budgets.budgets, silent)

    outputs = BATCH * PLANES * (SIZE // 2) ** 2
    limits = {check.figure: (check.value, check.is_kept) for check in verdict.checks}
    assert limits["macs"] == (2 * outputs * PLANES * KERNEL + outputs * PLANES, True)
    assert verdict.is_kept


def test_an_operator_with_a_formula_of_its_own_is_counted() -> None:
    batch, steps, width = 2, 16, 8
    request = Request(
        f"{EXAMPLES / 'custom_operator.py'}:Mixer({width})",
        inputs=GivenInputs((f"{batch},{steps},{width}",)),
        time=False,
    )
    report = profile_target(request)
    wide = batch * steps * 2 * width
    assert report.uncounted == ()
    assert report.macs == 2 * wide * width
    assert report.flops == 2 * report.macs + wide + 2 * wide + batch * steps * width  # bias, scan
