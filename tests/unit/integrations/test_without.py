"""Importing flopscope imports no library whose loop it can watch, and says which one is missing."""

from __future__ import annotations

import subprocess
import sys

import pytest

LIBRARIES = {
    "flopscope.integrations.lightning": ("lightning", "pytorch_lightning"),
    "flopscope.integrations.transformers": ("transformers",),
}

WITHOUT = """
import importlib, sys
integration, *libraries = sys.argv[1:]
sys.modules.update(dict.fromkeys(libraries))  # an import of one now raises
importlib.import_module(integration)
"""


def python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("integration", LIBRARIES)
def test_without_its_library_an_integration_says_what_to_install(integration: str) -> None:
    done = python(WITHOUT, integration, *LIBRARIES[integration])
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"ImportError: {integration} needs {LIBRARIES[integration][0]}: pip")


def test_watching_imports_none_of_them() -> None:
    done = python("import sys, flopscope; flopscope.watch; print(*sys.modules)")
    assert done.returncode == 0
    libraries = {name for names in LIBRARIES.values() for name in names}
    assert libraries.isdisjoint(done.stdout.split())
