from pathlib import Path

import numpy as np
import pytest

from geotamper.errors import InputError, SpecificationError
from geotamper.sets.layout import LooseFiles, PictureArrays, background_of, picture_path, write_picture
from geotamper.sets.layout.png import decode_grey, decode_rgb, encode_png, png_size


def _arrays(side: int = 16) -> PictureArrays:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (side, side, 3), dtype=np.uint8)
    source = rng.random((side, side)) > 0.5
    target = rng.random((side, side)) > 0.5
    objects = np.ones((side, side), dtype=np.bool_)
    return PictureArrays(
        image=image,
        original=image[::-1].copy(),
        source=source,
        target=target,
        background=background_of(objects, source, target),
    )


def test_encode_png_keeps_colours_and_masks() -> None:
    arrays = _arrays()
    assert np.array_equal(decode_rgb(encode_png(arrays.image), "a"), arrays.image)
    grey = decode_grey(encode_png(arrays.source), "a")
    assert grey.bands == 1
    assert set(np.unique(grey.values)) == {0, 255}
    assert np.array_equal(grey.mask, arrays.source)
    assert png_size(encode_png(arrays.image[:, :5]), "a") == (5, 16)


def test_encode_png_refuses_other_arrays() -> None:
    with pytest.raises(SpecificationError, match="expected"):
        encode_png(np.zeros((4, 4, 4), dtype=np.uint8))
    with pytest.raises(SpecificationError, match="expected"):
        encode_png(np.zeros((4, 4), dtype=np.float64))  # type: ignore[arg-type]


def test_decode_names_what_is_damaged() -> None:
    with pytest.raises(InputError, match="source/3"):
        decode_grey(b"no png", "source/3.png")
    with pytest.raises(InputError, match="source/3"):
        png_size(b"no png", "source/3.png")


def test_write_picture_writes_one_file_per_role(tmp_path: Path) -> None:
    write_picture(tmp_path, 7, _arrays())
    store = LooseFiles(tmp_path)
    assert sorted(path.parent.name for path in tmp_path.glob("*/7.png")) == [
        "background", "image", "original", "source", "target",
    ]  # fmt: skip
    assert store.has(7, "image")
    assert not store.has(7, "segmentation")
    assert list(store.pictures("image")) == [7]
    assert list(store.pictures("segmentation")) == []
    assert store.read(7, "image") == picture_path(tmp_path, 7, "image").read_bytes()
    with pytest.raises(InputError, match="segmentation of picture 7"):
        store.read(7, "segmentation")


def test_write_picture_refuses_different_frames(tmp_path: Path) -> None:
    arrays = _arrays()
    wrong = PictureArrays(**{**vars(arrays), "source": arrays.source[:8]})
    with pytest.raises(SpecificationError, match="share one frame"):
        write_picture(tmp_path, 1, wrong)
    assert not list(tmp_path.iterdir())


def test_loose_files_tell_strangers_from_pictures(tmp_path: Path) -> None:
    write_picture(tmp_path, 10, _arrays())
    write_picture(tmp_path, 9, _arrays())
    for name in ("007.png", "a.png", "8.jpg"):
        (tmp_path / "source" / name).touch()
    store = LooseFiles(tmp_path)
    assert list(store.pictures("source")) == [9, 10]
    assert sorted(Path(name).name for name in store.strangers()) == ["007.png", "8.jpg", "a.png"]


def test_background_is_the_rest_of_the_objects() -> None:
    objects, source, target = (np.array([[bit == "1" for bit in text]]) for text in ("1111", "1000", "0101"))
    assert background_of(objects, source, target).tolist() == [[False, False, True, False]]
