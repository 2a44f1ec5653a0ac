"""Names of the classical detectors, apart from their code, so that listing them loads no OpenCV."""

from collections.abc import Mapping
from typing import Literal, get_args

MethodName = Literal["sift", "orb", "block-dct", "block-pca", "zernike"]

METHOD_NAMES: tuple[MethodName, ...] = get_args(MethodName)

METHOD_TITLES: Mapping[MethodName, str] = {
    "sift": "SIFT keypoints and RANSAC",
    "orb": "ORB keypoints and RANSAC",
    "block-dct": "sorted DCT coefficients of blocks",
    "block-pca": "sorted principal components of blocks",
    "zernike": "dense field of Zernike moments",
}
"""What each of them is, in a few words."""
