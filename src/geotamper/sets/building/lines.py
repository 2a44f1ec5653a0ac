"""Messages about raw files as a set keeps them: in one line, and without the folders of one machine."""

import os
import re
from pathlib import Path


def relative_line(message: object, root: Path) -> str:
    """A message in one line, with paths below a folder relative to it.

    The same imagery in another place gives the same line, and nobody learns from a set where it was made.

    Args:
        message: Text or an error.
        root: The folder of the imagery, as the message may name it: as given or resolved.
    """
    line = " ".join(str(message).split())
    separators = re.escape(os.sep) + "/"
    for name in sorted({str(root), str(root.resolve())}, key=len, reverse=True):
        if name == ".":  # the paths are relative to it as they are
            continue
        # the folder's name must not be the end of another path, nor the beginning of a longer name
        folder = rf"(?<![\w.{separators}-]){re.escape(name.rstrip(os.sep))}"
        line = re.sub(rf"{folder}[{separators}]+(?=[^\s'])", "", line)
        line = re.sub(rf"{folder}(?![\w{separators}-])", ".", line)
    return line
