from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from geotamper.sets.sources import LABEL_IDS, LayoutError, RawTile, TileError, detect_reader, open_source

Pixels = npt.NDArray[np.uint8]
Noise = Callable[..., Pixels]
Save = Callable[..., Path]
ReadAll = Callable[..., list[RawTile]]

SIDE = 512


@pytest.fixture
def folder(tmp_path: Path, save: Save, noise: Noise) -> Path:
    """A folder of two: fields with instances of 16 bits, and roofs without."""
    mask, instances = np.zeros((SIDE, SIDE), np.uint8), np.zeros((SIDE, SIDE), np.uint16)
    mask[10:100, 10:100], instances[10:100, 10:100] = 7, 300
    mask[10:100, 100:180], instances[10:100, 100:180] = 7, 70
    mask[200:300] = 8
    for name in ("field_2", "field_10"):
        save(f"data/fields/images/{name}.jpg", noise(SIDE, SIDE), quality=95)
        save(f"data/fields/masks/{name}.png", mask)
    save("data/fields/instances/field_2.png", instances)
    save("data/roofs/images/a.png", noise(400, 420))
    save("data/roofs/masks/a.png", np.full((400, 420), 4, np.uint8))
    save("data/roofs/images/tiny.png", noise(200, 200))
    save("data/roofs/masks/tiny.png", np.full((200, 200), 4, np.uint8))
    return tmp_path / "data"


def write_manifest(root: Path, *rows: str) -> None:
    head = "path,mask,source,licence,group,fold,gsd_m"
    (root / "manifest.csv").write_text("\n".join([head, *rows]), encoding="utf-8")


def test_masks_reads_a_folder_of_folders(folder: Path, read_all: ReadAll) -> None:
    assert detect_reader(folder).name == "masks"
    tiles = read_all(folder)
    assert [tile.ref.id for tile in tiles] == [
        "fields:fields/field_2@0,0,512",
        "fields:fields/field_10@0,0,512",
        "roofs:roofs/a@0,0,400",
    ]
    assert any("tiny" in note for note in open_source(folder).tiles().notes)


def test_masks_reads_one_folder_with_the_same_ids(folder: Path, read_all: ReadAll) -> None:
    assert [tile.ref.id for tile in read_all(folder / "roofs")] == ["roofs:roofs/a@0,0,400"]


def test_masks_takes_instances_where_there_are_any(folder: Path, read_all: ReadAll) -> None:
    first, second, _ = read_all(folder)
    assert first.instances is not None
    assert first.instances[50, 50] == 2
    assert first.instances[50, 150] == 1
    assert second.instances is None
    assert (first.labels[200:300] == LABEL_IDS["Water"]).all()


def test_masks_has_no_instance_where_the_picture_is_transparent(
    folder: Path, save: Save, noise: Noise, read_all: ReadAll
) -> None:
    (folder / "fields/images/field_2.jpg").unlink()
    alpha = np.full((SIDE, SIDE, 1), 255, np.uint8)
    alpha[:, 100:180] = 0
    save("data/fields/images/field_2.png", np.concatenate([noise(SIDE, SIDE), alpha], axis=2))
    tile = read_all(folder)[0]
    assert tile.instances is not None
    assert not tile.instances[tile.ignore].any()
    assert tile.instances.max() == 1


def test_masks_enlarges_small_pictures(folder: Path, read_all: ReadAll) -> None:
    tile = read_all(folder)[2]
    assert tile.pixels.shape == (SIDE, SIDE, 3)
    assert tile.ref.scale == 1.28


def test_masks_cuts_large_pictures(tmp_path: Path, save: Save, noise: Noise, read_all: ReadAll) -> None:
    pixels = noise(1100, 1030)
    save("images/p.tif", pixels)
    save("masks/p.tif", np.zeros((1100, 1030), np.uint8))
    tiles = read_all(tmp_path)
    assert len(tiles) == 4
    assert np.array_equal(tiles[1].pixels, pixels[:512, 512:1024])


def test_masks_takes_groups_and_folds_from_a_manifest(folder: Path, read_all: ReadAll) -> None:
    write_manifest(
        folder.parent,
        "data/fields/images/field_2.jpg,,valley,CC0,valley/1,val,0.5",
        "data/fields/images/field_10.jpg,,valley,CC0,valley/1,val,0.5",
    )
    source = open_source(folder / "fields")
    for tile in read_all(source):
        raw = tile.ref.raw
        assert (raw.group, raw.fold, raw.origin, raw.licence) == ("valley/1", "val", "valley", "CC0")
        assert tile.ref.gsd_m == 0.5
    assert source.tiles().notes == ()


def test_masks_notes_pictures_that_the_manifest_does_not_list(folder: Path) -> None:
    write_manifest(folder, "roofs/images/a.png,,,,g,train,")
    listing = open_source(folder).tiles()
    assert any("does not list 3 of 4 pictures" in note for note in listing.notes)
    assert [ref.raw.group for ref in listing.tiles] == ["fields/field_2", "fields/field_10", "g"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (("a,,,,g,train,", "b,,,,g,val,"), "'g' into two folds"),
        (("a,,,,g,held out,",), "fold 'held out' in line 2"),
        (("a,,,,g,train,-1",), "gsd_m '-1' in line 2"),
    ],
)
def test_masks_refuses_a_wrong_manifest(folder: Path, rows: tuple[str, ...], message: str) -> None:
    write_manifest(folder, *rows)
    with pytest.raises(LayoutError, match=message):
        open_source(folder).tiles()


def test_masks_refuses_labels_without_meaning(folder: Path, save: Save) -> None:
    save("data/roofs/masks/a.png", np.full((400, 420), 77, np.uint8))
    source = open_source(folder)
    with pytest.raises(TileError, match=r"label 77.*class table"):
        source.read(source.tiles().tiles[2])


def test_masks_refuses_coloured_masks_without_a_table(folder: Path, save: Save, noise: Noise) -> None:
    save("data/roofs/masks/a.png", noise(400, 420))
    source = open_source(folder)
    with pytest.raises(TileError, match="is coloured"):
        source.read(source.tiles().tiles[2])


def test_masks_takes_numbers_from_a_table(folder: Path, read_all: ReadAll) -> None:
    text = "classes:\n  4: Road\n  7: ignore\nothers: Other\n"
    (folder / "classes.yaml").write_text(text, encoding="utf-8")
    field, _, roof = read_all(folder)
    assert (roof.labels == LABEL_IDS["Road"]).all()
    assert not field.labels.any()
    assert field.ignore[10:100, 10:180].all()


def test_masks_takes_colours_from_a_table(folder: Path, save: Save, read_all: ReadAll) -> None:
    colours = np.full((400, 420, 3), (0xD0, 0x02, 0x1B), np.uint8)
    save("data/roofs/masks/a.png", colours)
    table = folder / "roofs" / "classes.yaml"
    table.write_text("classes:\n  '#D0021B': Building\n", encoding="utf-8")
    assert (read_all(folder)[2].labels == LABEL_IDS["Building"]).all()


def test_masks_refuses_colours_outside_the_table(folder: Path, save: Save) -> None:
    save("data/roofs/masks/a.png", np.full((400, 420, 3), 9, np.uint8))
    (folder / "roofs/classes.yaml").write_text("classes:\n  '#D0021B': Building\n", encoding="utf-8")
    source = open_source(folder)
    with pytest.raises(TileError, match=r"the colour \(9, 9, 9\)"):
        source.read(source.tiles().tiles[2])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("classes:\n  1: Castle\n", "names the class 'Castle'"),
        ("classes:\n  1: Car\n  '#010203': Road\n", "mixes numbers and colours"),
        ("1: Car\n", "not of the expected form"),
        ("classes: [", "cannot be read"),
    ],
)
def test_masks_refuses_a_wrong_table(folder: Path, text: str, message: str) -> None:
    (folder / "classes.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(LayoutError, match=message):
        open_source(folder).tiles()


def test_masks_names_the_missing_folder_of_a_folder_in_it(folder: Path) -> None:
    (folder / "roofs/masks").rename(folder / "roofs/labels")
    notes = open_source(folder).tiles().notes
    assert [note for note in notes if "roofs/masks' is missing" in note]
    (folder / "fields/masks").rename(folder / "fields/labels")
    with pytest.raises(LayoutError, match="fields/masks' is missing"):
        open_source(folder, "masks").tiles()


def test_masks_takes_one_picture_per_mask(folder: Path, save: Save, noise: Noise) -> None:
    twin = save("data/fields/images/field_2.png", noise(SIDE, SIDE, 5))
    listing = open_source(folder).tiles()
    assert [failure.path for failure in listing.failures] == [twin]
    assert len({tile.id for tile in listing.tiles}) == len(listing.tiles)


def test_masks_names_the_missing_folder(folder: Path) -> None:
    (folder / "roofs/masks").rename(folder / "roofs/labels")
    with pytest.raises(LayoutError, match=r"roofs/masks' is missing"):
        open_source(folder / "roofs", "masks").tiles()


@pytest.mark.shared
def test_masks_reads_the_development_imagery(shared: Path, read_all: ReadAll) -> None:
    listing = open_source(shared / "overhead").tiles()
    assert listing.failures == ()
    assert listing.notes == ()
    assert len(listing.tiles) == 842
    assert all(ref.raw.fold for ref in listing.tiles)
    folds: dict[str, set[object]] = {}
    for ref in listing.tiles:
        folds.setdefault(ref.raw.group, set()).add(ref.raw.fold)
    assert all(len(fold) == 1 for fold in folds.values())
    tiles = read_all(shared / "overhead" / "kit_ais_vehicles")
    assert len(tiles) == 11
    assert all(tile.instances is not None and tile.instances.max() > 0 for tile in tiles)


@pytest.mark.shared
def test_masks_reads_palette_and_rgb_masks_by_a_table_of_colours(
    shared: Path, tmp_path: Path, read_all: ReadAll
) -> None:
    table = tmp_path / "dubai.yaml"
    table.write_text(
        "classes:\n  '#E2A929': Water\n  '#8429F6': Bare land\n  '#6EC1E4': Road\n  '#3C1098': Building\n"
        "  '#FEDD3A': Low vegetation\n  '#9B9B9B': Other\n",
        encoding="utf-8",
    )
    tiles = read_all(shared / "native" / "Dubai_MBRSC", "masks", class_table=table)
    assert len(tiles) == 15
    shares = {
        name: np.mean([(tile.labels == LABEL_IDS[name]).mean() for tile in tiles]) for name in LABEL_IDS
    }
    assert all(shares[name] > 0.005 for name in ("Water", "Bare land", "Road", "Building", "Low vegetation"))
