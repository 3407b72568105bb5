"""The two numbers at which the squares of some errors add up to least."""

from __future__ import annotations

from collections.abc import Callable

Point = tuple[float, float]
STEP = 1e-3
MOST_STEPS = 40
SMALL = 1e-6


def least_squares(errors: Callable[[Point], list[float]], low: float, high: float) -> Point:
    """The point of two numbers, from nothing on, at which the squares of errors add up to least."""
    point: Point = (0.0, 0.0)
    now, damping = errors(point), 1e-3
    for _ in range(MOST_STEPS):
        first = [
            (e - n) / STEP for e, n in zip(errors((point[0] + STEP, point[1])), now, strict=True)
        ]
        second = [
            (e - n) / STEP for e, n in zip(errors((point[0], point[1] + STEP)), now, strict=True)
        ]
        move = _solved(first, second, now, damping)
        tried = (_within(point[0] + move[0], low, high), _within(point[1] + move[1], low, high))
        found = errors(tried)
        if _squares(found) < _squares(now):
            change = max(abs(tried[0] - point[0]), abs(tried[1] - point[1]))
            point, now, damping = tried, found, damping / 10
            if change < SMALL:
                break
        else:
            damping *= 10
    return point


def _solved(first: list[float], second: list[float], errors: list[float], damping: float) -> Point:
    """The damped step, of the normal equations of two unknowns."""
    a = _product(first, first) * (1 + damping) + SMALL
    d = _product(second, second) * (1 + damping) + SMALL
    b = _product(first, second)
    right = -_product(first, errors), -_product(second, errors)
    determinant = a * d - b * b
    return (
        (d * right[0] - b * right[1]) / determinant,
        (a * right[1] - b * right[0]) / determinant,
    )


def _product(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def _squares(errors: list[float]) -> float:
    return _product(errors, errors)


def _within(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
