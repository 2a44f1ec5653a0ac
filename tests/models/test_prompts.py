"""The text prompts that STMA is compared with, and the visual prompt by post-fusion."""

from collections.abc import Callable
from typing import cast

import pytest
import torch
from torch import Tensor

from geotamper.models import build_network, preset
from geotamper.models.blocks.prompts.aaue import AauePrompt
from geotamper.models.blocks.prompts.building import TEXT_PROMPTS
from geotamper.models.blocks.prompts.oga import OgaPrompt
from geotamper.models.blocks.transformer import AttentionPooling, SequenceAttention
from geotamper.models.cmfpf.network import Cmfpf
from geotamper.models.protocol import NetworkOutput, QuestionNetwork, Rows, TokenBatch, single

Ask = Callable[[QuestionNetwork], Tensor]
OTHERS = [name for name in TEXT_PROMPTS if name != "stma"]
LSTM = ["towers.text.kind=lstm", "towers.text.vocabulary=99", "towers.text.hidden=24"]


def _tiny(*changes: str) -> Cmfpf:
    return cast("Cmfpf", build_network("cmfpf", preset("cmfpf", "tiny").with_settings(changes), 7))


def _batch(network: QuestionNetwork, side: int = 32) -> NetworkOutput:
    ids = torch.tensor([[5, 6, 7, 0], [8, 9, 0, 0]])
    output: NetworkOutput = network(
        torch.randn(3, 3, side, side),
        TokenBatch(ids, ids > 0),
        torch.tensor([0, 1, 1, 2, 2]),
        torch.tensor([0, 1, 0, 1, 0]),
    )
    return output


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("changes", [[], LSTM], ids=["clip", "lstm"])
def test_prompt_answers_and_every_parameter_learns(name: str, changes: list[str]) -> None:
    network = _tiny(f"text_prompt={name}", *changes, "towers.resolution=64")
    output = _batch(network, 64)
    assert output.logits.shape == (5, 7)
    assert dict(output.auxiliary) == {}
    torch.autograd.backward(output.logits.square().sum())
    without = [key for key, parameter in network.named_parameters() if parameter.grad is None]
    assert without == []


@pytest.mark.parametrize("name", OTHERS)
def test_prompt_shares_pictures_and_texts_without_changing_answers(name: str, ask: Ask) -> None:
    network = _tiny(f"text_prompt={name}").eval()
    generator = torch.Generator().manual_seed(5)
    pictures = torch.randn(3, 3, 32, 32, generator=generator)[[0, 1, 1, 2, 2]]
    ids = torch.tensor([[5, 6, 7, 0], [8, 0, 0, 0]])[[0, 1, 0, 1, 0]]
    with torch.no_grad():
        alone = network(pictures, TokenBatch(ids, ids > 0), single(5), single(5)).logits
    torch.testing.assert_close(ask(network), alone, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", OTHERS)
def test_prompt_ignores_padding(name: str) -> None:
    network = _tiny(f"text_prompt={name}").eval()
    pictures = torch.randn(1, 3, 32, 32)
    with torch.no_grad():
        short, long = (
            network(pictures, TokenBatch(ids, ids > 0), single(1), single(1)).logits
            for ids in (torch.tensor([[5, 6, 7]]), torch.tensor([[5, 6, 7, 0, 0]]))
        )
    torch.testing.assert_close(short, long, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", OTHERS)
def test_prompt_depends_on_masks_and_question(name: str) -> None:
    network = _tiny(f"text_prompt={name}", "towers.resolution=64").eval()
    prompt = network.text_prompt
    assert prompt is not None
    ids = torch.tensor([[5, 6, 7, 0], [8, 9, 0, 0]])
    with torch.no_grad():
        pictures = dict(prompt.read_masks(torch.rand(2, 3, 64, 64)))
        texts = network.encode_texts(TokenBatch(ids, ids > 0))
        told = {
            (picture, text): prompt.prompt(_row(pictures, picture), _row(dict(texts.tensors), text))[0]
            for picture in range(2)
            for text in range(2)
        }
    assert told[0, 0].shape == (1, 24)
    assert not torch.allclose(told[0, 0], told[1, 0], atol=1e-6)
    assert not torch.allclose(told[0, 0], told[0, 1], atol=1e-6)


@pytest.mark.timeout(600)  # tracing takes long on a busy machine
def test_traced_q_former_takes_any_number_of_texts() -> None:
    class Answers(torch.nn.Module):
        """As the export to ONNX wraps it, plain tensors in and out."""

        def __init__(self, network: Cmfpf) -> None:
            super().__init__()
            self.network = network

        def forward(self, pictures: Tensor, ids: Tensor, picture_of: Tensor, text_of: Tensor) -> Tensor:
            logits: Tensor = self.network(pictures, TokenBatch(ids, ids > 0), picture_of, text_of).logits
            return logits

    module = Answers(_tiny("text_prompt=q_former")).eval()
    sides = [torch.export.Dim(name, min=1) for name in ("picture", "text", "question")]
    shapes = [{0: sides[number]} for number in (0, 1, 2, 2)]
    traced = torch.export.export(module, _given(2, 3, 5), dynamic_shapes=shapes, strict=False).module()
    for counts in ((3, 4, 6), (2, 5, 7)):
        given = _given(*counts)
        with torch.no_grad():
            torch.testing.assert_close(traced(*given), module(*given), atol=1e-5, rtol=1e-5)


def test_settings_of_idle_prompts_change_nothing(ask: Ask) -> None:
    torch.manual_seed(3)
    plain = _tiny()
    torch.manual_seed(3)
    other = _tiny("prompt.heads=2", "prompt.encoder.base=8", "prompt.oga_layers=1")
    assert list(plain.state_dict()) == list(other.state_dict())
    assert torch.equal(ask(plain.eval()), ask(other.eval()))


def test_no_prompts_leaves_the_cross_entropy_alone() -> None:
    network = _tiny("visual_prompt=none", "text_prompt=none")
    output = _batch(network)
    assert output.masks is None
    assert dict(output.auxiliary) == {}


def test_post_fusion_sees_the_plain_picture_and_adds_its_divergences() -> None:
    network = _tiny("visual_prompt=post_fusion").eval()
    seen: list[Tensor] = []
    network.image_tower.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    pictures = torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        rows = network.encode_pictures(pictures)
    assert torch.equal(seen[0], pictures)
    assert rows["image_divergences"].shape == (2, 2)
    assert set(_batch(network).auxiliary) == {"kl", "image_kl"}
    names = {key.partition(".")[0] for key in network.state_dict()}
    assert {"stma", "image_stma"} <= names


def test_aaue_takes_as_many_layers_as_the_tower_has() -> None:
    clip, lstm = (
        cast("AauePrompt", _tiny("text_prompt=aaue", *changes).text_prompt) for changes in ([], LSTM)
    )
    assert (clip.text_layers, lstm.text_layers) == (2, 2)
    one = cast("AauePrompt", _tiny("text_prompt=aaue", "prompt.aaue_experts=1").text_prompt)
    assert one.text_layers == 1


def test_aaue_managers_are_noisy_in_training_only() -> None:
    network = _tiny("text_prompt=aaue", "prompt.dropout=0")
    manager = cast("AauePrompt", network.text_prompt).managers[0]
    words, experts, places = torch.randn(2, 4, 24), torch.randn(2, 2, 4, 24), torch.randn(2, 6, 24)
    given = words, experts, places, places
    assert not torch.equal(manager.train()(*given), manager(*given))
    assert torch.equal(manager.eval()(*given), manager(*given))


def test_oga_tells_places_apart() -> None:
    prompt = cast("OgaPrompt", _tiny("text_prompt=oga", "towers.resolution=64").text_prompt).eval()
    mask = torch.zeros(2, 3, 64, 64)
    mask[0, 0, :16, :16] = mask[1, 0, -16:, -16:] = 1
    with torch.no_grad():
        upper, lower = prompt.read_masks(mask)["places"]
    assert not torch.allclose(upper.mean(0), lower.mean(0), atol=1e-4)


def test_sequence_attention_is_that_of_pytorch() -> None:
    ours = SequenceAttention(24, 6, 0.0)
    theirs = torch.nn.MultiheadAttention(24, 6, batch_first=True)
    theirs.load_state_dict(ours.state_dict())
    query, keys = torch.randn(4, 5, 24), torch.randn(4, 9, 24)
    mask = torch.rand(4, 9) > 0.3
    mask[:, 0] = True
    expected, _ = theirs(query, keys, keys, key_padding_mask=~mask)
    torch.testing.assert_close(ours(ours.queries(query), ours.keys(keys), mask), expected)


def test_attention_pooling_is_a_mean_of_what_counts() -> None:
    pooling = AttentionPooling(8)
    vectors = torch.randn(1, 3, 8)
    mask = torch.tensor([[True, False, False]])
    torch.testing.assert_close(pooling(vectors, mask), vectors[:, 0])


def _row(rows: dict[str, Tensor], number: int) -> Rows:
    return Rows({name: tensor[number : number + 1] for name, tensor in rows.items()})


def _given(pictures: int, texts: int, questions: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    ids = torch.randint(1, 90, (texts, 5))
    ids[0, 3:] = 0
    which = torch.randint(pictures, (questions,)), torch.randint(texts, (questions,))
    return torch.randn(pictures, 3, 32, 32), ids, *which
