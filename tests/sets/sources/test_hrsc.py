import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from geotamper.sets.sources import LABEL_IDS, LayoutError, RawTile, TileError, detect_reader, open_source
from geotamper.sets.sources.hrsc_annotation import Ship

Pixels = npt.NDArray[np.uint8]
Noise = Callable[..., Pixels]
Save = Callable[..., Path]
ReadAll = Callable[..., list[RawTile]]

WIDTH, HEIGHT = 900, 600
HEAD = (
    "<Img_ID>1</Img_ID><Place_ID>{place}</Place_ID><Img_Location>{location}</Img_Location>"
    "<Img_Resolution>1.07</Img_Resolution>"
)
OBJECT = (
    "<HRSC_Object><Class_ID>100000013</Class_ID><mbox_cx>{}</mbox_cx><mbox_cy>{}</mbox_cy><mbox_w>{}</mbox_w>"
    "<mbox_h>{}</mbox_h><mbox_ang>{}</mbox_ang><seg_color>{}</seg_color></HRSC_Object>"
)
FAR = "69.040297,33.070036"


def annotation(*objects: tuple[object, ...], place: str = "", location: str = FAR) -> str:
    drawn = "".join(OBJECT.format(*values) for values in objects)
    head = HEAD.format(place=place, location=location)
    return f"<?xml version='1.0' encoding='utf-8'?><HRSC_Image>{head}<HRSC_Objects>{drawn}</HRSC_Objects></HRSC_Image>"


@pytest.fixture
def hrsc(tmp_path: Path, save: Save, noise: Noise) -> Path:
    base = "HRSC2016/FullDataSet"
    for number in (1, 2, 3):
        save(f"{base}/AllImages/10000000{number}.bmp", noise(HEIGHT, WIDTH, number))
    texts = {
        1: annotation((200, 300, 120, 30, 0, "255,0,0"), (700, 300, 100, 24, -1.2, "0,255,0")),
        2: annotation((450, 300, 120, 30, 1.5, ""), place="7", location="32.7,-117.2"),
        3: annotation(location=""),
    }
    folder = tmp_path / base / "Annotations"
    folder.mkdir()
    for number, text in texts.items():
        bom = "\ufeff" if number == 2 else ""
        (folder / f"10000000{number}.xml").write_text(bom + text, encoding="utf-8")
    mask = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    mask[290:310, 150:250] = (255, 0, 0)
    save(f"{base}/Segmentations/100000001.png", mask)
    save(f"{base}/LandMask/100000002.png", np.full((HEIGHT, WIDTH, 3), 255, np.uint8))
    lists = tmp_path / "HRSC2016/ImageSets"
    lists.mkdir()
    (lists / "train.txt").write_text("100000001\n", encoding="ascii")
    (lists / "test.txt").write_text("100000002\n100000003\n", encoding="ascii")
    return tmp_path


def test_hrsc_centres_tiles_on_ships(hrsc: Path, read_all: ReadAll) -> None:
    assert detect_reader(hrsc).name == "hrsc"
    tiles = read_all(hrsc)
    # the long side of 900 becomes 1024, so a tile shows 450 pixels
    windows = [(tile.ref.window.x, tile.ref.window.y, tile.ref.window.side) for tile in tiles]
    assert windows == [(0, 75, 450), (450, 75, 450), (225, 75, 450)]
    assert tiles[0].ref.scale == pytest.approx(512 / 450)
    assert tiles[0].ref.gsd_m == pytest.approx(1.07 * 450 / 512)
    assert all(tile.pixels.shape == (512, 512, 3) for tile in tiles)


def test_hrsc_takes_ships_from_the_colours_of_the_mask(hrsc: Path, read_all: ReadAll) -> None:
    tile = read_all(hrsc)[0]
    assert tile.instances is not None
    rows, columns = np.nonzero(tile.labels == LABEL_IDS["Ship"])
    scale = 512 / 450
    assert columns.min() == pytest.approx(150 * scale, abs=1)
    assert columns.max() == pytest.approx(250 * scale, abs=1.5)
    assert rows.min() == pytest.approx((290 - 75) * scale, abs=1)
    assert tile.instance_origin == "annotated"
    assert tile.approximate == frozenset()
    assert tile.mask_quality == "exact"
    assert tile.instance_names == {1: "100000013"}


def test_hrsc_fills_the_rotated_box_where_no_colour_is(hrsc: Path, read_all: ReadAll) -> None:
    without_colour, without_mask = read_all(hrsc)[1:]
    for tile, angle, area in ((without_colour, -1.2, 100 * 24), (without_mask, 1.5, 120 * 30)):
        assert tile.approximate == frozenset({1})
        assert tile.mask_quality == "approximate"
        assert tile.instance_origin == "rotated_box"
        rows, columns = np.nonzero(tile.labels)
        assert len(rows) == pytest.approx(area * (512 / 450) ** 2, rel=0.03)
        spread = np.cov(columns, rows)
        # along the hull: y grows downwards, the angle from x towards y
        direction = 0.5 * math.atan2(2 * spread[0, 1], spread[0, 0] - spread[1, 1])
        assert math.remainder(direction - angle, math.pi) == pytest.approx(0, abs=0.02)


def test_hrsc_groups_by_place(hrsc: Path, read_all: ReadAll) -> None:
    raws = {tile.ref.raw.key: tile.ref.raw for tile in read_all(hrsc)}
    assert raws["100000001"].group == f"HRSC/{FAR}"
    assert raws["100000002"].group == "HRSC/7"
    assert raws["100000001"].region == "Russia/Murmansk"
    assert raws["100000002"].region == "USA"
    assert {raw.split for raw in raws.values()} == {"train", "test"}


def test_hrsc_counts_pictures_without_ships(hrsc: Path) -> None:
    assert open_source(hrsc).tiles().notes == ("1 pictures without annotated ships are left out",)


def test_hrsc_uses_the_short_side_for_a_long_ship(hrsc: Path, read_all: ReadAll) -> None:
    folder = hrsc / "HRSC2016/FullDataSet/Annotations"
    (folder / "100000002.xml").write_text(annotation((450, 300, 500, 60, 0, "")), encoding="utf-8")
    tile = read_all(hrsc)[-1]
    assert tile.ref.window.side == HEIGHT
    assert not tile.labels[:, 0].any()


def test_hrsc_joins_parts_unpacked_side_by_side(hrsc: Path, read_all: ReadAll) -> None:
    other = hrsc / "part2/FullDataSet/Annotations"
    other.mkdir(parents=True)
    (hrsc / "HRSC2016/FullDataSet/Annotations/100000001.xml").rename(other / "100000001.xml")
    assert len(read_all(hrsc)) == 3


def test_hrsc_reports_a_broken_annotation(hrsc: Path) -> None:
    path = hrsc / "HRSC2016/FullDataSet/Annotations/100000001.xml"
    path.write_text(annotation((200, "", 120, 30, 0, "")), encoding="utf-8")
    listing = open_source(hrsc).tiles()
    assert [error.path for error in listing.failures] == [path]
    assert "mbox_cx" in str(listing.failures[0])
    assert len(listing.tiles) == 1


def test_hrsc_reports_a_cut_off_picture(hrsc: Path) -> None:
    path = hrsc / "HRSC2016/FullDataSet/AllImages/100000001.bmp"
    path.write_bytes(path.read_bytes()[:100_000])
    source = open_source(hrsc)
    listing = source.tiles()
    damaged = [ref for ref in listing.tiles if ref.raw.picture == path]
    for ref in damaged:
        with pytest.raises(TileError, match=r"100000001\.bmp"):
            source.read(ref)
    assert damaged or [error.path for error in listing.failures] == [path]


def test_hrsc_names_the_missing_folder(hrsc: Path) -> None:
    (hrsc / "HRSC2016/FullDataSet/Annotations").rename(hrsc / "Annotations")
    with pytest.raises(LayoutError, match=r"FullDataSet/Annotations' is missing"):
        open_source(hrsc, "hrsc").tiles()


def test_ship_corners_turn_from_x_towards_y() -> None:
    ship = Ship((10.0, 20.0), 8.0, 2.0, math.pi / 2, "", None)
    assert ship.corners().max(axis=0) == pytest.approx([11, 24])
    assert ship.extent() == pytest.approx(8)


def test_hrsc_refuses_a_mask_of_another_size(hrsc: Path, save: Save) -> None:
    mask = np.zeros((HEIGHT + 10, WIDTH + 10, 3), np.uint8)
    mask[290:310, 150:250] = (255, 0, 0)
    path = save("HRSC2016/FullDataSet/Segmentations/100000001.png", mask)
    source = open_source(hrsc)
    with pytest.raises(TileError, match="expected equal sizes") as caught:
        source.read(source.tiles().tiles[0])
    assert caught.value.path == path
