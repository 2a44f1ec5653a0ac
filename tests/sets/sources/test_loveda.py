from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from geotamper.sets.sources import (
    LABEL_IDS,
    LayoutError,
    RawTile,
    TileError,
    detect_reader,
    open_source,
    read_tiles,
)

Pixels = npt.NDArray[np.uint8]
Noise = Callable[..., Pixels]
Save = Callable[..., Path]
ReadAll = Callable[..., list[RawTile]]

SIDE = 1024


@pytest.fixture
def loveda(tmp_path: Path, save: Callable[..., Path], noise: Noise) -> Path:
    """Two scenes with two numbers in Train and Val, and Test without masks."""
    number = 0
    for split in ("Train", "Val", "Test"):
        for scene in ("Rural", "Urban"):
            for _ in range(2):
                save(f"{split}/{scene}/images_png/{number}.png", noise(SIDE, SIDE, number))
                if split != "Test":
                    mask = np.full((SIDE, SIDE), 1, np.uint8)
                    mask[:100] = 0
                    mask[200:300, 200:300] = 2
                    mask[600:, 600:] = 7
                    mask[600:, :100] = 4
                    save(f"{split}/{scene}/masks_png/{number}.png", mask)
                number += 1
    return tmp_path


def test_loveda_is_cut_into_four_tiles_per_picture(loveda: Path, read_all: ReadAll, noise: Noise) -> None:
    assert detect_reader(loveda).name == "loveda"
    tiles = read_all(loveda)
    assert len(tiles) == 8 * 4
    first, last = tiles[0], tiles[3]
    assert first.ref.id == "LoveDA:Train/Rural/0@0,0,512"
    assert np.array_equal(last.pixels, noise(SIDE, SIDE, 0)[512:, 512:])
    assert np.array_equal(np.unique(first.labels), [0, LABEL_IDS["Building"]])
    assert first.ignore[:100].all()
    assert not first.ignore[100:].any()
    assert (last.labels[88:, 88:] == LABEL_IDS["Farmland"]).all()
    assert (tiles[2].labels[88:, :100] == LABEL_IDS["Water"]).all()
    assert first.instances is None
    assert first.instance_origin == "component"


def test_loveda_keeps_region_split_and_group(loveda: Path, read_all: ReadAll) -> None:
    tiles = read_all(loveda)
    assert {tile.ref.raw.region for tile in tiles} == {"China/rural", "China/urban"}
    assert {tile.ref.raw.split for tile in tiles} == {"train", "val"}
    assert len({tile.ref.raw.group for tile in tiles}) == 8
    assert {tile.ref.gsd_m for tile in tiles} == {0.3}


def test_loveda_notes_test_pictures_without_masks(loveda: Path) -> None:
    notes = open_source(loveda).tiles().notes
    assert len(notes) == 2
    assert all("Test" in note for note in notes)


def test_loveda_refuses_a_folder_of_shifted_labels(loveda: Path, save: Save) -> None:
    for path in sorted(loveda.rglob("masks_png/*.png")):
        save(str(path.relative_to(loveda)), np.full((SIDE, SIDE), 5, np.uint8))
    save("Val/Urban/masks_png/7.png", np.full((SIDE, SIDE), 255, np.uint8))
    with pytest.raises(LayoutError, match=r"7\.png' holds the label 255.*shifted by one"):
        open_source(loveda).tiles()


def test_loveda_refuses_a_mask_with_a_label_of_no_edition(loveda: Path, save: Save) -> None:
    mask = save("Val/Urban/masks_png/7.png", np.full((SIDE, SIDE), 9, np.uint8))
    source = open_source(loveda)
    with pytest.raises(TileError, match="label 9; expected one of 0") as caught:
        source.read(source.tiles().tiles[-1])
    assert caught.value.path == mask


def test_loveda_notes_a_copy_without_farmland(loveda: Path, save: Save) -> None:
    for path in sorted(loveda.rglob("masks_png/*.png")):
        save(str(path.relative_to(loveda)), np.full((SIDE, SIDE), 6, np.uint8))
    assert any("shifted by one" in note for note in open_source(loveda).tiles().notes)


def test_loveda_reads_on_after_a_cut_off_file(loveda: Path) -> None:
    broken = loveda / "Train/Rural/images_png/1.png"
    broken.write_bytes(broken.read_bytes()[:20_000])
    source = open_source(loveda)
    tiles = list(read_tiles(source, source.tiles()))
    errors = [tile for tile in tiles if isinstance(tile, TileError)]
    assert {error.path for error in errors} == {broken}
    assert "cannot be decoded" in str(errors[0])
    assert len(tiles) - len(errors) >= 28


def test_loveda_names_the_missing_folder(loveda: Path) -> None:
    (loveda / "Val/Urban/masks_png").rename(loveda / "Val/Urban/elsewhere")
    with pytest.raises(LayoutError, match=r"Val/Urban/masks_png' is missing.*named as the pictures"):
        open_source(loveda, "loveda").tiles()


def test_loveda_names_a_picture_without_mask(loveda: Path) -> None:
    missing = loveda / "Train/Urban/masks_png/3.png"
    missing.unlink()
    listing = open_source(loveda).tiles()
    assert [error.path.name for error in listing.failures] == ["3.png"]
    assert len(listing.tiles) == 7 * 4


@pytest.mark.shared
def test_loveda_reads_original_files(shared: Path, read_all: ReadAll) -> None:
    tiles = read_all(shared / "native" / "LoveDA")
    assert len(tiles) == 8
    present = {int(label) for tile in tiles for label in np.unique(tile.labels)}
    assert present == {
        LABEL_IDS[name] for name in ("Other", "Building", "Road", "Water", "Vegetation", "Farmland")
    }
