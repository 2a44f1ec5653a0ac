"""What can be wrong with a folder of raw imagery."""

from pathlib import Path

from geotamper.errors import InputError


class LayoutError(InputError):
    """A folder is not laid out as its reader expects; the message names what is missing."""


class TileError(InputError):
    """One file of a source cannot be used; the others are not affected.

    Attributes:
        path: The file.
    """

    def __init__(self, message: str, path: Path) -> None:
        super().__init__(message, path)  # both arguments, so that the error survives pickling
        self.path = path

    def __str__(self) -> str:
        """The message alone."""
        return str(self.args[0])
