"""Option values with units: sizes of memory and spans of time."""

import re

import typer

_BYTES = {
    "": 1,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "tb": 10**12,
    "kib": 2**10,
    "mib": 2**20,
    "gib": 2**30,
}
WEIGHTS = ("research", "permissive")
_SECONDS = {"": 1.0, "s": 1.0, "min": 60.0, "m": 60.0, "h": 3600.0}


def parse_memory(text: str | int) -> int:
    """Read a size such as 2GB, 512MiB or 1000000 (bytes); defaults arrive as numbers.

    Raises:
        typer.BadParameter: The text is no such size.
    """
    number, unit = _split(str(text))
    factor = _BYTES.get(unit.removesuffix("b") + "b" if unit and unit != "b" else "")
    if number is None or factor is None or number * factor < 1:
        raise typer.BadParameter(f"'{text}' is no amount of memory; write 2GB, 512MB or 1.5GiB")
    return round(number * factor)


def parse_duration(text: str) -> float:
    """Read a span of time such as 60s, 2min or 0.5h, in seconds.

    Raises:
        typer.BadParameter: The text is no such span.
    """
    number, unit = _split(text)
    factor = _SECONDS.get(unit)
    if number is None or factor is None or number <= 0:
        raise typer.BadParameter(f"'{text}' is no span of time; write 60s, 2min or 0.5h")
    return number * factor


def parse_share(text: str) -> float:
    """Read a number strictly between 0 and 1.

    Raises:
        typer.BadParameter: The text is no such number.
    """
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 < share < 1:
        raise typer.BadParameter(f"'{text}' does not lie between 0 and 1; 0.01 is the default")
    return share


def parse_weights(text: str) -> str:
    """Read the terms under which the weights shall be usable: "research" or "permissive".

    Raises:
        typer.BadParameter: The text is neither.
    """
    if text not in WEIGHTS:
        raise typer.BadParameter(
            f"'{text}' is no choice of weights; write research (all data, for research use only) or permissive "
            "(any use)"
        )
    return text


def _split(text: str) -> tuple[float | None, str]:
    match = re.fullmatch(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*([a-z]*)\s*", text.lower())
    return (float(match[1]), match[2]) if match else (None, "")
