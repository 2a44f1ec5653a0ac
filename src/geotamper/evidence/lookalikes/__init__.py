"""Copies in pictures that were re-saved, resized or made noisy, where nothing is exact any more.

What remains of a copy then is rigidity (parts of it agree on one transform to a few hundredths of a pixel), an
error that is small for this picture, and an outline beyond which the likeness ends. Genuine look-alikes lack at
least one of these.
"""

from geotamper.evidence.lookalikes.verdicts import LikenessSearch

__all__ = ["LikenessSearch"]
