import pytest
import torch

from geotamper.errors import SpecificationError
from geotamper.models import build_network, preset
from geotamper.models.blocks.stma import Stma
from geotamper.models.cmfpf.config import StmaConfig
from geotamper.models.config import MaskEncoderConfig
from geotamper.models.protocol import NetworkOutput, QuestionNetwork, TokenBatch

IMAGES = ("resnet", "efficientnet_lite0")
TEXTS = ("lstm", "skip_thoughts", "minilm")
OPTIONS = {
    "cmfpf": (
        ["stma.mode=tokens"],
        ["stma.encoders=2"],
        ["stma.share_feed_forward=false", "stma.feed_forward_layers=3", "stma.residual=false"],
        ["stma.kl_features=attention"],
        ["visual_prompt=avg2"],
        ["visual_prompt=none"],
        ["visual_prompt=post_fusion"],
        ["visual_prompt=post_fusion", "text_prompt=none"],
        ["visual_prompt=post_fusion", "stma.kl_features=attention"],
        ["text_prompt=none"],
        ["mask_scale=1"],
        ["mask_network.kind=swin", "mask_network.embedding=24", "mask_network.depths=[1, 1, 1, 1]"],
        ["mask_network.size=16", "stma.encoder.size=16"],
    ),
    "cm_moe": (
        ["router.mode=tokens"],
        ["router.gate=shazeer"],
        ["router.mode=tokens", "towers.text.kind=lstm"],
        ["router.experts=3", "router.active=1"],
    ),
}
CASES = [
    *((name, changes) for name, lists in OPTIONS.items() for changes in lists),
    *(("cmfpf", [f"towers.image.kind={kind}", "towers.image.weights=null"]) for kind in IMAGES),
    *(("cmfpf", [f"towers.text.kind={kind}", "towers.text.vocabulary=99"]) for kind in TEXTS[:2]),
    ("cmfpf", ["towers.text.kind=minilm", "towers.text.weights=null", "towers.text.layers=1"]),
    ("san", ["hops=1", "towers.image.kind=resnet_map", "towers.image.depth=18"]),
    ("mac", ["steps=1", "towers.text.kind=recurrent", "towers.text.directions=2", "towers.text.cell=gru"]),
    ("mcan", ["layers=1"]),
    ("rsivqa", ["rounds=1", "towers.image.kind=vgg16_map"]),
    (
        "blip2",
        [f"{part}.frozen=false" for part in ("language", "towers.image", "towers.text")]
        + ["towers.image.patch=16", "towers.resolution=32"],
    ),
]


def _tiny(name: str, changes: list[str] | None = None) -> QuestionNetwork:
    return build_network(name, preset(name, "tiny").with_settings(changes or []), 7)


def _batch(network: QuestionNetwork) -> NetworkOutput:
    ids = torch.tensor([[5, 6, 7, 0], [8, 9, 0, 0]])
    output: NetworkOutput = network(
        torch.randn(3, 3, 32, 32),
        TokenBatch(ids, ids > 0),
        torch.tensor([0, 1, 1, 2, 2]),
        torch.tensor([0, 1, 0, 1, 0]),
    )
    return output


@pytest.mark.parametrize(("name", "changes"), CASES)
def test_option_answers_and_every_parameter_learns(name: str, changes: list[str]) -> None:
    network = _tiny(name, changes)
    output = _batch(network)
    assert output.logits.shape == (5, 7)
    loss = output.logits.square().sum() + sum(output.auxiliary.values(), torch.zeros(()))
    if output.masks is not None:
        assert output.masks.shape == (3, 3, 32, 32)
        loss = loss + output.masks.square().mean()
    for head in output.heads.values():
        loss = loss + head.logits.square().mean()
    assert torch.isfinite(loss)
    torch.autograd.backward(loss)
    without = [key for key, parameter in network.named_parameters() if parameter.grad is None]
    assert without == []


@pytest.mark.parametrize("kind", ["clip", *TEXTS])
def test_padding_changes_nothing(kind: str) -> None:
    changes = [f"towers.text.kind={kind}"] + (["towers.text.weights=null"] if kind == "minilm" else [])
    network = _tiny("cmfpf", changes).eval()
    short = torch.tensor([[5, 6, 7]])
    long = torch.tensor([[5, 6, 7, 0, 0, 0]])
    with torch.no_grad():
        one = network.encode_texts(TokenBatch(short, short > 0))["question"]
        other = network.encode_texts(TokenBatch(long, long > 0))["question"]
    torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-5)


def test_pooled_stma_ignores_the_question_and_tokens_do_not() -> None:
    for mode, same in (("pooled", True), ("tokens", False)):
        stma = _tiny("cmfpf", [f"stma.mode={mode}", "towers.resolution=64"]).eval().stma
        with torch.no_grad():
            keys = stma.encode_masks(torch.rand(1, 1, 64, 64), torch.rand(1, 1, 64, 64)).keys  # type: ignore[operator,union-attr]
            results = [stma.attend(stma.queries(torch.randn(1, 24)), keys) for _ in range(2)]  # type: ignore[operator,union-attr]
        assert torch.allclose(results[0], results[1], atol=1e-6) is same


def test_cross_attention_is_that_of_pytorch() -> None:
    from geotamper.models.blocks.attention import CrossAttention

    ours = CrossAttention(24, 6, 0.0)
    theirs = torch.nn.MultiheadAttention(24, 6, batch_first=True)
    theirs.load_state_dict(ours.state_dict())
    query, keys = torch.randn(4, 24), torch.randn(4, 9, 24)
    mask = torch.rand(4, 9) > 0.3
    mask[:, 0] = True
    expected, _ = theirs(query.unsqueeze(1), keys, keys, key_padding_mask=~mask)
    torch.testing.assert_close(ours(ours.queries(query), ours.keys(keys), mask), expected.squeeze(1))


def test_noise_moves_the_gate_in_training_only() -> None:
    network = _tiny("cm_moe", ["router.attention_dropout=0"])
    router = network.router
    attended, scales = torch.randn(3, 24), torch.ones(3, 6)
    router.train()  # type: ignore[union-attr]
    assert not torch.equal(router.choose(attended, scales).scores, router.choose(attended, scales).scores)  # type: ignore[operator,union-attr]
    router.eval()  # type: ignore[union-attr]
    gate = router.choose(attended, scales)  # type: ignore[operator,union-attr]
    torch.testing.assert_close(gate.scores.sum(1), torch.ones(3))
    torch.testing.assert_close(gate.weights.sum(1), torch.ones(3))
    assert ((gate.weights > 0).sum(1) == 4).all()


def test_mask_network_has_parameters_of_its_own() -> None:
    network = _tiny("cmfpf")
    assert len(network.mask_parameters()) > 10
    assert _tiny("cmfpf", ["visual_prompt=none", "text_prompt=none"]).mask_parameters() == ()


def test_build_network_says_what_starts_at_random(caplog: pytest.LogCaptureFixture) -> None:
    _tiny("cmfpf")
    assert "random weights" in caplog.text
    assert "towers.image.weights" in caplog.text


def test_build_network_refuses_the_configuration_of_another() -> None:
    with pytest.raises(SpecificationError, match="CmMoeConfig"):
        build_network("cm_moe", preset("cmfpf", "tiny"), 3)


def test_build_network_refuses_unknown_names() -> None:
    with pytest.raises(SpecificationError, match="cmfpf"):
        build_network("resnet", preset("cmfpf", "tiny"), 3)


def test_efficientnet_weights_are_those_of_imagenet() -> None:
    from geotamper.models.blocks.image_towers import build_image_tower
    from geotamper.models.config import EfficientNetImageConfig

    tower = build_image_tower(EfficientNetImageConfig(), 64)
    other = build_image_tower(EfficientNetImageConfig(), 64)
    picture = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(tower.eval()(picture).pooled, other.eval()(picture).pooled)
    # entries of BatchNorm that training has moved
    assert float(tower.state_dict()["model.bn1.running_var"].std()) > 0.01


def test_minilm_weights_are_those_of_the_package() -> None:
    from geotamper.models.blocks.text_towers import build_text_tower
    from geotamper.models.config import MiniLmTextConfig
    from geotamper.models.text import build_tokenizer

    config = MiniLmTextConfig()
    tower = build_text_tower(config).eval()
    tokens = build_tokenizer(config, []).encode(
        ["a ship on the water", "a boat at sea", "rules of grammar and spelling"]
    )
    with torch.no_grad():
        ship, boat, grammar = torch.nn.functional.normalize(tower(tokens).pooled)
    assert ship @ boat > 0.5 > ship @ grammar


def test_margin_ends_the_push_of_the_different_relation() -> None:
    config = StmaConfig(encoder=MaskEncoderConfig(base=4), feed_forward=48, kl_margin=0.3)
    stma = Stma(config, 24)
    near = torch.tensor([[0.1, 0.2], [0.1, 0.2]], requires_grad=True)
    far = torch.tensor([[0.1, 0.4], [0.1, 9.0]], requires_grad=True)
    assert stma.loss(near).item() == pytest.approx(0.1 + 1 / 0.2, rel=1e-4)
    assert stma.loss(far).item() == pytest.approx(0.1 + 1 / 0.3, rel=1e-4)
    for divergences, pushed in ((near, True), (far, False)):
        (gradient,) = torch.autograd.grad(stma.loss(divergences), divergences)
        assert bool((gradient[:, 1] != 0).all()) is pushed
        assert bool((gradient[:, 0] > 0).all())
