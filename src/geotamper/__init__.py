"""geotamper finds forged regions in remote-sensing pictures and answers questions about them.

Names are loaded when they are first used, so that `import geotamper` costs next to nothing.
"""

from typing import TYPE_CHECKING

from geotamper._version import __version__

if TYPE_CHECKING:
    from geotamper.api import Report, ask, inspect

__all__ = ["Report", "__version__", "ask", "inspect"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'geotamper' has no attribute '{name}'; it offers {', '.join(__all__)}")
    from geotamper import api

    value: object = getattr(api, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
