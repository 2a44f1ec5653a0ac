"""Copies in pictures that no memory holds: keypoints by tiles, one index over all of them, a check at full resolution.

What lies far apart meets only in the index of compact descriptors; every other step looks at small windows.
"""
