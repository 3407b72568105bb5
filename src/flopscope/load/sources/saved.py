"""A file that torch saved to the model in it, or to why it holds none."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from pickle import UnpicklingError

from flopscope.errors import TargetError
from flopscope.load import contents
from flopscope.load.importing import put_on_path, user_code
from flopscope.load.pickles import classes_named_in
from flopscope.load.sources import Options, Source, exported, is_module
from flopscope.load.target import TargetSpec
from flopscope.load.weights import only_weights, safetensors_sizes, weights_error


def find(spec: TargetSpec, options: Options) -> Source:
    """The model in a file, by what is in it and not by its name.

    Raises:
        TargetError: there is no such file, or no model in it that can be read.
    """
    path = Path(spec.place)
    content = contents.content_of(path)
    if spec.arguments or spec.settings:
        raise TargetError(
            f"{path} is {content} and takes no arguments", hint="name its class to build another"
        )
    return _READERS[content](path, options)


def _script(path: Path, _options: Options) -> Source:
    """A TorchScript model, which tells what it runs but not in which of its modules."""
    import torch

    with user_code(f"loading {path}"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*torch.jit")
        model = torch.jit.load(path, map_location="cpu")
    return Source(
        str(path),
        lambda: model,
        is_instance=True,
        notes=(
            "TorchScript is deprecated: torch.export.save makes a .pt2, which is told by module",
            "TorchScript does not tell which module runs an operator: all are the model's own",
        ),
    )


def _checkpoint(path: Path, options: Options) -> Source:
    """A pickled model where its code may run; weights are none.

    Raises:
        TargetError: it may not, or the file holds no model.
    """
    import torch

    if options.unsafe_pickle:
        return _unpickled(path, partial(torch.load, path, weights_only=False, map_location="cpu"))
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Detected pickle protocol")
            held = torch.load(path, weights_only=True, map_location="meta")
    except Exception as error:  # a broken pickle raises anything
        raise _refused(path, error) from error
    raise only_weights(path, held)


def _pickle(path: Path, options: Options) -> Source:
    """A model that was pickled without torch.save, where its code may run.

    Raises:
        TargetError: it may not, or the file holds no model.
    """
    if not options.unsafe_pickle:
        raise _refused(path, UnpicklingError("it was pickled without torch.save"))
    with path.open("rb") as file:
        return _unpickled(path, partial(pickle.load, file))


def _unpickled(path: Path, load: Callable[[], object]) -> Source:
    put_on_path(Path.cwd())
    with user_code(f"unpickling {path}"):
        held = load()
    if not is_module(held):
        raise only_weights(path, held)
    return Source(
        str(path),
        lambda: held,
        is_instance=True,
        notes=(f"--unsafe-pickle: the code in {path} was run",),
    )


def _refused(path: Path, error: Exception) -> TargetError:
    named = classes_named_in(path)
    if not named:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        return TargetError(f"cannot read {path}: {reason}", hint="save or download it again")
    listed = ", ".join(named[:3]) + (f" and {len(named) - 3} more" if len(named) > 3 else "")
    return TargetError(
        f"{path} is a pickle of {listed}, whose code would run",
        hint="--unsafe-pickle runs it, for files that you trust; or name the class:"
        " package.module:ClassName",
    )


def _safetensors(path: Path, _options: Options) -> Source:
    raise weights_error(path, safetensors_sizes(path))


_READERS: Mapping[str, Callable[[Path, Options], Source]] = {
    contents.EXPORTED: exported.read,
    contents.SCRIPT: _script,
    contents.CHECKPOINT: _checkpoint,
    contents.PICKLE: _pickle,
    contents.SAFETENSORS: _safetensors,
}
"""What reads a file, by what is in it."""
