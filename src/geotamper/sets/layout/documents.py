"""JSON files in, with messages that name the file."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from geotamper.errors import InputError

Hook = Callable[[dict[str, Any]], Any]


def load_document(path: Path, hook: Hook | None = None) -> Any:  # noqa: ANN401 - any JSON
    """Parse a JSON file.

    Args:
        path: UTF-8, with or without a byte-order mark.
        hook: Called with every finished object, innermost first and in the order of the file; its result
            takes the object's place.

    Raises:
        InputError: Missing, unreadable, or no JSON; the hook's own errors pass through.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise InputError(f"'{path}' does not exist; expected a set in the released layout") from error
    except UnicodeDecodeError as error:
        raise InputError(f"'{path}' is not UTF-8 text ({error.reason}); fetch or write it again") from error
    except OSError as error:
        raise InputError(f"'{path}' cannot be read ({error.strerror or error})") from error
    try:
        return json.loads(text, object_hook=hook)
    except json.JSONDecodeError as error:
        raise InputError(
            f"'{path}' is no complete JSON (line {error.lineno}, column {error.colno}: {error.msg}); "
            "fetch or write it again"
        ) from error
    except RecursionError as error:
        raise InputError(f"'{path}' is nested too deeply for a set's file") from error
