"""What happens to a forged picture before anybody inspects it: JPEG, noise, resizing."""

import math
from dataclasses import dataclass, replace
from typing import assert_never

import numpy as np

from geotamper.errors import SpecificationError
from geotamper.forge.forgery import BoolMask, Forgery, Pixels
from geotamper.imagery.similarity import Similarity


@dataclass(frozen=True)
class Jpeg:
    """Compression as JPEG and back, with halved colour resolution (4:2:0).

    Attributes:
        quality: 1 to 100 on the scale of libjpeg.
    """

    quality: int

    def __post_init__(self) -> None:
        if not 1 <= self.quality <= 100:
            raise SpecificationError(f"JPEG quality must be 1 to 100, got {self.quality}")

    def __str__(self) -> str:
        return f"jpeg:{self.quality}"


@dataclass(frozen=True)
class Noise:
    """White Gaussian noise, independent in every channel.

    Attributes:
        sigma: Standard deviation in grey levels of 255, > 0.
    """

    sigma: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.sigma) and self.sigma > 0):
            raise SpecificationError(f"the sigma of noise must be a positive number, got {self.sigma}")

    def __str__(self) -> str:
        return f"noise:{self.sigma:g}"


@dataclass(frozen=True)
class Resize:
    """Resizing of the whole picture, by area average where it shrinks and by the cubic where it grows.

    Attributes:
        factor: Length ratio new to old, 0.05 to 20.
    """

    factor: float

    def __post_init__(self) -> None:
        if not 0.05 <= self.factor <= 20:
            raise SpecificationError(f"the factor of a resize must be 0.05 to 20, got {self.factor}")

    def __str__(self) -> str:
        return f"resize:{self.factor:g}"


Degradation = Jpeg | Noise | Resize


def parse_degradations(text: str) -> tuple[Degradation, ...]:
    """Read degradations such as "jpeg:90", "noise:3", "resize:0.9" or "none".

    Args:
        text: One or several, joined with "+" in the order in which they happen: "resize:0.9+jpeg:75".

    Raises:
        SpecificationError: The text is none of these, or a number is out of range.
    """
    if text.strip().lower() == "none":
        return ()
    return tuple(_parse(part) for part in text.split("+"))


def _parse(part: str) -> Degradation:
    name, _, number = part.strip().lower().partition(":")
    try:
        match name:
            case "jpeg":
                return Jpeg(int(number))
            case "noise":
                return Noise(float(number))
            case "resize":
                return Resize(float(number))
    except ValueError:
        pass
    raise SpecificationError(
        f"'{part}' is no degradation; expected jpeg:QUALITY, noise:SIGMA, resize:FACTOR or none, "
        "several joined with +, as in resize:0.9+jpeg:75"
    )


def degrade_picture(
    pixels: Pixels, degradations: tuple[Degradation, ...], *, rng: np.random.Generator
) -> Pixels:
    """Degrade a picture.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        degradations: In the order in which they happen; none gives the picture back.
        rng: Draws the noise.

    Returns:
        (H', W', 3) uint8 RGB.
    """
    for degradation in degradations:
        pixels = _degraded(pixels, degradation, rng)
    return pixels


def degrade_mask(mask: BoolMask, degradations: tuple[Degradation, ...]) -> BoolMask:
    """Carry a mask through the resizes among degradations; nothing may be left of a small one.

    Args:
        mask: (H, W) bool.
        degradations: In the order in which they happen to the picture.

    Returns:
        (H', W') bool.
    """
    for degradation in degradations:
        if isinstance(degradation, Resize):
            mask = _resized_mask(mask, degradation.factor)
    return mask


def degrade(forgery: Forgery, degradations: tuple[Degradation, ...], *, rng: np.random.Generator) -> Forgery:
    """Degrade a forged picture and carry its ground truth along.

    A resize changes masks, transform and the strength of a blur as well, and the original picture, so that
    all keep one frame. JPEG and noise change the forged picture alone.

    Args:
        forgery: What was forged.
        degradations: In the order in which they happen.
        rng: Draws the noise.

    Raises:
        SpecificationError: After a resize nothing is left of the object.
    """
    for degradation in degradations:
        pixels = _degraded(forgery.pixels, degradation, rng)
        if isinstance(degradation, Resize):
            forgery = _resized_truth(forgery, pixels, degradation.factor)
        else:
            forgery = replace(forgery, pixels=pixels)
    return forgery


def _degraded(pixels: Pixels, degradation: Degradation, rng: np.random.Generator) -> Pixels:
    match degradation:
        case Jpeg(quality=quality):
            return _jpeg(pixels, quality)
        case Noise(sigma=sigma):
            noisy = pixels + rng.normal(0.0, sigma, pixels.shape)
            rounded: Pixels = np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
            return rounded
        case Resize(factor=factor):
            return _resized(pixels, factor)
        case _:
            assert_never(degradation)


def _jpeg(pixels: Pixels, quality: int) -> Pixels:
    import cv2

    # OpenCV reads and writes blue first; the colour transform of JPEG needs the right order.
    _, encoded = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = cv2.imdecode(encoded, cv2.IMREAD_COLOR)
    if decoded is None:
        raise SpecificationError(f"a picture of shape {pixels.shape} cannot be stored as JPEG")
    return np.ascontiguousarray(decoded[..., ::-1], dtype=np.uint8)


def _resized(pixels: Pixels, factor: float) -> Pixels:
    import cv2

    flag = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    # Factors instead of a size keep the scale exact; the frame is rounded to whole pixels.
    return np.asarray(cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=flag), dtype=np.uint8)


def _resized_mask(mask: BoolMask, factor: float) -> BoolMask:
    import cv2

    flag = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    share = cv2.resize(mask.astype(np.float32), None, fx=factor, fy=factor, interpolation=flag)
    resized: BoolMask = np.asarray(share) > 0.5
    return resized


def _resized_truth(forgery: Forgery, pixels: Pixels, factor: float) -> Forgery:
    source = _resized_mask(forgery.source_mask, factor)
    target = _resized_mask(forgery.target_mask, factor)
    if not (source.any() and target.any()):
        raise SpecificationError(
            f"resizing by {factor:g} leaves nothing of the object; choose a larger factor or object"
        )
    transform = forgery.transform
    if transform is not None:
        # Scaling the plane about the frame's corner leaves turn and scale of the copy as they are.
        transform = Similarity(transform.a, transform.b, factor * transform.tx, factor * transform.ty)
    strength = forgery.blur_strength
    return replace(
        forgery,
        pixels=pixels,
        original=_resized(forgery.original, factor),
        source_mask=source,
        target_mask=target,
        transform=transform,
        blur_strength=None if strength is None else factor * strength,
    )
