"""Regions whose detail was removed: traces per pixel, proposals, outlines, and a score per region."""

from geotamper.evidence.blur.search import find_blurs

__all__ = ["find_blurs"]
