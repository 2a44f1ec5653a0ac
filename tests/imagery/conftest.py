import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import rasterio
from PIL import Image
from rasterio.io import MemoryFile
from rasterio.transform import Affine

Rgb = npt.NDArray[np.uint8]
Encode = Callable[..., bytes]
Save = Callable[[str, bytes], Path]


@pytest.fixture(scope="session")
def rgb() -> Rgb:
    """(19, 23, 3) of noise: every pixel and band differs from its neighbours."""
    return np.random.default_rng(7).integers(0, 256, (19, 23, 3), dtype=np.uint8)


@pytest.fixture(scope="session")
def encode() -> Encode:
    """Bytes of a picture file written by Pillow."""

    def _encode(image: Image.Image | Rgb, kind: str, **options: Any) -> bytes:
        picture = image if isinstance(image, Image.Image) else Image.fromarray(image)
        buffer = io.BytesIO()
        picture.save(buffer, kind, **options)
        return buffer.getvalue()

    return _encode


@pytest.fixture(scope="session")
def encode_tiff() -> Encode:
    """Bytes of a TIFF written by GDAL from (bands, H, W)."""

    def _encode(bands: npt.NDArray[Any], **options: Any) -> bytes:
        count, height, width = bands.shape
        roles = options.pop("colorinterp", None)
        profile = {"count": count, "height": height, "width": width, "dtype": bands.dtype.name, **options}
        profile.setdefault("transform", Affine(10, 0, 500_000, 0, -10, 5_000_000))
        with rasterio.Env(), MemoryFile() as memory:
            with memory.open(driver="GTiff", **profile) as target:
                if roles is not None:
                    target.colorinterp = roles
                target.write(bands)
            return bytes(memory.getbuffer())

    return _encode


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """Write bytes under a name in the test's folder."""

    def _save(name: str, content: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return _save
