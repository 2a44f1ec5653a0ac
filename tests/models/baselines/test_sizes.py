"""The preset `paper` of each compared network has as many parameters as were published or counted for it."""

import pytest
import torch

from geotamper.models import MODELS, build_network, preset
from geotamper.models.protocol import QuestionNetwork

TOWERS = ("image_tower.", "text_tower.")
ANSWERS = 51


def _paper(name: str, *changes: str) -> QuestionNetwork:
    with torch.device("meta"):
        return build_network(name, preset(name, "paper").with_settings(changes).without_weights(), ANSWERS)


def _count(network: QuestionNetwork, left_out: tuple[str, ...] = ()) -> int:
    return sum(weight.numel() for name, weight in network.named_parameters() if not name.startswith(left_out))


@pytest.mark.parametrize(
    ("name", "changes", "left_out", "millions"),
    [
        ("san", [], TOWERS, 4.8),
        ("mac", ["towers.text.vocabulary=150"], TOWERS[:1], 12.2),  # its own reader counts
        ("mcan", [], TOWERS, 103.0),
        ("mcan", ["width=512"], TOWERS, 46.4),
        ("rsvqa", [], TOWERS, 5.7),
        ("blip2", [], ("head.",), 3744.8),
    ],
)
def test_paper_preset_has_the_size_of_the_publication(
    name: str, changes: list[str], left_out: tuple[str, ...], millions: float
) -> None:
    assert _count(_paper(name, *changes), left_out) == pytest.approx(millions * 1e6, rel=0.01)


def test_blip2_trains_queries_projection_and_classifier_only() -> None:
    network = _paper("blip2")
    trained = {name: weight.numel() for name, weight in network.named_parameters() if weight.requires_grad}
    assert sum(trained.values()) == pytest.approx(107e6, rel=0.01)
    assert {name.split(".")[0] for name in trained} == {"query_transformer", "language_projection", "head"}


def test_tiny_blip2_has_the_size_of_the_library_test() -> None:
    assert _count(build_network("blip2", preset("blip2", "tiny"), ANSWERS), ("head.",)) == 58_580


def test_frozen_towers_do_not_learn() -> None:
    network = _paper("rsvqa")
    frozen = {name for name, weight in network.named_parameters() if not weight.requires_grad}
    assert frozen
    assert all(name.startswith("image_tower.") for name in frozen)


@pytest.mark.parametrize(
    ("name", "rates"),
    [("san", (1e-3, 1e-4)), ("mcan", (5e-4, 1e-6)), ("blip2", (5e-4, 1e-6)), ("cmfpf", (5e-5, 1e-6))],
)
def test_networks_train_at_their_published_rates(name: str, rates: tuple[float, float]) -> None:
    from geotamper.learning.blueprint import configure

    _, settings = configure(name, "paper", [])
    assert (settings.learning_rate, settings.learning_rate_end) == rates
    _, changed = configure(name, "paper", [("learning_rate", "0.5")])
    assert changed.learning_rate == 0.5


def test_compact_networks_see_alike() -> None:
    assert len({entry.presets["compact"].towers.to_yaml() for entry in MODELS.values()}) == 1
