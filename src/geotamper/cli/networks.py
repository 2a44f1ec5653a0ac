"""What commands about networks share."""

from importlib.util import find_spec

_NEEDED = ("torch", "torchvision", "timm", "transformers", "safetensors")


def require_torch() -> None:
    """Make sure that networks can be built.

    Raises:
        MissingLibraryError: A library of the extra "train" is missing.
    """
    from geotamper.errors import MissingLibraryError

    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise MissingLibraryError(
            f"networks need {', '.join(missing)}; run: python -m pip install 'geotamper[train]'"
        )
