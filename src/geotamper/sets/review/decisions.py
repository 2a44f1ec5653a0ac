"""What a person decided about the pictures of a set, kept in the set: `review.json`."""

import threading
from collections import Counter
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from geotamper.atomic import write_text
from geotamper.errors import InputError

REVIEW_FILE = "review.json"
REVIEW_SCHEMA: Literal["geotamper.review/1"] = "geotamper.review/1"

Decision = Literal["accepted", "rejected"]


class _ReviewDocument(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    schema_: Literal["geotamper.review/1"] = Field(default=REVIEW_SCHEMA, alias="schema")
    decisions: dict[int, Decision] = Field(default_factory=dict)


class Decisions:
    """The decisions about a set. Each is on disk before the call that makes it returns.

    Args:
        root: Folder of the set.

    Raises:
        InputError: The file of earlier decisions is damaged or of another version.
    """

    def __init__(self, root: Path) -> None:
        self._path = root / REVIEW_FILE
        self._lock = threading.Lock()
        self._made = dict(_read(self._path))

    def of(self, picture: int) -> Decision | None:
        """The decision about a picture, or None."""
        with self._lock:
            return self._made.get(picture)

    def all(self) -> dict[int, Decision]:
        """Every decision by picture."""
        with self._lock:
            return dict(self._made)

    def counts(self) -> dict[Decision, int]:
        """How many pictures were accepted and rejected."""
        made = Counter(self.all().values())
        return {"accepted": made["accepted"], "rejected": made["rejected"]}

    def decide(self, picture: int, decision: Decision | None) -> None:
        """Keep a decision, or take it back with None.

        Raises:
            OutputError: The file cannot be written; the decision is not kept then.
        """
        with self._lock:
            changed = dict(self._made)
            if decision is None:
                changed.pop(picture, None)
            else:
                changed[picture] = decision
            document = _ReviewDocument(decisions=dict(sorted(changed.items())))
            write_text(self._path, document.model_dump_json(by_alias=True, indent=1) + "\n")
            self._made = changed


def _read(path: Path) -> dict[int, Decision]:
    try:
        return _ReviewDocument.model_validate_json(path.read_bytes()).decisions
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise InputError(f"'{path}' cannot be read ({error.strerror or error})") from error
    except ValidationError as error:
        raise InputError(
            f"'{path}' holds no decisions of version '{REVIEW_SCHEMA}' ({error.error_count()} faults); mend or "
            "remove it"
        ) from error
