from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from geotamper.sets.sources import LABEL_IDS, LayoutError, RawTile, detect_reader, open_source

Pixels = npt.NDArray[np.uint8]
Noise = Callable[..., Pixels]
Save = Callable[..., Path]
ReadAll = Callable[..., list[RawTile]]

WIDTH, HEIGHT = 1300, 1100


def labels() -> Pixels:
    colours = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    colours[200:400, 200:400] = (255, 0, 0)
    colours[198:200, 200:400] = (255, 120, 120)  # a soft edge that rounds to building
    colours[196:198, 200:400] = (255, 200, 200)  # and one that rounds to background
    colours[600:700] = (0, 0, 255)
    colours[900:1000, 0:100] = 0
    return colours


@pytest.fixture
def laisfo(tmp_path: Path, save: Save, noise: Noise) -> Path:
    for name in ("berlin/berlin2", "berlin/berlin10", "paris/paris6", "chicago/chicago97"):
        save(f"{name}_image.png", noise(HEIGHT, WIDTH))
        save(f"{name}_labels.png", labels())
    save("chicago/chicago1_image.png", noise(900, 1200))
    save("chicago/chicago1_labels.png", np.full((900, 1200, 3), 255, np.uint8))
    return tmp_path


def test_laisfo_halves_windows_of_1024(laisfo: Path, read_all: ReadAll, noise: Noise) -> None:
    assert detect_reader(laisfo).name == "laisfo"
    tiles = read_all(laisfo)
    assert [tile.ref.raw.key for tile in tiles] == ["berlin/berlin2", "berlin/berlin10", "paris/paris6"]
    tile = tiles[0]
    quarters = noise(HEIGHT, WIDTH)[:1024, :1024].reshape(512, 2, 512, 2, 3).astype(float)
    assert np.abs(tile.pixels - quarters.mean(axis=(1, 3))).max() <= 0.5
    assert tile.ref.scale == 0.5
    assert tile.ref.gsd_m == pytest.approx(0.182)


def test_laisfo_rounds_colours_and_ignores_others(laisfo: Path, read_all: ReadAll) -> None:
    tile = read_all(laisfo)[0]
    expected = np.zeros((512, 512), np.uint8)
    expected[99:200, 100:200] = LABEL_IDS["Building"]
    expected[300:350] = LABEL_IDS["Road"]
    assert np.array_equal(tile.labels, expected)
    assert np.argwhere(tile.ignore).min(axis=0).tolist() == [450, 0]
    assert np.argwhere(tile.ignore).max(axis=0).tolist() == [499, 49]


def test_laisfo_leaves_out_faulty_and_small_pictures(laisfo: Path) -> None:
    notes = open_source(laisfo).tiles().notes
    assert any("chicago97" in note and "faulty" in note for note in notes)
    assert any("chicago1_image" in note and "1200 x 900" in note for note in notes)


def test_laisfo_reads_the_folder_of_one_city(laisfo: Path, read_all: ReadAll) -> None:
    assert len(read_all(laisfo / "paris", "laisfo")) == 1


def test_laisfo_names_what_it_expects_in_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(LayoutError, match=r"berlin1_image\.png"):
        open_source(tmp_path, "laisfo").tiles()
