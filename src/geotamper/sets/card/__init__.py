"""The data card of a set (`README.md`) and its Croissant metadata (`croissant.json`)."""

from geotamper.sets.card.croissant import CROISSANT_FILE
from geotamper.sets.card.writing import CARD_FILE, write_card

__all__ = ["CARD_FILE", "CROISSANT_FILE", "write_card"]
