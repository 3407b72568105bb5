"""The user's module by name or file, with what goes wrong told as theirs or as a wrong name."""

from __future__ import annotations

import gc
import importlib
import importlib.util
import pkgutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from flopscope.blame import CUDA_ONLY, describe, foreign_frames, location, shown
from flopscope.errors import FlopscopeError, TargetError
from flopscope.spelling import did_you_mean


@contextmanager
def loading() -> Iterator[None]:
    """Around imports: nothing that is made then is looked through for garbage, then or later.

    A collection among the objects that torch makes takes longer than counting a model does.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if not gc.get_freeze_count():  # once: later on, models of others would be kept for good
            gc.freeze()
        if was_enabled:
            gc.enable()


@contextmanager
def user_code(doing: str) -> Iterator[None]:
    """Around code of the user's, which may raise anything.

    Args:
        doing: what is being done, as in ``"importing mypkg"``.

    Raises:
        TargetError: it raised, or called ``sys.exit()``; the original is its cause.
    """
    arguments, sys.argv = sys.argv, sys.argv[:1]  # which are not the user's program's
    try:
        yield
    except FlopscopeError:
        raise
    except SystemExit as error:
        raise TargetError(
            f"{doing}: the code called sys.exit({error.code!r}) ({location(error)})",
            hint="put what only a script should do under if __name__ == '__main__':",
        ) from error
    except Exception as error:
        raise TargetError(f"{doing} failed: {describe(error)}", hint=_remedy(error)) from error
    finally:
        sys.argv = arguments


def import_name(name: str) -> ModuleType:
    """The module of that dotted name, looked for in the working directory first.

    Raises:
        TargetError: there is no such module, or it raised while being imported.
    """
    put_on_path(Path.cwd())
    with user_code(f"importing {name}"):
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            if not _is_itself_absent(name, error):
                raise
            raise _no_module(name, error.name or name) from error


def import_library(name: str, extra: str) -> ModuleType:
    """A library of models, which flopscope runs without unless a target asks for it.

    Args:
        name: of its module.
        extra: of the distribution, that installs it.

    Raises:
        TargetError: it is not installed, or raised while being imported.
    """
    with user_code(f"importing {name}"):
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name != name:
                raise
            raise TargetError(
                f"{name} is not installed", hint=f"pip install 'torch-flopscope[{extra}]'"
            ) from error


def import_file(path: Path) -> ModuleType:
    """The module in a file: under its package's name if it lies in one, else as a script would run.

    Its package's root, or a script's directory, is put on the path, so that its imports work.
    ``__name__`` is never ``"__main__"``.

    Raises:
        TargetError: there is no such file, or it raised while being imported.
    """
    put_on_path(Path.cwd())
    if (path / "__init__.py").is_file():
        path = path / "__init__.py"
    if not path.is_file():
        raise _no_file(path)
    path = path.resolve()
    root, name = _package(path)
    put_on_path(root)
    with user_code(f"importing {shown(str(path))}"):
        if root == path.parent:
            return _import_script(path)
        module = importlib.import_module(name)
    found = module.__file__
    if found is None or Path(found).resolve() != path:
        raise TargetError(
            f"{shown(str(path))} would be imported as '{name}', which is {found}",
            hint="another package of that name comes first: run from its own environment",
        )
    return module


def put_on_path(directory: Path) -> None:
    """Make a directory the first place to look for modules in, unless it is on the path already."""
    entries = {str(Path(entry).absolute()) for entry in sys.path}
    if str(directory.absolute()) not in entries:
        sys.path.insert(0, str(directory))


def submodules(module: ModuleType) -> list[str]:
    """Names of the modules inside a package, imported or not; none for a plain module."""
    return [found.name for found in pkgutil.iter_modules(getattr(module, "__path__", []))]


def _package(path: Path) -> tuple[Path, str]:
    """The directory a file is imported from, and its dotted name there."""
    parts = [] if path.name == "__init__.py" else [path.stem]
    directory = path.parent
    while (directory / "__init__.py").is_file():
        parts.insert(0, directory.name)
        directory = directory.parent
    return directory, ".".join(parts)


def _import_script(path: Path) -> ModuleType:
    # A script may be called like a module that is loaded already ("profile.py"): that one stays.
    name = path.stem
    loaded = sys.modules.get(name)
    if loaded is not None:
        if getattr(loaded, "__file__", None) == str(path):
            return loaded
        name = path.name
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise TargetError(f"{path} is not a Python file", hint="name a .py file or a module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _is_itself_absent(name: str, error: ModuleNotFoundError) -> bool:
    """Whether the named module is missing, rather than something that it imports."""
    named = error.name is not None and f"{name}.".startswith(f"{error.name}.")
    return named and not foreign_frames(error)


def _no_module(name: str, missing: str) -> TargetError:
    parent_name, _, last = missing.rpartition(".")
    parent = sys.modules.get(parent_name)
    if parent is None:
        siblings = [found.name for found in pkgutil.iter_modules()]
        hint = did_you_mean(last, siblings)
    else:
        siblings = submodules(parent)
        hint = did_you_mean(missing, (f"{parent_name}.{sibling}" for sibling in siblings))
        if hasattr(parent, last):
            hint = f"did you mean '{parent_name}:{last}'?"
    if (Path.cwd() / "src" / missing.partition(".")[0]).is_dir():
        hint = "it is under src/, which is not on the path: install it, or set PYTHONPATH=src"
    return TargetError(
        f"no module named '{missing}'" + (f" (in '{name}')" if missing != name else ""),
        hint=hint or f"it is not in {Path.cwd()}, nor installed in {sys.prefix}",
    )


def _no_file(path: Path) -> TargetError:
    with_suffix = path.with_name(f"{path.name}.py")
    if with_suffix.is_file():
        return TargetError(f"no file {path}", hint=f"did you mean '{with_suffix}'?")
    if path.is_dir():
        return TargetError(
            f"{path} is a directory", hint=f"name a file in it, such as {path / 'net.py'}"
        )
    if not path.parent.is_dir():
        return TargetError(f"no directory {path.parent}", hint=f"you are in {Path.cwd()}")
    meant = did_you_mean(str(path), (str(sibling) for sibling in path.parent.glob("*.py")))
    return TargetError(f"no file {path}", hint=meant or f"you are in {Path.cwd()}")


def _remedy(error: Exception) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name:
        absent = f"'{error.name}' is not installed in the environment that runs: {sys.prefix}"
        needs_cuda = error.name.partition(".")[0] in CUDA_ONLY
        return f"{absent} (it needs CUDA)" if needs_cuda else absent
    if isinstance(error, ImportError) and "relative import" in str(error):
        return "name it as a module of its package, as in package.module:Name"
    if isinstance(error, (ImportError, AttributeError)) and "partially initialized" in str(error):
        return "modules import each other: let one of them import inside the function that needs it"
    return ""
