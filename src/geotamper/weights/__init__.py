"""Fitted numbers that come with the package; each file has a card of the same name beside it."""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files

from geotamper.errors import GeotamperError


@dataclass(frozen=True)
class PackagedWeights:
    """One file of fitted numbers.

    Attributes:
        name: Of the file.
        licence: SPDX identifier of the terms of use, or the terms in a few words.
    """

    name: str
    licence: str

    def read(self) -> bytes:
        """Its content.

        Raises:
            GeotamperError: The installation is damaged.
        """
        try:
            return files(__package__).joinpath(self.name).read_bytes()
        except OSError as error:
            raise GeotamperError(
                f"the packaged weights '{self.name}' cannot be read ({error}); install geotamper again"
            ) from error

    def digest(self) -> str:
        """The SHA-256 of its content, hexadecimal."""
        return _digest(self)


@cache
def _digest(weights: PackagedWeights) -> str:
    return sha256(weights.read()).hexdigest()


LOOKALIKES = PackagedWeights("lookalikes.json", "Apache-2.0")
"""Coefficients that tell inexact copies from genuine look-alikes."""

BLUR = PackagedWeights("blur.npz", "Apache-2.0")
"""Tables and trees that tell blurred regions from smooth ones."""

DIRECTION = PackagedWeights("direction.json", "Apache-2.0")
"""Coefficients that tell a pasted region from the place it was taken from."""

OBJECTS_RESEARCH = PackagedWeights("objects-research.onnx", "research use only")
"""The class network that learned from all collections, some of which may be used for research alone."""

OBJECTS_PERMISSIVE = PackagedWeights("objects-permissive.onnx", "Apache-2.0")
"""The class network that learned from unrestricted collections and drawn scenes."""

PACKAGED = (LOOKALIKES, BLUR, DIRECTION, OBJECTS_RESEARCH, OBJECTS_PERMISSIVE)
"""All of them."""
