from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import rasterio
from rasterio.transform import Affine

from geotamper.sets.sources import LABEL_IDS, LayoutError, RawTile, TileError, detect_reader, open_source

Pixels = npt.NDArray[np.uint8]
Noise = Callable[..., Pixels]
ReadAll = Callable[..., list[RawTile]]

WIDTH, HEIGHT = 1100, 1050


def write_tiff(path: Path, bands: Pixels) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    profile = {
        "count": bands.shape[0],
        "height": bands.shape[1],
        "width": bands.shape[2],
        "dtype": bands.dtype,
    }
    place = {"crs": "EPSG:26914", "transform": Affine(0.3, 0, 616_500, 0, -0.3, 3_345_000)}
    with rasterio.open(path, "w", driver="GTiff", **profile, **place) as target:
        target.write(bands)


@pytest.fixture
def iaild(tmp_path: Path, noise: Noise) -> Path:
    base = tmp_path / "AerialImageDataset"
    for number, name in enumerate(("austin1", "austin10", "tyrol-w2")):
        write_tiff(base / f"train/images/{name}.tif", np.moveaxis(noise(HEIGHT, WIDTH, number), -1, 0))
        gt = np.zeros((1, HEIGHT, WIDTH), np.uint8)
        gt[0, 520:600, 30:90] = 255
        write_tiff(base / f"train/gt/{name}.tif", gt)
    write_tiff(base / "test/images/sfo1.tif", np.moveaxis(noise(600, 600), -1, 0))
    return tmp_path


def test_iaild_drops_remainders_and_decodes_buildings(iaild: Path, read_all: ReadAll, noise: Noise) -> None:
    assert detect_reader(iaild).name == "iaild"
    tiles = read_all(iaild)
    assert [tile.ref.id.partition(":")[2] for tile in tiles[:4]] == [
        "train/austin1@0,0,512",
        "train/austin1@512,0,512",
        "train/austin1@0,512,512",
        "train/austin1@512,512,512",
    ]
    assert len(tiles) == 12
    expected = np.zeros((512, 512), np.uint8)
    expected[8:88, 30:90] = LABEL_IDS["Building"]
    assert np.array_equal(tiles[2].labels, expected)
    assert np.array_equal(tiles[2].pixels, noise(HEIGHT, WIDTH, 0)[512:1024, :512])
    assert tiles[0].mask_quality == "noisy"


def test_iaild_tells_places_with_hyphens(iaild: Path, read_all: ReadAll) -> None:
    regions = {tile.ref.raw.picture.stem: tile.ref.raw.region for tile in read_all(iaild)}
    assert regions == {"austin1": "USA/Austin", "austin10": "USA/Austin", "tyrol-w2": "Austria/West Tyrol"}


def test_iaild_knows_the_usual_validation_tiles(iaild: Path, read_all: ReadAll) -> None:
    splits = {tile.ref.raw.picture.stem: tile.ref.raw.split for tile in read_all(iaild)}
    assert splits == {"austin1": "val", "austin10": "train", "tyrol-w2": "val"}


def test_iaild_notes_the_unlabelled_test_part(iaild: Path) -> None:
    assert any("test" in note for note in open_source(iaild).tiles().notes)


def test_iaild_names_the_missing_folder(iaild: Path) -> None:
    (iaild / "AerialImageDataset/train/gt").rename(iaild / "gt")
    with pytest.raises(LayoutError, match=r"train/gt' is missing"):
        open_source(iaild, "iaild").tiles()


def test_iaild_refuses_sizes_that_differ(iaild: Path) -> None:
    write_tiff(iaild / "AerialImageDataset/train/gt/austin1.tif", np.zeros((1, HEIGHT, 1024), np.uint8))
    source = open_source(iaild)
    with pytest.raises(TileError, match=r"1024 x 1050.*1100 x 1050.*equal sizes"):
        source.read(source.tiles().tiles[0])


def test_iaild_refuses_16_bit_pictures(iaild: Path) -> None:
    write_tiff(iaild / "AerialImageDataset/train/images/austin1.tif", np.zeros((3, HEIGHT, WIDTH), np.uint16))
    source = open_source(iaild)
    with pytest.raises(TileError, match=r"uint16.*expected 8-bit RGB"):
        source.read(source.tiles().tiles[0])
