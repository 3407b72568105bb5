"""Reductions that torch does not call so: means, norms, global pooling."""

from __future__ import annotations

from flopscope.analysis.prediction.lowering.table import in_one_pass, lowered

lowered(
    *("aten.mean", "aten.sum", "aten.amax", "aten.amin", "aten.max", "aten.min", "aten.argmax"),
    *("aten.var", "aten.std", "aten.var_mean", "aten.std_mean", "aten.linalg_vector_norm"),
    *("aten.norm", "aten.logsumexp", "aten.prod", "aten.all", "aten.any"),
    *("aten.adaptive_avg_pool1d", "aten.adaptive_avg_pool2d", "aten.adaptive_avg_pool3d"),
    *("aten.adaptive_max_pool2d", "aten.adaptive_max_pool1d"),
)(in_one_pass("reduction"))
