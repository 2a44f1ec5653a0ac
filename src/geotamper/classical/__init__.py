"""Textbook copy-move detectors as references: block matching, keypoints, a dense field of Zernike moments.

A package beside `geotamper.evidence` and not part of it: nothing of the inspector is used, so that the comparison is
with the methods as they are known.
"""
