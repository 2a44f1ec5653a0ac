"""The ways in which image tools turn and scale a piece of picture, by name.

A detector must not depend on the one library that its own test pictures were made with. The table therefore
holds the resampling of several common tools, some of which work in two steps (resize, then rotate).
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from geotamper.errors import SpecificationError
from geotamper.forge.sampling import mitchell_netravali, sample, target_grid
from geotamper.imagery.similarity import Similarity

Pixels = npt.NDArray[np.uint8]
Warp = Callable[[Pixels, Similarity, tuple[int, int]], Pixels]


@dataclass(frozen=True)
class Interpolation:
    """One way of resampling.

    Attributes:
        name: Its key in the table.
        tool: The library whose arithmetic it is; "own" for the project's numpy.
        warp: Called with (H, W, 3) uint8 pixels, a transform from their points to the points of the output,
            and the (height, width) of the output; gives the output, rounded to uint8. What it makes of
            output pixels whose source lies outside the input is up to the tool.
    """

    name: str
    tool: str
    warp: Warp


def _rounded(values: npt.NDArray[np.floating]) -> Pixels:
    rounded: Pixels = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return rounded


def _scaling(transform: Similarity) -> tuple[Similarity, Similarity]:
    """Split a transform into scaling about the origin and the turn and shift that remain."""
    scale = transform.scale
    first = Similarity(scale, 0.0, 0.0, 0.0)
    return first, Similarity(transform.a / scale, transform.b / scale, transform.tx, transform.ty)


def _is_turned(transform: Similarity) -> bool:
    return not math.isclose(transform.b, 0.0, abs_tol=1e-12) or transform.a < 0


def _opencv(flag: str) -> Warp:
    def warp(pixels: Pixels, transform: Similarity, shape: tuple[int, int]) -> Pixels:
        import cv2

        warped = cv2.warpAffine(
            pixels,
            transform.index_matrix,
            (shape[1], shape[0]),
            flags=getattr(cv2, flag),
            borderMode=cv2.BORDER_REFLECT_101,
        )
        return np.asarray(warped, dtype=np.uint8)

    return warp


def _opencv_resize_area(pixels: Pixels, transform: Similarity, shape: tuple[int, int]) -> Pixels:
    """Resize by area average where it shrinks and by the cubic where it enlarges, then turn linearly."""
    import cv2

    first, rest = _scaling(transform)
    flag = cv2.INTER_AREA if first.a < 1 else cv2.INTER_CUBIC
    resized = cv2.resize(pixels, None, fx=first.a, fy=first.a, interpolation=flag)
    return _opencv("INTER_LINEAR")(np.asarray(resized, dtype=np.uint8), rest, shape)


def _pillow_transform(pixels: Pixels, transform: Similarity, shape: tuple[int, int]) -> Pixels:
    """Image.transform with its cubic (a = -1, cut to whole numbers): one step, no low-pass filter."""
    from PIL import Image

    backward = transform.inverse().matrix.ravel().tolist()
    warped = Image.fromarray(pixels).transform(
        (shape[1], shape[0]), Image.Transform.AFFINE, backward, Image.Resampling.BICUBIC
    )
    return np.asarray(warped, dtype=np.uint8)


def _pillow_resize(resampling: str) -> Warp:
    """Image.resize, which widens the kernel when it shrinks, then Image.transform for the turn."""

    def resize(pixels: Pixels, size: tuple[int, int], box: tuple[float, float, float, float]) -> Pixels:
        from PIL import Image

        picture = Image.fromarray(pixels).resize(size, Image.Resampling[resampling], box=box)
        return np.asarray(picture, dtype=np.uint8)

    def warp(pixels: Pixels, transform: Similarity, shape: tuple[int, int]) -> Pixels:
        height, width = pixels.shape[:2]
        first, rest = _scaling(transform)
        if not _is_turned(transform):
            # Without a turn one resize lands on the output's grid, as in tools that paste at whole pixels.
            corners = transform.inverse().apply(np.array([[0.0, 0.0], [shape[1], shape[0]]]))
            if corners.min() >= 0 and corners[1, 0] <= width and corners[1, 1] <= height:
                x0, y0, x1, y1 = corners.ravel().tolist()
                return resize(pixels, (shape[1], shape[0]), (x0, y0, x1, y1))
        size = max(1, int(width * first.a)), max(1, int(height * first.a))
        # The box keeps the scale exact where the size had to be cut to whole pixels.
        box = (0.0, 0.0, min(width, size[0] / first.a), min(height, size[1] / first.a))
        return _pillow_transform(resize(pixels, size, box), rest, shape)

    return warp


def _skimage_spline(order: int) -> Warp:
    def warp(pixels: Pixels, transform: Similarity, shape: tuple[int, int]) -> Pixels:
        try:
            from skimage import transform as skimage_transform
        except ImportError as error:
            raise SpecificationError(
                f"interpolation 'skimage-spline{order}' needs scikit-image, which is not installed; "
                "install it with: pip install scikit-image"
            ) from error
        x, y = target_grid(transform, shape)
        source = pixels.astype(np.float64)
        # scikit-image has no annotations.
        skimage_warp: Callable[..., Any] = skimage_transform.warp
        channels = [
            skimage_warp(source[..., c], np.stack([y, x]), order=order, mode="reflect", clip=False)
            for c in range(source.shape[2])
        ]
        return _rounded(np.stack(channels, axis=-1))

    return warp


def _mitchell(pixels: Pixels, transform: Similarity, shape: tuple[int, int]) -> Pixels:
    x, y = target_grid(transform, shape)
    return _rounded(sample(pixels, x, y, kernel=mitchell_netravali, support=2))


INTERPOLATIONS: Mapping[str, Interpolation] = MappingProxyType(
    {
        entry.name: entry
        for entry in (
            Interpolation("opencv-nearest", "opencv", _opencv("INTER_NEAREST")),
            Interpolation("opencv-linear", "opencv", _opencv("INTER_LINEAR")),
            Interpolation("opencv-cubic", "opencv", _opencv("INTER_CUBIC")),
            Interpolation("opencv-lanczos4", "opencv", _opencv("INTER_LANCZOS4")),
            Interpolation("opencv-resize-area", "opencv", _opencv_resize_area),
            Interpolation("pillow-bicubic", "pillow", _pillow_transform),
            Interpolation("pillow-resize-bicubic", "pillow", _pillow_resize("BICUBIC")),
            Interpolation("pillow-resize-lanczos", "pillow", _pillow_resize("LANCZOS")),
            Interpolation("skimage-spline3", "scikit-image", _skimage_spline(3)),
            Interpolation("skimage-spline4", "scikit-image", _skimage_spline(4)),
            Interpolation("skimage-spline5", "scikit-image", _skimage_spline(5)),
            Interpolation("mitchell", "own", _mitchell),
        )
    }
)


def interpolation(name: str) -> Interpolation:
    """Look an interpolation up.

    Raises:
        SpecificationError: There is none of this name.
    """
    try:
        return INTERPOLATIONS[name]
    except KeyError:
        known = ", ".join(INTERPOLATIONS)
        raise SpecificationError(f"no interpolation is called '{name}'; choose one of {known}") from None
