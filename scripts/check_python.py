"""Exits with 1 and says in one line why, if this Python cannot carry the project's environment.

Must run on old interpreters too, so it uses nothing newer than Python 3.4.
"""

import importlib.util
import sys

OLDEST = (3, 11)


def main() -> None:
    """Check the version and the parts that distributions package apart."""
    found = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info[:2] < OLDEST:
        sys.exit(
            "geotamper needs Python 3.11 or newer, but "
            + sys.executable
            + " is "
            + found
            + "; name another one with: make PYTHON=python3.11 ..."
        )
    if importlib.util.find_spec("ensurepip") is None:
        sys.exit(
            "Python "
            + found
            + " at "
            + sys.executable
            + " has no venv support; on Debian or Ubuntu install it with: apt install python3-venv"
        )


if __name__ == "__main__":
    main()
