"""Libraries of models of graphs and molecules."""

from __future__ import annotations

import importlib
from typing import Any

import torch
from torch import nn

from benchmarks.blind_models.layers import made
from benchmarks.blind_models.library import Library, classes
from benchmarks.cases import Case, given

GRAPH = "torch_geometric.nn.models"
NODES = torch.randn(16, 8)
EDGES = torch.stack([torch.arange(64) % 16, (torch.arange(64) * 7 + 3) % 16])
ATOMS = torch.randint(1, 10, (12,))
PLACES = torch.randn(12, 3)


def _convolution(channels: int = 8) -> nn.Module:
    return importlib.import_module("torch_geometric.nn").GCNConv(8, channels)


def _adversarial() -> nn.Module:
    models = importlib.import_module(GRAPH)
    return models.ARGA(_convolution(4), models.MLP([4, 16, 1]))


def _deep() -> nn.Module:
    return importlib.import_module(GRAPH).DeepGCNLayer(
        _convolution(), nn.LayerNorm(8), nn.ReLU(), block="res+"
    )


def _infomax() -> nn.Module:
    def summary(positive: torch.Tensor, *_args: Any) -> torch.Tensor:
        return positive.mean(dim=0).sigmoid()

    def corruption(nodes: torch.Tensor, edges: torch.Tensor) -> Any:
        return nodes[torch.randperm(nodes.size(0))], edges

    return importlib.import_module(GRAPH).DeepGraphInfomax(
        hidden_channels=8, encoder=_convolution(), summary=summary, corruption=corruption
    )


def _dime_net() -> Any:
    return made(
        GRAPH,
        "DimeNetPlusPlus",
        hidden_channels=32,
        out_channels=1,
        num_blocks=2,
        int_emb_size=16,
        basis_emb_size=8,
        out_emb_channels=32,
        num_spherical=3,
        num_radial=4,
    )


def _all_pairs(places: torch.Tensor, _batch: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Every atom beside every other, since the library's own search is a compiled extension."""
    count = places.shape[0]
    start, end = torch.cartesian_prod(torch.arange(count), torch.arange(count)).unbind(1)
    start, end = start[start != end], end[start != end]
    return torch.stack([start, end]), (places[start] - places[end]).norm(dim=-1)


LIBRARIES = (
    Library(
        "torch-geometric",
        "torch_geometric",
        {
            "ARGA": Case(_adversarial, given(NODES, EDGES)),
            "DeepGCNLayer": Case(_deep, given(NODES, EDGES)),
            "DeepGraphInfomax": Case(_infomax, given(NODES, EDGES)),
            "DimeNetPlusPlus": Case(_dime_net(), given(ATOMS, PLACES)),
            "GPSENodeEncoder": Case(
                made(GRAPH, "GPSENodeEncoder", dim_emb=32, dim_pe_in=16, dim_pe_out=8),
                given(torch.randn(16, 24), torch.randn(16, 16)),
            ),
            "GraphUNet": Case(
                made(
                    GRAPH,
                    "GraphUNet",
                    in_channels=8,
                    hidden_channels=16,
                    out_channels=4,
                    depth=3,
                ),
                given(NODES, EDGES),
            ),
            "JumpingKnowledge": Case(
                made(GRAPH, "JumpingKnowledge", mode="lstm", channels=8, num_layers=3),
                given([NODES, NODES, NODES]),
            ),
            "LightGCN": Case(
                made(GRAPH, "LightGCN", num_nodes=16, embedding_dim=8, num_layers=2), given(EDGES)
            ),
            "MaskLabel": Case(
                made(GRAPH, "MaskLabel", num_classes=4, out_channels=8),
                given(NODES, torch.arange(16) % 4, torch.arange(16) < 10),
            ),
            "SchNet": Case(
                made(GRAPH, "SchNet", num_interactions=2, interaction_graph=_all_pairs),
                given(ATOMS, PLACES),
            ),
        },
        lambda: classes(GRAPH),
    ),
    Library(
        "egnn-pytorch",
        "egnn_pytorch",
        {
            "EGNN_Network": Case(
                made("egnn_pytorch", "EGNN_Network", num_tokens=21, dim=32, depth=2),
                given(
                    feats=torch.randint(0, 21, (1, 32)),
                    coors=torch.randn(1, 32, 3),
                    mask=torch.ones(1, 32).bool(),
                ),
            )
        },
    ),
)
