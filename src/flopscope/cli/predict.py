"""``flopscope predict``: how long a model takes on devices that need not be here."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import click

from flopscope.analysis.prediction.fitted import Variant
from flopscope.analysis.prediction.outlooks import Where
from flopscope.cli.errors import Command
from flopscope.cli.model_options import MODES_WITH_AMP
from flopscope.cli.models import check_requests, takes_model
from flopscope.cli.options import DEBUG, check_output, depth_option, takes_outputs
from flopscope.cli.predicting import takes_devices
from flopscope.cli.terminal import loading_torch, narration, show, stdout_reserved
from flopscope.files import write
from flopscope.report import View, format_of
from flopscope.report.prediction import (
    PREDICTION_FORMATS,
    PREDICTION_SUFFIXES,
    PredictionReport,
)
from flopscope.report.terminal import screen_of
from flopscope.request import Request

EPILOG = """\b
Examples:
  A model of a library on three cards, in mixed precision:
    flopscope predict timm:resnet50 --batch 256 --on "RTX 4090,RTX 5090,H100 SXM"
  A model of yours, channels last, and what a million images cost:
    flopscope predict mypkg:Net --shape 64,3,224,224 --channels-last --on T4 --price T4=0.35
  Compiled, and a step of training:
    flopscope predict timm:vit_base_patch16_224 --batch 128 --on "A100 SXM 80GB" --compile
    flopscope predict timm:resnet50 --batch 128 --on "RTX 3090" --train
  A device that is not in the table:
    flopscope predict timm:resnet50 --batch 64 --peak 120T --bandwidth 800G --memory 16GiB
  A card that was calibrated:
    flopscope predict timm:resnet50 --batch 64 --calibration rtx-4090.json
"""


@click.command(
    "predict", cls=Command, epilog=EPILOG, short_help="Predict a model's time on other devices."
)
@partial(takes_model, modes=MODES_WITH_AMP)
@takes_devices
@depth_option("Show this many levels of modules below the model; 2 unless it is said.")
@takes_outputs(PREDICTION_FORMATS)
@DEBUG
def command(
    *,
    request: Request,
    where: Where,
    variant: Variant,
    half_norms: bool,
    depth: int | None,
    format_name: str,
    outputs: tuple[Path, ...],
    debug: bool,
) -> None:
    """Predict how long a model takes on devices that need not be here, and how far to trust that.

    TARGET is as for flopscope profile. The model is traced as a CUDA device would run it, without
    one, and each kernel is priced by the device's datasheet and by constants that were fitted to
    published measurements. --dtype amp, which is the default, is float16 by autocast; other types
    are the model's own.
    """
    del debug  # see cli.errors.Command
    check_requests([request])
    for path in outputs:
        check_output(path, PREDICTION_SUFFIXES)
    report = _predicted(request, where, variant, half_norms=half_norms)
    view = View(depth=depth)
    for path in outputs:
        write(path, PREDICTION_FORMATS[format_of(path, PREDICTION_SUFFIXES)](report, view))
    screen = screen_of(sys.stdout)
    fitted = View(depth=depth, width=screen.width, ascii=screen.ascii)
    show(PREDICTION_FORMATS[format_name](report, fitted), color=False)


def _predicted(
    request: Request, where: Where, variant: Variant, *, half_norms: bool
) -> PredictionReport:
    with narration() as progress, stdout_reserved():
        with loading_torch(progress):
            from flopscope.predicting import Asked  # noqa: PLC0415 - see loading_torch
            from flopscope.targeting import prediction_of_target  # noqa: PLC0415 - as above

        return prediction_of_target(request, Asked(where, variant, half_norms), progress)
