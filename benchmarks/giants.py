"""Language models that no laptop could hold, by the shapes that their makers published."""

from transformers import (
    DeepseekV3Config,
    DeepseekV3ForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
)


def llama_405b() -> PreTrainedModel:
    """Llama-3.1-405B: table 3 of arXiv:2407.21783."""
    config = LlamaConfig(
        vocab_size=128256,
        hidden_size=16384,
        intermediate_size=53248,
        num_hidden_layers=126,
        num_attention_heads=128,
        num_key_value_heads=8,
        use_cache=False,
    )
    return LlamaForCausalLM(config)


def deepseek_v3() -> PreTrainedModel:
    """DeepSeek-V3-671B: section 4.2 of arXiv:2412.19437, which are the library's defaults."""
    return DeepseekV3ForCausalLM(DeepseekV3Config(use_cache=False))
