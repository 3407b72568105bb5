from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("transformers", reason="transformers is not installed")

import torch

from flopscope.errors import TargetError
from flopscope.load.known_inputs import known_inputs
from flopscope.load.sources import Options, Source, resolve
from flopscope.load.sources.hf.task import kebab
from flopscope.load.target import parse_target
from flopscope.report import Report
from flopscope.request import GivenInputs, Request
from flopscope.targeting import profile_target
from flopscope.trace import building, trace

WIDTH, HIDDEN, LAYERS, TOKENS = 64, 96, 2, 200
LLAMA = {
    "model_type": "llama",
    "hidden_size": WIDTH,
    "intermediate_size": HIDDEN,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": 4,
    "vocab_size": TOKENS,
}

Write = Callable[[str, str], Path]


def llama_params(
    layers: int = LAYERS, width: int = WIDTH, hidden: int = HIDDEN, tokens: int = TOKENS
) -> int:
    """Four projections of attention, three of the MLP and two norms a layer; and the rest."""
    layer = 4 * width * width + 3 * width * hidden + 2 * width
    return layers * layer + width + 2 * tokens * width


def source_of(target: str, task: str | None = None) -> Source:
    return resolve(parse_target(target), Options(task=task, rehearse=trace))


def built(target: str, task: str | None = None) -> torch.nn.Module:
    source = source_of(target, task)
    with building():
        return source.build()


def params_of(model: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def profiled(target: str, **given: Any) -> Report:
    return profile_target(Request(target, inputs=GivenInputs(**given), time=False))


@pytest.fixture
def llama(write: Write) -> Path:
    return write("tiny/config.json", json.dumps(LLAMA))


def test_a_model_type_is_its_default_config_with_the_head_it_generates_with() -> None:
    # 6,738,415,616 is what the checkpoint of Llama-2-7B adds up to.
    model = built("hf:llama")
    assert type(model).__name__ == "LlamaForCausalLM"
    assert params_of(model) == 6_738_415_616 == llama_params(32, 4096, 11008, 32000)


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("hf:gpt2", "GPT2LMHeadModel"),
        ("hf:t5", "T5ForConditionalGeneration"),
        ("hf:whisper(encoder_layers=1, decoder_layers=1)", "WhisperForConditionalGeneration"),
        ("hf:bert(num_hidden_layers=1)", "BertModel"),
        ("hf:vit(num_hidden_layers=1)", "ViTModel"),
    ],
)
def test_what_generates_has_a_head_and_all_else_has_none(target: str, name: str) -> None:
    assert type(built(target)).__name__ == name


@pytest.mark.parametrize("place", ["tiny", "tiny/config.json"])
def test_a_config_is_named_by_its_directory_or_itself(llama: Path, place: str) -> None:
    assert params_of(built(f"hf:{place}")) == llama_params()


def test_the_class_is_the_one_that_the_config_names(write: Write) -> None:
    named = {**LLAMA, "architectures": ["LlamaForSequenceClassification"], "pad_token_id": 0}
    write("tiny/config.json", json.dumps(named))
    source = source_of("hf:tiny")
    assert type(source.build()).__name__ == "LlamaForSequenceClassification"
    assert "built LlamaForSequenceClassification, as its config says" in source.notes


@pytest.mark.parametrize(
    ("task", "name"),
    [
        ("feature-extraction", "LlamaModel"),
        ("base", "LlamaModel"),
        ("token-classification", "LlamaForTokenClassification"),
        ("text-generation", "LlamaForCausalLM"),
    ],
)
def test_a_task_chooses_the_head(llama: Path, task: str, name: str) -> None:
    assert type(built("hf:tiny", task)).__name__ == name


@pytest.mark.parametrize(
    ("name", "task"),
    [
        ("CausalLM", "causal-lm"),
        ("Seq2SeqLM", "seq2seq-lm"),
        ("MaskedLM", "masked-lm"),
        ("SpeechSeq2Seq", "speech-seq2seq"),
        ("ImageTextToText", "image-text-to-text"),
    ],
)
def test_a_task_is_the_name_of_its_family_in_small_letters(name: str, task: str) -> None:
    assert kebab(name) == task


def test_a_call_overrides_fields_of_a_config(llama: Path) -> None:
    model = built("hf:tiny(num_hidden_layers=1, vocab_size=300)")
    assert params_of(model) == llama_params(layers=1, tokens=300)


def test_a_list_with_an_item_a_layer_is_cut_with_the_number_of_layers(write: Write) -> None:
    kinds = {"layer_types": ["sliding_attention"] * 3 + ["full_attention"], "head_dim": 16}
    config = {**LLAMA, **kinds, "model_type": "gemma2", "num_hidden_layers": 4}
    write("tiny/config.json", json.dumps(config))
    model: Any = built("hf:tiny(num_hidden_layers=2)")
    assert model.config.layer_types == ["sliding_attention", "sliding_attention"]


def test_a_call_overrides_the_config_of_a_part() -> None:
    model: Any = built("hf:clip(text_config={'num_hidden_layers': 2})")
    assert len(model.text_model.encoder.layers) == 2
    assert model.config.text_config.hidden_size == 512  # CLIPTextConfig's default


@pytest.mark.parametrize(
    ("target", "task", "message", "hint"),
    [
        ("hf:lama", None, "no model type 'lama'", "did you mean 'llama'?"),
        ("hf:meta-llama/Llama-2-7b-hf", None, "nothing is downloaded", "download its config.json"),
        ("hf:llama(num_hidden_layer=2)", None, "no field 'num_hidden_layer'", "num_hidden_layers"),
        (
            "hf:clip(text_config={'hidden_sise': 64})",
            None,
            "text_config (CLIPTextConfig) has no field 'hidden_sise'",
            "did you mean 'hidden_size'?",
        ),
        ("hf:llama", "casual-lm", "no task 'casual-lm'", "did you mean 'causal-lm'?"),
        ("hf:llama", "masked-lm", "no class for the task masked-lm", "causal-lm"),
        ("hf:llama(3)", None, "takes its arguments by name", "name=3"),
        ("hf:no/config.json", None, "cannot read no/config.json", "a config is"),
        ("hf:clip_qformer_vision", None, "has no model type", ""),
    ],
)
def test_a_mistake_is_one_line_and_a_hint(
    write: Write, target: str, task: str | None, message: str, hint: str
) -> None:
    with pytest.raises(TargetError) as raised:
        source_of(target, task)
    assert message in raised.value.message
    assert hint in raised.value.hint
    assert "\n" not in raised.value.message


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("{", "is not JSON", "a mapping in JSON"),
        ("[]", "holds no mapping", "a mapping in JSON"),
        ("{}", "states no model_type", "no config of transformers"),
        ('{"_class_name": "UNet2DModel"}', "states no model_type", "diffusers:DIRECTORY"),
        ('{"model_type": "mine", "auto_map": {"AutoModel": "m.M"}}', "code of its own", "name the"),
        ('{"model_type": "qwen33"}', "no model type 'qwen33'", "did you mean 'qwen3'?"),
    ],
)
def test_a_config_that_is_none_is_told_as_such(
    write: Write, text: str, message: str, hint: str
) -> None:
    write("mine/config.json", text)
    with pytest.raises(TargetError) as raised:
        source_of("hf:mine")
    assert message in raised.value.message
    assert hint in raised.value.hint


def test_a_directory_without_a_config_names_those_inside_that_have_one(write: Write) -> None:
    write("models/tiny/config.json", json.dumps(LLAMA))
    with pytest.raises(TargetError, match=r"no config\.json in models") as raised:
        source_of("hf:models")
    assert raised.value.hint == "there is one in: tiny"


def test_a_part_that_is_no_model_by_itself_is_told_as_such() -> None:
    with pytest.raises(TargetError, match="no model for the type 'blip_text_model' alone"):
        source_of("hf:blip_text_model")


def test_tokens_are_as_many_as_asked_for(llama: Path) -> None:
    report = profiled("hf:tiny", batch=3, seq=32)
    assert [(name, spec.shape) for name, spec in report.inputs] == [("input_ids", (3, 32))]
    assert "input: made from the config of LlamaForCausalLM: input_ids 3x32" in report.notes


def test_there_are_128_tokens_or_as_many_as_have_a_position(llama: Path) -> None:
    assert dict(profiled("hf:tiny").inputs)["input_ids"].shape == (1, 128)
    short = "hf:tiny(max_position_embeddings=24)"
    assert dict(profiled(short).inputs)["input_ids"].shape == (1, 24)


def test_shapes_that_are_given_win(llama: Path) -> None:
    report = profiled("hf:tiny", shapes=("input_ids:2,16:int64",))
    assert dict(report.inputs)["input_ids"].shape == (2, 16)


def test_a_model_of_ones_own_code_is_known_by_its_base_class(llama: Path) -> None:
    model = built("hf:tiny")
    first = next(iter(known_inputs(model, Options(batch=2)) or ()))
    assert first.kwargs["input_ids"].shape == (2, 128)


def test_a_config_in_half_precision_makes_a_model_and_inputs_of_it(write: Write) -> None:
    vit = {"model_type": "vit", "num_hidden_layers": 1, "hidden_size": 48, "intermediate_size": 96}
    sizes = {"num_attention_heads": 4, "image_size": 32, "patch_size": 16, "dtype": "bfloat16"}
    write("half/config.json", json.dumps({**vit, **sizes}))
    report = profiled("hf:half")
    assert dict(report.inputs)["pixel_values"].dtype == "bfloat16"
    assert any("--dtype chooses another" in note for note in report.notes)
    whole = profiled("hf:half", dtype="float32")
    assert dict(whole.inputs)["pixel_values"].dtype == "float32"
    assert whole.macs == report.macs


def test_an_image_takes_the_place_of_as_many_tokens_as_it_has_patches() -> None:
    # 336 / 14 = 24 patches to a side in the default vision tower of LLaVA, each of them a token,
    # whose number, 32000, is in the vocabulary of its checkpoints: the default one ends before it.
    sizes = "'num_hidden_layers': 1, 'hidden_size': 64, 'intermediate_size': 96"
    text = f"{{{sizes}, 'vocab_size': 32064}}"
    report = profiled(f"hf:llava(text_config={text})", batch=2, seq=10)
    inputs = dict(report.inputs)
    assert inputs["pixel_values"].shape == (2, 3, 336, 336)
    assert inputs["input_ids"].shape == (2, 10 + 24 * 24)


def test_quantization_that_is_not_counted_is_said(write: Write) -> None:
    quantized = {**LLAMA, "quantization_config": {"quant_method": "fp8"}}
    write("tiny/config.json", json.dumps(quantized))
    assert "counted without the quantization that its config names" in source_of("hf:tiny").notes


def test_an_image_that_no_layout_of_is_accepted_is_said_to_be_left_out() -> None:
    # The default vision tower of Qwen2-VL makes features of 3584, and this text model takes 512.
    text = "{'num_hidden_layers': 1, 'hidden_size': 512, 'intermediate_size': 96, "
    heads = "'num_attention_heads': 4, 'num_key_value_heads': 4}"
    report = profiled(f"hf:qwen2_vl(text_config={text}{heads}, vision_config={{'depth': 1}})")
    assert "pixel_values" not in dict(report.inputs)
    assert any(note.startswith("without pixel_values") for note in report.notes)
