"""How the scripts end when the package refuses something."""

import functools
import sys
from collections.abc import Callable

from geotamper.errors import GeotamperError


def one_line_failures(main: Callable[[], int]) -> Callable[[], int]:
    """Let a script's `main` end with the message on one line and exit code 1, in place of a traceback."""

    @functools.wraps(main)
    def run() -> int:
        try:
            return main()
        except GeotamperError as error:
            print(error, file=sys.stderr)
            return 1

    return run
