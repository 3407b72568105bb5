"""``flopscope predict``: how long a model takes on devices that need not be here."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import click

from flopscope.analysis.prediction.fitted import Variant
from flopscope.analysis.prediction.outlooks import Where
from flopscope.cli.errors import Command, PartlyFailedError
from flopscope.cli.model_options import MODES_WITH_AMP
from flopscope.cli.models import check_requests, takes_models
from flopscope.cli.options import DEBUG, check_output, depth_option, takes_outputs
from flopscope.cli.predicting import takes_devices
from flopscope.cli.reports import each_of
from flopscope.cli.terminal import loading_torch, narration, show, stdout_reserved
from flopscope.cli.training import check_training
from flopscope.files import write
from flopscope.report import View, format_of
from flopscope.report.prediction import PREDICTION_FORMATS, PREDICTION_SUFFIXES
from flopscope.report.prediction.several import SEVERAL_PREDICTION_FORMATS, Predictions
from flopscope.report.terminal import screen_of
from flopscope.request import Request

EPILOG = """\b
Examples:
  A model of a library on three cards, in mixed precision:
    flopscope predict timm:resnet50 --batch 256 --on "RTX 4090,RTX 5090,H100 SXM"
  Models against each other, and a curve of throughput:
    flopscope predict timm:resnet50 timm:convnext_tiny --batch 128 --on "RTX 4090,L4"
    flopscope predict timm:resnet50 --batch 16,64,256 --on "A100 SXM 80GB"
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
@partial(takes_models, modes=MODES_WITH_AMP)
@takes_devices
@depth_option("Show this many levels of modules below the model; 2 unless it is said.")
@takes_outputs(PREDICTION_FORMATS)
@DEBUG
def command(
    *,
    requests: tuple[Request, ...],
    where: Where,
    variant: Variant,
    half_norms: bool,
    depth: int | None,
    format_name: str,
    outputs: tuple[Path, ...],
    debug: bool,
) -> None:
    """Predict how long models take on devices that need not be here, and how far to trust that.

    TARGET is as for flopscope profile. A model is traced as a CUDA device would run it, without
    one, and each kernel is priced by the device's datasheet and by constants that were fitted to
    published measurements. --dtype amp, which is the default, is float16 by autocast; other types
    are the model's own.
    """
    del debug  # see cli.errors.Command
    check_requests(requests)
    check_training([replace(request, train=variant == "training") for request in requests])
    for path in outputs:
        check_output(path, PREDICTION_SUFFIXES)
    with narration() as progress, stdout_reserved():
        with loading_torch(progress):
            from flopscope.predicting import Asked  # noqa: PLC0415 - see loading_torch
            from flopscope.targeting import prediction_of_target  # noqa: PLC0415 - as above

        asked = Asked(where, variant, half_norms)
        several = Predictions(
            *each_of(requests, lambda request: prediction_of_target(request, asked, progress))
        )

    def render(name: str, view: View) -> str:
        if len(requests) == 1:
            return PREDICTION_FORMATS[name](several.reports[0], view)
        return SEVERAL_PREDICTION_FORMATS[name](several, view)

    for path in outputs:
        write(path, render(format_of(path, PREDICTION_SUFFIXES), View(depth=depth)))
    screen = screen_of(sys.stdout)
    fitted = View(depth=depth, width=screen.width, ascii=screen.ascii)
    show(render(format_name, fitted), color=False)
    if several.failures:
        raise PartlyFailedError(several.failures, len(several.reports))
