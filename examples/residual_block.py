"""A residual block as optical-flow networks use it, with a choice of normalisation.

Profile it from the repository's root, or as a package from this folder:

    flopscope profile examples/residual_block.py:ResidualBlock --shape 2,384,32,32
    flopscope profile mypkg:ResidualBlock --shape 2,384,32,32
"""

from __future__ import annotations

from torch import Tensor, nn

NORMS = {
    "group": lambda channels: nn.GroupNorm(channels // 8, channels),
    "batch": nn.BatchNorm2d,
    "instance": nn.InstanceNorm2d,
    "none": nn.Identity,
}


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut: (N, in_planes, H, W) -> (N, planes, H/stride, W/stride).

    Args:
        in_planes: channels that come in.
        planes: channels that go out; as many as come in when the stride is 1.
        norm_fn: ``"group"``, ``"batch"``, ``"instance"`` or ``"none"``.
        stride: 1, or 2 to halve the height and the width.
    """

    def __init__(
        self, in_planes: int = 384, planes: int = 384, norm_fn: str = "group", stride: int = 1
    ) -> None:
        super().__init__()
        norm = NORMS[norm_fn]
        self.conv1 = nn.Conv2d(in_planes, planes, kernel_size=3, padding=1, stride=stride)
        self.conv2 = nn.Conv2d(planes, planes, kernel_size=3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.norm1 = norm(planes)
        self.norm2 = norm(planes)
        if stride == 1:
            self.shortcut = nn.Identity()
        else:
            # One norm under two names, as in the networks this follows: counters must take it once.
            self.norm3 = norm(planes)
            projection = nn.Conv2d(in_planes, planes, kernel_size=1, stride=stride)
            self.shortcut = nn.Sequential(projection, self.norm3)

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu(self.norm1(self.conv1(x)))
        y = self.relu(self.norm2(self.conv2(y)))
        return self.relu(self.shortcut(x) + y)
