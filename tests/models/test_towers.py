"""Feature maps and recurrent readers."""

from pathlib import Path

import pytest
import torch

from geotamper.errors import InputError
from geotamper.models.blocks.image_towers import build_image_tower
from geotamper.models.blocks.map_towers import MapTower, as_grid, count_places
from geotamper.models.blocks.text_towers import build_text_tower
from geotamper.models.config import (
    ClipImageConfig,
    EfficientNetImageConfig,
    ImageConfig,
    ResNetImageConfig,
)
from geotamper.models.protocol import TokenBatch
from geotamper.models.tower_config import (
    Blip2ImageConfig,
    RecurrentTextConfig,
    ResNetMapConfig,
    VggMapConfig,
)


@pytest.mark.parametrize(
    ("config", "shape"),
    [
        (ResNetMapConfig(depth=101), (49, 2048)),
        (ResNetMapConfig(depth=101, stage=3), (196, 1024)),
        (VggMapConfig(), (196, 512)),
        (ResNetImageConfig(depth=18), (49, 512)),
        (EfficientNetImageConfig(weights=None), (49, 1280)),
        (ClipImageConfig(layers=1), (49, 768)),
        (Blip2ImageConfig(layers=1, precision="float32"), (257, 1408)),
    ],
)
def test_tower_gives_as_many_places_as_counted(config: ImageConfig, shape: tuple[int, int]) -> None:
    # autocasting, which EfficientNet switches off inside, knows no tensors without values
    with torch.device("cpu" if isinstance(config, EfficientNetImageConfig) else "meta"):
        tower = build_image_tower(config, 224).eval()
        tokens = tower(torch.zeros(1, 3, 224, 224)).tokens
    assert tokens.shape[1:] == shape
    assert (count_places(config, 224), tower.token_width) == shape


def test_places_come_row_by_row() -> None:
    grid = torch.arange(12.0).view(1, 3, 2, 2)
    torch.testing.assert_close(as_grid(grid.flatten(2).transpose(1, 2)), grid)


def test_frozen_map_keeps_its_statistics() -> None:
    tower = build_image_tower(ResNetMapConfig(depth=18, frozen=True), 64).train()
    before = {name: value.clone() for name, value in tower.state_dict().items()}
    tower(torch.randn(2, 3, 64, 64))
    assert all(torch.equal(before[name], value) for name, value in tower.state_dict().items())


def test_map_towers_read_the_layout_of_torchvision(tmp_path: Path) -> None:
    from torchvision import models

    full = models.resnet18(weights=None).eval()
    torch.save(full.state_dict(), tmp_path / "resnet.pt")
    tower = build_image_tower(ResNetMapConfig(depth=18, weights=str(tmp_path / "resnet.pt")), 64).eval()
    assert isinstance(tower, MapTower)
    picture = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(full.fc(tower(picture).pooled), full(picture))
    vgg = build_image_tower(VggMapConfig(), 32)
    state = {f"features.{name}": value for name, value in vgg.grid.state_dict().items()}  # type: ignore[union-attr]
    torch.save(state | {"classifier.0.weight": torch.zeros(1)}, tmp_path / "vgg.pt")
    again = build_image_tower(VggMapConfig(weights=str(tmp_path / "vgg.pt")), 32)
    picture = torch.randn(1, 3, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(again(picture).tokens, vgg(picture).tokens)
    with pytest.raises(InputError, match="does not fit"):
        build_image_tower(ResNetMapConfig(depth=50, weights=str(tmp_path / "resnet.pt")), 64)


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_recurrent_reader_is_that_of_pytorch(cell: str) -> None:
    config = RecurrentTextConfig(
        cell="lstm" if cell == "lstm" else "gru", vocabulary=30, embedding=8, hidden=6, layers=2, directions=2
    )
    tower = build_text_tower(config).eval()
    whole = (torch.nn.LSTM if cell == "lstm" else torch.nn.GRU)(8, 6, 2, batch_first=True, bidirectional=True)
    state = {}
    for direction, suffix in (("ahead", ""), ("back", "_reverse")):
        for layer in range(2):
            for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
                state[f"{kind}_l{layer}{suffix}"] = tower.state_dict()[f"{direction}.{layer}.{kind}_l0"]
    whole.load_state_dict(state)
    ids = torch.tensor([[5, 6, 7, 0, 0], [8, 9, 10, 11, 12]])
    found = tower(TokenBatch(ids, ids > 0))
    for row, length in enumerate((3, 5)):
        states, last = whole(tower.embedding(ids[row : row + 1, :length]))  # type: ignore[operator]
        hidden = last[0] if cell == "lstm" else last
        torch.testing.assert_close(found.tokens[row, :length], states[0])
        torch.testing.assert_close(found.pooled[row], torch.cat((hidden[-2, 0], hidden[-1, 0])))
