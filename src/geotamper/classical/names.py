"""Names of the classical detectors, apart from their code, so that listing them loads no OpenCV."""

from typing import Literal, get_args

MethodName = Literal["sift", "orb", "block-dct", "block-pca", "zernike"]

METHOD_NAMES: tuple[MethodName, ...] = get_args(MethodName)
