"""Losses and their derivatives: a term per element, then the sum or the mean."""

from __future__ import annotations

from functools import partial

from flopscope.costs import Cost, formula
from flopscope.records import TensorSpec

MEAN, SUM = 1, 2
"""torch's numbers for the reductions; 0 is none."""

FLOPS_PER_TERM = {
    "mse_loss": 2,  # (x - t) ** 2
    "smooth_l1_loss": 6,  # d = abs(x - t); where(d < b, 0.5 * d * d / b, d - 0.5 * b)
    "huber_loss": 5,  # d = abs(x - t); where(d < b, 0.5 * d * d, b * (d - 0.5 * b))
    "soft_margin_loss": 5,  # log(1 + exp(-t * x))
}

FLOPS_PER_GRADIENT = {
    "mse_loss_backward": 3,  # c * (x - t) * g
    "smooth_l1_loss_backward": 5,  # d = x - t; where(d < -b, -1, where(d > b, 1, d / b)) * g
    "huber_loss_backward": 4,  # d = x - t; where(d < -b, -b, where(d > b, b, d)) * g
    "soft_margin_loss_backward": 7,  # u = -t; z = exp(u * x); u * z / (z + 1) * g
    "binary_cross_entropy_backward": 6,  # g * (x - t) / max((1 - x) * x, eps)
}


def _loss(flops: int, self: TensorSpec, reduction: int) -> Cost:
    """A fixed number of FLOPs for each term, and the reduction."""
    return Cost(other_flops=flops * self.numel + _reduced(self.numel, reduction))


def _gradient(flops: int, self: TensorSpec) -> Cost:
    """A fixed number of FLOPs for each element of the input's gradient."""
    return Cost(other_flops=flops * self.numel)


for _name, _flops in FLOPS_PER_TERM.items():
    formula(f"aten.{_name}")(partial(_loss, _flops))

for _name, _flops in FLOPS_PER_GRADIENT.items():
    formula(f"aten.{_name}")(partial(_gradient, _flops))


@formula("aten.binary_cross_entropy")
def binary_cross_entropy(
    self: TensorSpec, weight: TensorSpec | None = None, reduction: int = MEAN
) -> Cost:
    """``-(t * log(x) + (1 - t) * log(1 - x))``: 8 per element, and the weight's product."""
    return _loss(8 + (weight is not None), self, reduction)


@formula("aten.binary_cross_entropy_with_logits")
def binary_cross_entropy_with_logits(
    self: TensorSpec,
    weight: TensorSpec | None = None,
    pos_weight: TensorSpec | None = None,
    reduction: int = MEAN,
) -> Cost:
    """``(1 - t) * x + log(1 + exp(-x))``: 7 per element.

    A weight is one product more; a positive weight makes the logarithm's factor
    ``1 + (w - 1) * t``, 3, and its product, 1.
    """
    per_term = 7 + (weight is not None) + 4 * (pos_weight is not None)
    return _loss(per_term, self, reduction)


@formula("aten.nll_loss_forward", "aten.nll_loss2d_forward")
def negative_log_likelihood(
    target: TensorSpec, reduction: int, weight: TensorSpec | None = None
) -> Cost:
    """One sign per target; a class's weight is a product and an addition to their sum more."""
    weighted = 2 * target.numel if weight is not None else 0
    return Cost(other_flops=target.numel + weighted + _reduced(target.numel, reduction))


@formula("aten.nll_loss_backward", "aten.nll_loss2d_backward")
def negative_log_likelihood_backward(
    target: TensorSpec, reduction: int, weight: TensorSpec | None = None
) -> Cost:
    """``-g`` at each target, times its weight, divided by the sum of weights for a mean."""
    per_target = 1 + (weight is not None) + (reduction == MEAN)
    return Cost(other_flops=target.numel * per_target)


@formula("aten.multi_margin_loss")
def multi_margin(
    self: TensorSpec,
    p: float = 1,
    weight: TensorSpec | None = None,
    reduction: int = MEAN,
) -> Cost:
    """``sum(max(0, margin - x[y] + x) ** p * w[y]) / C``.

    Per class two sums, a comparison, a square where p = 2, a weight's product and an addition; a
    division per row.
    """
    rows = self.numel // self.shape[-1]
    per_class = 4 + (p == 2) + (weight is not None)
    return Cost(other_flops=per_class * self.numel + rows + _reduced(rows, reduction))


@formula("aten._ctc_loss", "aten._cudnn_ctc_loss", "aten.miopen_ctc_loss")
def connectionist_temporal_classification(log_probs: TensorSpec, targets: TensorSpec) -> Cost:
    """The forward variables over T steps and 2 S + 1 states of every sample, lengths taken as full.

    A state adds three predecessors in log space: 2 comparisons, 3 differences, 3 exp, 2 sums, a
    log, and 2 sums with the maximum and the label's log-probability: 13.
    """
    steps, batch = log_probs.shape[:2] if log_probs.ndim == 3 else (log_probs.shape[0], 1)
    return Cost(other_flops=13 * steps * (2 * targets.numel + batch))


@formula("aten._ctc_loss_backward")
def ctc_backward(log_probs: TensorSpec, targets: TensorSpec) -> Cost:
    """The backward variables, as many as forward ones and at the same cost, and the gradient.

    The gradient takes 5 per state to add ``exp(alpha + beta)`` to its label in log space (a sum, a
    difference, exp, a sum, log) and 6 per class for ``(exp(lp) - exp(r + nll - lp)) * g``.
    """
    variables = connectionist_temporal_classification(log_probs, targets)
    collected = variables.other_flops // 13 * 5
    return variables + Cost(other_flops=collected + 6 * log_probs.numel)


def _reduced(terms: int, reduction: int) -> int:
    """One addition per term of a sum or mean, and the mean's division."""
    return terms * (reduction != 0) + (reduction == MEAN)
