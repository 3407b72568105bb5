"""Work on a model in a process of its own, always with the same lots drawn."""

from __future__ import annotations

import multiprocessing
import random
import resource
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import TypeVar

import torch

PATIENCE = 1800
Result = TypeVar("Result")


def in_a_child(function: Callable[..., Iterator[Result]], *args: object) -> Result | None:
    """The last thing that a function yields in a process of its own, however that ends."""
    context = multiprocessing.get_context("fork")
    receiving, sending = context.Pipe(duplex=False)
    child = context.Process(target=tell, args=(sending, function, *args))
    child.start()
    sending.close()
    last = None
    with suppress(EOFError):
        while True:
            last = receiving.recv()
    child.join()
    return last


def tell(out: Connection, function: Callable[..., Iterator[Result]], *args: object) -> None:
    """Send whatever a function yields."""
    resource.setrlimit(resource.RLIMIT_CPU, (PATIENCE, PATIENCE))
    for known in function(*args):
        out.send(known)


def seed() -> None:
    """Some models drop layers and crop pictures by lot: let all runs draw the same lots."""
    random.seed(0)
    torch.manual_seed(0)


def said(error: BaseException) -> str:
    """An error in one line."""
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0]}"[:400]
