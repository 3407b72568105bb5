"""Between torch's tensors and numbers that count, so that a proof also checks the result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from tests.proof.numbers import Array, Index, Number, Tally, array, indices


def numbers(tensor: torch.Tensor, tally: Tally) -> dict[Index, Number]:
    """A tensor's elements as numbers that count."""
    return array(tuple(tensor.shape), tensor.flatten().tolist(), tally)


def tensor(result: Array, shape: Sequence[int]) -> torch.Tensor:
    """Numbers as a tensor of double precision."""
    values = [result[index].value for index in indices(*shape)]
    return torch.tensor(values, dtype=torch.float64).reshape(tuple(shape))


def same(result: Mapping[Index, Number], expected: torch.Tensor) -> bool:
    """Whether a loop computed what torch does."""
    found = tensor(result, expected.shape)
    return torch.allclose(found, expected.double(), rtol=1e-9, atol=1e-11)


def random(*shape: int) -> torch.Tensor:
    """Normal numbers of double precision, the same ones for a shape every time."""
    generator = torch.Generator().manual_seed(hash(shape) % 2**31)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)
