"""Reading an array between its pixels with a separable kernel, in plain numpy."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from geotamper.imagery.similarity import Similarity

Floats = npt.NDArray[np.float64]
Kernel = Callable[[Floats], Floats]


def tent(distance: Floats) -> Floats:
    """Linear interpolation; support 1 pixel on each side."""
    return np.maximum(0.0, 1.0 - np.abs(distance))


def mitchell_netravali(distance: Floats) -> Floats:
    """The cubic with B = C = 1/3 of Mitchell and Netravali (1988); support 2 pixels on each side."""
    x = np.abs(distance)
    near = (7.0 * x**3 - 12.0 * x**2 + 16.0 / 3.0) / 6.0
    far = (-7.0 / 3.0 * x**3 + 12.0 * x**2 - 20.0 * x + 32.0 / 3.0) / 6.0
    return np.where(x < 1.0, near, np.where(x < 2.0, far, 0.0))


def target_grid(transform: Similarity, shape: tuple[int, int]) -> tuple[Floats, Floats]:
    """Source positions of the pixel centres of a target window.

    Args:
        transform: Takes source points to points of the window, pixel centres at +0.5.
        shape: Height and width of the window.

    Returns:
        x and y, each of `shape`, in array indices of the source (pixel centres at whole numbers).
    """
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]]
    points = transform.inverse().apply(np.stack([x + 0.5, y + 0.5], axis=-1))
    return points[..., 0] - 0.5, points[..., 1] - 0.5


def sample(image: npt.NDArray[np.generic], x: Floats, y: Floats, *, kernel: Kernel, support: int) -> Floats:
    """Read `image` at fractional array indices.

    Beyond the border the outermost pixels are repeated.

    Args:
        image: (H, W) or (H, W, C) of any real type.
        x: Column indices, of any shape.
        y: Row indices, of the same shape.
        kernel: Weight by distance in pixels; its integer translates sum to 1.
        support: Pixels on each side in which the kernel is not zero.

    Returns:
        float64 array of the shape of `x`, with the channels of `image` appended.
    """
    values = np.asarray(image, dtype=np.float64)
    height, width = values.shape[:2]
    left, top = np.floor(x).astype(np.intp), np.floor(y).astype(np.intp)
    total = np.zeros(x.shape + values.shape[2:])
    extra = (slice(None),) * x.ndim + (np.newaxis,) * (values.ndim - 2)
    for down in range(1 - support, support + 1):
        rows = np.clip(top + down, 0, height - 1)
        weight_y = kernel(y - (top + down))
        for along in range(1 - support, support + 1):
            columns = np.clip(left + along, 0, width - 1)
            weight = weight_y * kernel(x - (left + along))
            total += weight[extra] * values[rows, columns]
    return total
