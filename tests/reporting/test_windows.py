import numpy as np
import pytest

from geotamper.errors import SpecificationError
from geotamper.imagery.picture import Picture
from geotamper.imagery.pixel_source import Block, PictureSource
from geotamper.imagery.region import Window
from geotamper.reporting.windows import assemble_window, surroundings


@pytest.fixture
def source() -> PictureSource:
    rng = np.random.default_rng(3)
    return PictureSource(Picture.from_array(rng.integers(0, 256, (1500, 2300, 3), dtype=np.uint8)))


def test_assemble_window_at_full_size_gives_the_pixels(source: PictureSource) -> None:
    window = Window(100, 50, 2200, 1400)
    block = assemble_window(source.read, window, (2100, 1350))
    assert np.array_equal(block.pixels, source.read(window).pixels)
    assert block.valid.all()


def test_assemble_window_reduces_to_means_and_reads_small_pieces_only(source: PictureSource) -> None:
    asked: list[Window] = []

    def read(window: Window) -> Block:
        asked.append(window)
        return source.read(window)

    block = assemble_window(read, Window(0, 0, 2300, 1500), (230, 150))
    blocks = source.read(Window(0, 0, 2300, 1500)).pixels.reshape(150, 10, 230, 10, 3)
    assert np.abs(block.pixels - blocks.mean(axis=(1, 3))).max() <= 1
    assert max(max(window.shape) for window in asked) <= 1024


def test_assemble_window_of_nothing_is_black_and_not_valid() -> None:
    block = assemble_window(lambda _: None, Window(0, 0, 70, 50), (7, 5))
    assert block.pixels.shape == (5, 7, 3)
    assert not block.pixels.any()
    assert not block.valid.any()


@pytest.mark.parametrize(("window", "size"), [(Window(4, 4, 4, 9), (5, 5)), (Window(0, 0, 5, 5), (0, 5))])
def test_assemble_window_refuses_empty_windows_and_sizes(
    source: PictureSource, window: Window, size: tuple[int, int]
) -> None:
    with pytest.raises(SpecificationError, match="at least 1 x 1"):
        assemble_window(source.read, window, size)


def test_surroundings_stay_inside_the_picture(source: PictureSource) -> None:
    assert surroundings(Window(0, 700, 100, 800), source) == Window(0, 670, 130, 830)
