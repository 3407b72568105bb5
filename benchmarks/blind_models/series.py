"""Libraries of models of time series, tables and fields."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from benchmarks.blind_models.layers import made
from benchmarks.blind_models.library import Library, classes, files
from benchmarks.cases import Case, given

SERIES = torch.randn(2, 3, 96)
CATEGORIES = torch.tensor([[3, 1, 4, 1, 5]])
NUMBERS = torch.randn(1, 10)


def _tsai(file: str, name: str = "", *args: Any, **kwargs: Any) -> Case:
    """A model of so many channels, classes and steps."""
    build = made(f"tsai.models.{file}", name or file, c_in=3, **kwargs)
    return Case(build, given(*args) if args else given(SERIES))


def _table(name: str, **kwargs: Any) -> Case:
    sizes: dict[str, Any] = {"categories": (10, 5, 6, 5, 8), "num_continuous": 10, "dim": 32}
    return Case(
        made("tab_transformer_pytorch", name, depth=2, heads=4, **sizes, **kwargs),
        given(CATEGORIES, NUMBERS),
    )


def _i_transformer(name: str) -> Case:
    sizes: dict[str, Any] = {"num_variates": 7, "lookback_len": 96, "depth": 2, "dim": 64}
    return Case(
        made("iTransformer", name, pred_length=(12, 24), **sizes), given(torch.randn(2, 96, 7))
    )


def _chronos() -> nn.Module:
    from chronos.chronos2 import Chronos2CoreConfig, Chronos2Model

    config = Chronos2CoreConfig(
        d_model=64,
        d_kv=16,
        d_ff=128,
        num_layers=2,
        num_heads=4,
        chronos_config={
            "context_length": 256,
            "output_patch_size": 16,
            "input_patch_size": 16,
            "input_patch_stride": 16,
            "quantiles": [0.1, 0.5, 0.9],
            "use_reg_token": True,
            "use_arcsinh": True,
            "max_output_patches": 4,
        },
    )
    return Chronos2Model(config)


class _Equation(nn.Module):
    """The library's example: a spiral as an ordinary differential equation."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, 50), nn.Tanh(), nn.Linear(50, 2))

    def forward(self, _time: torch.Tensor, state: torch.Tensor) -> Any:
        return self.net(state**3)


class _Solved(nn.Module):
    """An equation, solved by a method of fixed steps."""

    def __init__(self) -> None:
        super().__init__()
        self.equation = _Equation()

    def forward(self, state: torch.Tensor) -> Any:
        import torchdiffeq

        times = torch.linspace(0.0, 1.0, 11)
        return torchdiffeq.odeint(self.equation, state, times, method="rk4")


def _uncertain() -> nn.Module:
    base = made("neuralop.models", "FNO", n_modes=(8, 8), **FIELD)()
    return made("neuralop.models", "UQNO", base_model=base)()


FIELD: dict[str, Any] = {"in_channels": 3, "out_channels": 1, "hidden_channels": 16}
MAP = torch.randn(1, 3, 32, 32)

LIBRARIES = (
    Library(
        "tsai",
        "tsai",
        {
            "ConvTranPlus": _tsai("ConvTranPlus", c_out=2, seq_len=96),
            "FCN": _tsai("FCN", c_out=2),
            "MINIROCKET_Pytorch": _tsai("MINIROCKET_Pytorch", "MiniRocketFeatures", seq_len=96),
            "OmniScaleCNN": _tsai("OmniScaleCNN", c_out=2, seq_len=96),
            "RNN": _tsai("RNN", c_out=2),
            "ROCKET": Case(made("tsai.models.ROCKET", "RocketClassifier"), given(SERIES)),
            "ResCNN": _tsai("ResCNN", c_out=2),
            "TabFusionTransformer": Case(
                made(
                    "tsai.models.TabFusionTransformer",
                    "TabFusionTransformer",
                    classes={"a": ["#na#", "x", "y"], "b": ["#na#", "x", "y"]},
                    cont_names=["c", "d"],
                    c_out=2,
                ),
                given(torch.tensor([[1, 2]]), torch.randn(1, 2)),
            ),
            "TransformerRNNPlus": _tsai("TransformerRNNPlus", c_out=2, seq_len=96),
            "XCMPlus": _tsai("XCMPlus", c_out=2, seq_len=96),
            "XResNet1d": _tsai("XResNet1d", "xresnet1d18", c_out=2),
            "XResNet1dPlus": _tsai("XResNet1dPlus", "xresnet1d18plus", c_out=2),
        },
        lambda: {name for name in files("tsai.models") if name[0].isupper()},
    ),
    Library(
        "chronos-forecasting",
        "chronos",
        {"Chronos2Model": Case(_chronos, given(torch.randn(2, 256)))},
    ),
    Library(
        "iTransformer",
        "iTransformer",
        {
            "RevIN": Case(made("iTransformer", "RevIN", num_variates=7), given(SERIES.mT[:, :7])),
            "iTransformer": _i_transformer("iTransformer"),
            "iTransformerFFT": _i_transformer("iTransformerFFT"),
        },
        lambda: classes("iTransformer"),
    ),
    Library(
        "tab-transformer-pytorch",
        "tab_transformer_pytorch",
        {
            "FTTransformer": _table("FTTransformer"),
            "TabTransformer": _table("TabTransformer", mlp_act=nn.ReLU()),
        },
        lambda: classes("tab_transformer_pytorch"),
    ),
    Library(
        "rtdl_revisiting_models",
        "rtdl_revisiting_models",
        {
            "FTTransformerBackbone": Case(
                made(
                    "rtdl_revisiting_models",
                    "FTTransformerBackbone",
                    d_out=1,
                    n_blocks=2,
                    d_block=192,
                    attention_n_heads=8,
                    attention_dropout=0.2,
                    ffn_d_hidden_multiplier=4 / 3,
                    ffn_dropout=0.1,
                    residual_dropout=0.0,
                ),
                given(torch.randn(4, 9, 192)),
            ),
            "LinearEmbeddings": Case(
                made("rtdl_revisiting_models", "LinearEmbeddings", n_features=10, d_embedding=32),
                given(torch.randn(4, 10)),
            ),
            "ResNet": Case(
                made(
                    "rtdl_revisiting_models",
                    "ResNet",
                    d_in=10,
                    d_out=1,
                    n_blocks=2,
                    d_block=192,
                    d_hidden=None,
                    d_hidden_multiplier=2.0,
                    dropout1=0.3,
                    dropout2=0.0,
                ),
                given(torch.randn(4, 10)),
            ),
        },
        lambda: classes("rtdl_revisiting_models"),
    ),
    Library(
        "pytorch-tabnet",
        "pytorch_tabnet",
        {
            "TabNet": Case(
                made(
                    "pytorch_tabnet.tab_network",
                    "TabNet",
                    input_dim=10,
                    output_dim=2,
                    group_attention_matrix=torch.eye(10),
                ),
                given(torch.randn(16, 10)),
            )
        },
    ),
    Library(
        "neuraloperator",
        "neuralop",
        {
            "CODANO": Case(
                made(
                    "neuralop.models",
                    "CODANO",
                    n_layers=2,
                    n_modes=[[8, 8], [8, 8]],
                    n_heads=[2, 2],
                    per_layer_scaling_factors=[[1, 1], [1, 1]],
                    attention_scaling_factors=[1, 1],
                    hidden_variable_codimension=4,
                    lifting_channels=4,
                    projection_channels=4,
                ),
                given(MAP),
            ),
            "FNO": Case(made("neuralop.models", "FNO", n_modes=(8, 8), **FIELD), given(MAP)),
            "TFNO": Case(made("neuralop.models", "TFNO", n_modes=(8, 8), **FIELD), given(MAP)),
            "UQNO": Case(_uncertain, given(MAP)),
        },
        lambda: classes("neuralop.models"),
    ),
    Library(
        "torchdiffeq", "torchdiffeq", {"odeint": Case(_Solved, given(torch.tensor([[2.0, 0.0]])))}
    ),
)
