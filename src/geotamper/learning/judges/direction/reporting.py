"""How often copies are taken for sources, as tables of text."""

import numpy as np
import numpy.typing as npt

from geotamper.evidence.rims import CONTRASTS
from geotamper.learning.judges.direction.fitting import Floats
from geotamper.learning.judges.examples import Arrays

BoolMask = npt.NDArray[np.bool_]

_RANGES = ((0.5, 0.7), (0.7, 0.9), (0.9, 0.97), (0.97, 1.0))


def exchanged(arrays: Arrays, odds: Floats) -> float:
    """Share of pairs whose copy is taken for the source, by the grid and where it has no opinion by `odds`."""
    return float(np.mean(_after_grid(arrays, odds) <= 0))


def table(title: str, arrays: Arrays, odds: Floats) -> str:
    """How often the copy is taken for the source: by kinks alone, by these weights, after the grid.

    Args:
        title: Of the table.
        arrays: Measured pairs.
        odds: (n,) log odds of the copy being taken for the copy.
    """
    lines = [f"{title}: pairs, exchanged by kinks, by rims, by grid and rims, share decided by the grid"]
    for how in np.unique(arrays["degradation"]):
        for edge in np.unique(arrays["edge"]):
            for plain in (True, False):
                part = (arrays["degradation"] == how) & (arrays["edge"] == edge) & (arrays["plain"] == plain)
                if part.any():
                    name = f"{how} {edge} {'plain' if plain else 'turned or scaled'}"
                    lines.append(_line(name, arrays, odds, part))
    lines.append(_line("all", arrays, odds, np.ones(len(odds), np.bool_)))
    for name, values in (("rims", odds), ("grid", arrays["grid"][arrays["grid"] != 0])):
        lines += _calibration(name, values)
    return "\n".join(lines)


def _after_grid(arrays: Arrays, odds: Floats) -> Floats:
    return np.where(arrays["grid"] != 0, arrays["grid"], odds)


def _line(name: str, arrays: Arrays, odds: Floats, part: BoolMask) -> str:
    kinks = arrays["wholes"][:, CONTRASTS.index("kink")]
    judged = (kinks, odds, _after_grid(arrays, odds))
    shares = [float(np.mean(values[part] <= 0)) for values in judged]
    decided = float(np.mean(arrays["grid"][part] != 0))
    return f"  {name:<34} {part.sum():5d}  " + "  ".join(f"{s:.3f}" for s in (*shares, decided))


def _calibration(name: str, odds: Floats) -> list[str]:
    stated = 1.0 / (1.0 + np.exp(-np.abs(odds)))
    lines = []
    for low, high in _RANGES:
        part = (stated >= low) & ((stated < high) | (high == 1.0))
        if part.any():
            right, mean = float(np.mean(odds[part] > 0)), float(stated[part].mean())
            lines.append(
                f"  {name} stating {low:.2f} to {high:.2f}: {part.sum():5d}, mean {mean:.3f}, right {right:.3f}"
            )
    return lines
