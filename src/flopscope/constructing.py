"""A source to a model to count: without weights, wherever its constructor lets it."""

from __future__ import annotations

from torch import nn

from flopscope.errors import FlopscopeError, NeedsValuesError
from flopscope.load.sources import Source
from flopscope.trace import building


def built_for_counting(source: Source) -> tuple[nn.Module, tuple[str, ...]]:
    """The model without weights, or with them where its constructor insists on values."""
    if source.is_instance:
        return source.build(), ()
    try:
        with building():
            return source.build(), ()
    except FlopscopeError as error:
        if not _for_want_of_values(error):
            raise
        model = source.build()
        return model, (f"built with its weights, since without them: {error.message}",)


def _for_want_of_values(error: BaseException | None) -> bool:
    """Whether some exception behind this one is torch's or ours about a tensor without values."""
    while error is not None:
        told = isinstance(error, RuntimeError) and "meta" in str(error)
        if told or isinstance(error, (NotImplementedError, NeedsValuesError)):
            return True
        error = error.__cause__ or error.__context__
    return False
