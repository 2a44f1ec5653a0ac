"""Blocks of Markdown files that scripts fill, between `<!-- begin NAME -->` and `<!-- end NAME -->`."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from geotamper.atomic import write_text
from geotamper.errors import InputError


def insert(blocks: Mapping[str, str], files: Sequence[Path]) -> None:
    """Replace the blocks in Markdown files; blocks without new results stay as they are.

    Raises:
        InputError: A file cannot be read, or no file has a place for any of the blocks.
        OutputError: A file cannot be written.
    """
    used = set()
    for path in files:
        try:
            old = path.read_text(encoding="utf-8")
        except OSError as error:
            raise InputError(
                f"cannot read '{path}' ({error.strerror}); give Markdown files with markers"
            ) from error
        new = old
        for name, text in blocks.items():
            new, count = filled(new, name, text)
            if count:
                used.add(name)
        if new != old:
            write_text(path, new)
            print(f"brought up to date: {path}")
    if not used:
        raise InputError(
            f"no file has a line '<!-- begin NAME -->' with one of the names {', '.join(sorted(blocks))}; add one"
        )


def filled(text: str, name: str, block: str) -> tuple[str, int]:
    """Put a block between its markers; the new text and the number of places that were filled."""
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    pattern = re.compile(re.escape(begin) + r".*?" + re.escape(end), re.DOTALL)
    return pattern.subn(lambda _: f"{begin}\n\n{block}\n\n{end}", text)
