"""What commands about networks share."""

from importlib.util import find_spec
from typing import Literal

_NEEDED = ("torch", "torchvision", "timm", "transformers", "safetensors")
_NEEDED_TO_TRAIN = ("lightning",)


def require_torch(work: Literal["networks", "training"] = "networks") -> None:
    """Make sure that networks can be built, or also trained.

    Raises:
        MissingLibraryError: A library of the extra "train" is missing.
    """
    from geotamper.errors import MissingLibraryError

    needed = _NEEDED + (_NEEDED_TO_TRAIN if work == "training" else ())
    missing = [name for name in needed if find_spec(name) is None]
    if missing:
        raise MissingLibraryError(
            f"{work} cannot do without {', '.join(missing)}; install with: python -m pip install 'geotamper[train]'"
        )
