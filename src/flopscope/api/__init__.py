"""The package's functions: what ``flopscope.profile`` and its like are."""

from flopscope.api.counting import compare, profile
from flopscope.api.generation import llm
from flopscope.api.prediction import predict
from flopscope.api.sizes import closed_form, solve, sweep
from flopscope.api.watching import watch

__all__ = ["closed_form", "compare", "llm", "predict", "profile", "solve", "sweep", "watch"]
