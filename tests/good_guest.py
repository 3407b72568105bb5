"""Everything about a model and the process that running it must leave as it was found."""

from __future__ import annotations

import logging
import random
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy
import torch
from torch import Tensor, nn
from torch.nn.modules import module as torch_module
from torch.utils._pytree import tree_leaves

HOOK_TABLES = (
    "_forward_hooks",
    "_forward_pre_hooks",
    "_backward_hooks",
    "_backward_pre_hooks",
    "_state_dict_hooks",
    "_load_state_dict_pre_hooks",
)


@contextmanager
def left_as_found(model: nn.Module, *inputs: Any) -> Iterator[None]:
    """Fail if the block changes the model, the tensors in its inputs or the process."""
    before = {**state_of_model(model), **state_of_process(), "inputs": values_in(inputs)}
    yield
    after = {**state_of_model(model), **state_of_process(), "inputs": values_in(inputs)}
    changed = [what for what in before if before[what] != after[what]]
    assert not changed, f"not left as found: {changed}"


def state_of_model(model: nn.Module) -> dict[str, object]:
    """Keys, values, flags, gradients, hooks and identities, as values that compare."""
    modules = dict(model.named_modules(remove_duplicate=False))
    parameters = dict(model.named_parameters(remove_duplicate=False))
    return {
        "state_dict keys": list(model.state_dict()),
        "state_dict values": values_in(model.state_dict()),
        "buffers' values": values_in(list(model.buffers())),
        "training flags": {name: module.training for name, module in modules.items()},
        "requires_grad": {name: each.requires_grad for name, each in parameters.items()},
        "gradients": {name: values_in(each.grad) for name, each in parameters.items()},
        "tied weights": {name: id(each) for name, each in parameters.items()},
        "devices": {name: str(each.device) for name, each in parameters.items()},
        "shared modules": {name: id(module) for name, module in modules.items()},
        "attributes": {name: sorted(vars(module)) for name, module in modules.items()},
        "hooks": {
            name: [list(getattr(module, table)) for table in HOOK_TABLES]
            for name, module in modules.items()
        },
    }


def state_of_process() -> dict[str, object]:
    """Random generators, torch's modes, logging, warnings and standard output."""
    generator, keys, *rest = numpy.random.get_state()
    return {
        "Python's random state": random.getstate(),
        "numpy's random state": (generator, keys.tolist(), rest),
        "torch's random state": torch.get_rng_state().tolist(),
        "CUDA's random state": [state.tolist() for state in _cuda_states()],
        "gradient mode": torch.is_grad_enabled(),
        "inference mode": torch.is_inference_mode_enabled(),
        "default dtype": torch.get_default_dtype(),
        "threads": torch.get_num_threads(),
        "fast path of attention": torch.backends.mha.get_fastpath_enabled(),
        "tracing": torch.jit.is_tracing(),
        "global hooks": [
            list(torch_module._global_forward_hooks),
            list(torch_module._global_forward_pre_hooks),
        ],
        "log handlers": list(logging.getLogger().handlers),
        "log level": logging.getLogger().level,
        "warning filters": list(warnings.filters),
        "standard output": id(sys.stdout),
    }


def _cuda_states() -> list[Tensor]:
    return torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []


def values_in(value: Any) -> list[tuple[str, tuple[int, ...], list[int]]]:
    """Dtype, shape and bytes of every tensor, so that they compare exactly (also NaN)."""
    return [
        (str(leaf.dtype), tuple(leaf.shape), _bytes_of(leaf))
        for leaf in tree_leaves(value)
        if isinstance(leaf, Tensor)
    ]


def _bytes_of(tensor: Tensor) -> list[int]:
    flat = tensor.detach().cpu().contiguous().reshape(-1)
    return list(flat.view(torch.uint8).tolist())
