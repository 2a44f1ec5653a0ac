"""Writing the card and the metadata into a set."""

import json
from pathlib import Path

from geotamper.atomic import write_text
from geotamper.sets.card.croissant import CROISSANT_FILE, croissant_document
from geotamper.sets.card.facts import gather_facts
from geotamper.sets.card.markdown import card_text

CARD_FILE = "README.md"


def write_card(root: Path) -> tuple[Path, Path]:
    """Write `README.md` and `croissant.json` into a set, in place of earlier ones.

    Both follow from the set alone: the same set gives the same bytes. They hold counts and hashes, so they are
    written last, and again when the set changes.

    Args:
        root: Folder of a set in either layout, made here or elsewhere.

    Returns:
        The paths of the two files.

    Raises:
        InputError: The set cannot be read.
        OutputError: The files cannot be written.
    """
    facts = gather_facts(root)
    metadata = json.dumps(croissant_document(facts), indent=2, ensure_ascii=False) + "\n"
    write_text(root / CROISSANT_FILE, metadata)
    write_text(root / CARD_FILE, card_text(facts))
    return root / CARD_FILE, root / CROISSANT_FILE
