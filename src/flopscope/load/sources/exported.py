"""A program that torch.export saved to its model, with the inputs that it carries."""

from __future__ import annotations
from pathlib import Path
from flopscope.load.sources import Options, Source
from flopscope.load.target import TargetSpec

def find(spec: TargetSpec, options: Options) -> Source:
    import torch
    from flopscope.load.replay.programs import replayed
    from flopscope.load.inputs import Inputs
    ep = torch.export.load(spec.place)
    program = replayed(ep)
    args, kwargs = ep.example_inputs
    return Source(spec.place, lambda: program, is_instance=True, inputs=lambda _m: (Inputs(args, kwargs),))
