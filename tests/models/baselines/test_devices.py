"""The training devices that some of the compared networks bring."""

import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from geotamper.errors import InputError
from geotamper.models import build_network, preset
from geotamper.models.baselines.mqvqa_levels import levels
from geotamper.models.blocks.image_towers import build_image_tower
from geotamper.models.config import EfficientNetImageConfig
from geotamper.models.protocol import NetworkOutput, QuestionNetwork, Rows, TokenBatch
from geotamper.models.tower_config import VggMapConfig

ANSWERS = 51
PICTURE_OF = torch.tensor([0, 0, 1, 1, 2, 2])
TEXT_OF = torch.tensor([0, 1, 0, 1, 0, 1])


def _tiny(name: str, *changes: str) -> QuestionNetwork:
    torch.manual_seed(0)
    return build_network(name, preset(name, "tiny").with_settings(changes), 7)


def _ask(network: QuestionNetwork, pictures: Tensor | None = None) -> NetworkOutput:
    if pictures is None:
        pictures = torch.randn(3, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    ids = torch.tensor([[5, 6, 7, 0], [8, 9, 0, 0]])
    output: NetworkOutput = network(pictures, TokenBatch(ids, ids > 0), PICTURE_OF, TEXT_OF)
    return output


@pytest.mark.parametrize(
    ("name", "left_out", "millions"),
    [
        ("dvqa", ("image_tower.",), 35.0),
        ("feh", ("image_tower.", "text_tower."), 7.9),
        ("earthvqa", ("image_tower.", "segmentation."), 12.3),
    ],
)
def test_paper_preset_has_its_size_with_150_words(
    name: str, left_out: tuple[str, ...], millions: float
) -> None:
    config = preset(name, "paper").with_settings(["towers.text.vocabulary=150"]).without_weights()
    with torch.device("meta"):
        network = build_network(name, config, ANSWERS)
    count = sum(weight.numel() for key, weight in network.named_parameters() if not key.startswith(left_out))
    assert count == pytest.approx(millions * 1e6, rel=0.01)


def test_dvqa_brings_negatives_in_after_48_percent_of_the_epochs() -> None:
    network = _tiny("dvqa")
    branches = {"question_only", "picture_only", "debiased"}
    for epochs in (1, 3, 25, 30, 50):
        first = math.ceil(0.48 * epochs - 1e-9)
        for epoch in range(epochs):
            if epoch not in {first - 1, first}:
                continue
            network.progress = epoch / epochs
            negatives = {"other_picture", "other_text"} if epoch == first else set()
            assert set(_ask(network).heads) == branches | negatives


def test_dvqa_borrows_other_pictures_and_other_texts_only() -> None:
    network = _tiny("dvqa")
    own = torch.arange(len(PICTURE_OF))
    for _ in range(20):
        heads = _ask(network).heads
        for name, rows in (("other_picture", PICTURE_OF), ("other_text", TEXT_OF)):
            donors = heads[name].donors
            assert donors is not None
            assert bool(((rows[donors] != rows) | (donors == own)).all())


def test_dvqa_negatives_are_the_answers_to_exchanged_pairs() -> None:
    network = _tiny("dvqa", "dropout=0", "dense_dropout=0", "attention_dropout=0")
    heads = _ask(network).heads
    every = torch.cartesian_prod(torch.arange(3), torch.arange(2))
    ids = torch.tensor([[5, 6, 7, 0], [8, 9, 0, 0]])
    pictures = torch.randn(3, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    seen, asked = network.encode_pictures(pictures), network.encode_texts(TokenBatch(ids, ids > 0))
    fused, _ = network._fused(seen.take(every[:, 0]), asked.take(every[:, 1]))  # type: ignore[operator]
    donors = heads["other_picture"].donors
    assert donors is not None
    rows = 2 * PICTURE_OF[donors] + TEXT_OF
    expected = network._classified(fused[rows])  # type: ignore[operator]
    torch.testing.assert_close(heads["other_picture"].logits, expected, atol=1e-5, rtol=1e-4)


def test_dvqa_branches_do_not_pull_at_question_and_picture() -> None:
    network = _tiny("dvqa")
    heads = _ask(network).heads
    branches = [heads[name].logits for name in ("question_only", "picture_only", "debiased")]
    torch.autograd.backward(torch.stack(branches).square().sum())
    pulled = {name.split(".")[0] for name, weight in network.named_parameters() if weight.grad is not None}
    assert pulled == {"branches"}


def test_dvqa_answers_without_its_branches() -> None:
    network = _tiny("dvqa").eval()
    before = _ask(network)
    assert not before.heads
    assert not before.auxiliary
    for weight in network.branches.parameters():  # type: ignore[union-attr]
        nn.init.constant_(weight, 3.0)
    assert torch.equal(_ask(network).logits, before.logits)


def test_dvqa_trains_on_a_single_question() -> None:
    network = _tiny("dvqa")
    ids, zero = torch.tensor([[5, 6]]), torch.zeros(1, dtype=torch.int64)
    output = network(torch.randn(1, 3, 32, 32), TokenBatch(ids, ids > 0), zero, zero)
    assert output.logits.shape == (1, 7)
    assert bool(torch.isfinite(output.logits).all())


def test_mqvqa_levels_are_one_layer_over_joined_channels() -> None:
    network = _tiny("mqvqa").eval()
    layers = list(network.level_projections)  # type: ignore[arg-type]
    width = layers[0].in_features
    maps = [torch.randn(2, 4, width) for _ in layers]
    depth = torch.softmax(torch.randn(2, 3), dim=1)
    projected = [layer(values) for layer, values in zip(layers, maps, strict=True)]
    stacked = torch.stack(projected[:3], dim=1)
    ours = projected[3] + torch.einsum("nk,nksd->nsd", depth, stacked)
    weighted = [depth[:, k, None, None] * maps[k] for k in range(3)]
    weight = torch.cat([layer.weight for layer in layers], dim=1)
    joined = functional.linear(torch.cat([*weighted, maps[3]], dim=2), weight, layers[3].bias)
    torch.testing.assert_close(ours, joined)


def test_mqvqa_names_the_group_of_every_question() -> None:
    head = _ask(_tiny("mqvqa")).heads["group"]
    assert head.logits.shape == (6, 3)
    assert head.weight == 0.1
    assert torch.equal(head.logits[0], head.logits[2])  # the same text


def test_mqvqa_levels_of_both_convolutional_towers() -> None:
    vgg = VggMapConfig()
    found = levels(vgg, build_image_tower(vgg, 64), torch.zeros(1, 3, 64, 64))
    assert [tuple(level.shape[1:]) for level in found] == [
        (64, 64, 64),
        (256, 16, 16),
        (512, 4, 4),
        (512, 2, 2),
    ]
    lite = EfficientNetImageConfig(weights=None)
    tower = build_image_tower(lite, 64).eval()
    pictures = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        found = levels(lite, tower, pictures)
        assert [tuple(level.shape[1:]) for level in found] == [
            (16, 32, 32),
            (40, 8, 8),
            (112, 4, 4),
            (1280, 2, 2),
        ]
        tokens = found[3].flatten(2).transpose(1, 2)
        torch.testing.assert_close(tokens, tower(pictures).tokens)


@pytest.mark.parametrize("name", ["earthvqa", "sga"])
def test_segmentation_does_not_learn_from_answers(name: str) -> None:
    network = _tiny(name)
    output = _ask(network)
    torch.autograd.backward(output.logits.square().sum())
    assert all(weight.grad is None for weight in network.mask_parameters())
    torch.autograd.backward(output.heads["class_map"].logits.square().sum())
    assert all(weight.grad is not None for weight in network.mask_parameters())


@pytest.mark.parametrize("name", ["earthvqa", "sga"])
def test_predicted_class_map_reaches_the_answers(name: str) -> None:
    network = _tiny(name).eval()
    with torch.no_grad():
        before = _ask(network).logits
        network.get_parameter("segmentation.network.head.bias").copy_(torch.randn(8) * 50)
        assert not torch.allclose(_ask(network).logits, before)


@pytest.mark.parametrize("name", ["earthvqa", "sga"])
def test_guidance_can_be_left_out(name: str) -> None:
    network = _tiny(name, "guidance=none")
    output = _ask(network)
    assert output.heads == {}
    assert network.mask_parameters() == ()
    assert not network.predicts_masks
    torch.autograd.backward(output.logits.square().sum())
    assert all(weight.grad is not None for weight in network.parameters())


@pytest.mark.parametrize("name", ["earthvqa", "sga"])
def test_true_class_map_guides_only_where_pictures_bring_it(name: str) -> None:
    network = _tiny(name, "guidance=true_map").eval()
    pictures = torch.randn(3, 4, 32, 32)
    answers = []
    with torch.no_grad():
        for number in (0, 7):
            pictures[:, 3] = number
            output = _ask(network, pictures)
            assert output.heads == {}
            answers.append(output.logits)
    assert not torch.allclose(answers[0], answers[1])
    with pytest.raises(InputError, match="guidance=predicted"):
        _ask(network)


def test_earthvqa_does_not_see_padded_words() -> None:
    network = _tiny("earthvqa").eval()
    places = torch.randn(1, 4, 16)
    words, mask = torch.randn(1, 5, 16), torch.tensor([[True, True, True, False, False]])
    other = words.clone()
    other[:, 3:] = 9.0
    given = [
        network.answer(Rows({"places": places}), Rows({"words": w, "mask": mask})) for w in (words, other)
    ]
    torch.testing.assert_close(given[0][0], given[1][0])


def test_feh_averages_blocks_of_places_that_do_not_divide_evenly() -> None:
    network = _tiny("feh", "towers.resolution=48")  # 3 x 3 places: two full blocks and a rest of one
    output = _ask(network, torch.randn(3, 3, 48, 48))
    assert output.logits.shape == (6, 7)
