"""Sizes of a decoder to the FLOPs that papers give for it, each in its own convention.

All are of the decoder of GPT-3: attention and a feed-forward layer of two matrices in each layer,
and a table of tokens that is used for looking up and for the scores alike. They differ in what they
leave out: that is named with each.
"""

from __future__ import annotations

from dataclasses import dataclass

TRAINING = 3
"""Forward passes' worth of arithmetic in a training step: gradients take two products for each."""


@dataclass(frozen=True, slots=True)
class Decoder:
    """The sizes of a decoder.

    Attributes:
        layers: how many.
        width: channels of a token.
        tokens: in a sequence.
        words: in the vocabulary.
        heads: of attention.
        head_width: channels of each.
        hidden_width: of the feed-forward layer.
    """

    layers: int
    width: int
    tokens: int
    words: int
    heads: int
    head_width: int
    hidden_width: int

    @property
    def attention_width(self) -> int:
        """Channels of all heads."""
        return self.heads * self.head_width

    @property
    def layer_weights(self) -> int:
        """Elements of the matrices of all layers: what Kaplan et al. call N, without embeddings."""
        return self.layers * 2 * self.width * (2 * self.attention_width + self.hidden_width)

    @property
    def score_flops(self) -> int:
        """A token's, dense: each head's query with all keys, and the values with what comes out."""
        return self.layers * 4 * self.tokens * self.attention_width


def forward_per_token(decoder: Decoder) -> int:
    """The products that a token is part of: layers, dense attention and scores of the words."""
    words = 2 * decoder.width * decoder.words
    return 2 * decoder.layer_weights + decoder.score_flops + words


def kaplan_forward_per_token(decoder: Decoder) -> int:
    """J. Kaplan et al.: "Scaling Laws for Neural Language Models", arXiv:2001.08361, eq. 2.2.

    Without the scores of the words, and with half of the scores of attention, as if none were
    masked but the upper triangle, without the diagonal's half.
    """
    return 2 * decoder.layer_weights + decoder.score_flops // 2


def chinchilla_forward(decoder: Decoder, *, tables: bool) -> int:
    """J. Hoffmann et al.: "Training Compute-Optimal Large Language Models", arXiv:2203.15556.

    Appendix F, of one sequence. With 3 for each score, of the softmax.

    Args:
        decoder: its sizes.
        tables: whether the table of tokens is met by each, as a product with a one-hot vector that
            looks nothing up, and once more for the scores. The paper's table A4 is without both.
    """
    tokens, softmax = decoder.tokens, 3 * decoder.heads * decoder.tokens**2 * decoder.layers
    met = 2 * (2 * tokens * decoder.words * decoder.width) if tables else 0
    return tokens * (2 * decoder.layer_weights + decoder.score_flops) + softmax + met


def megatron_training(decoder: Decoder, batch: int, *, recomputed: bool) -> int:
    """D. Narayanan et al., arXiv:2104.04473, eq. 3; V. Korthikanti et al., arXiv:2205.05198, eq. 7.

    Of one step. Both take the feed-forward layer to be four times as wide as a token is, and all
    heads together as wide.

    Args:
        decoder: its sizes.
        batch: sequences in the step.
        recomputed: whether each layer's forward pass runs a second time: 96 in the place of 72.
    """
    b, s, n, h, v = batch, decoder.tokens, decoder.layers, decoder.width, decoder.words
    factor = 96 if recomputed else 72
    # factor · b s n h² · (1 + s / (6 h) + v / (12 or 16 n h)), without fractions
    return factor * b * s * n * h**2 + factor // 6 * b * s**2 * n * h + 6 * b * s * h * v


def palm_training_per_token(decoder: Decoder, params: int) -> int:
    """A. Chowdhery et al.: "PaLM", arXiv:2204.02311, app. B: 6 N + 12 L H Q T.

    Args:
        decoder: its sizes.
        params: all of them, also those that no product is with: biases, norms, positions.
    """
    return 6 * params + TRAINING * decoder.score_flops


def gpt3_training(params: float, tokens: float) -> float:
    """T. Brown et al.: "Language Models are Few-Shot Learners", arXiv:2005.14165, app. D: 6 N D.

    Without the scores of attention.
    """
    return 2 * TRAINING * params * tokens
