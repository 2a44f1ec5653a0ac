"""Regions whose detail was removed: traces per pixel, proposals, outlines, and a score per region."""
