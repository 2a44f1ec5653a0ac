"""Order statistics of short arrays, to the last bit those of NumPy.

NumPy's own look at axes, masked values and other things first, which takes longer than a few hundred numbers do.
"""

import numpy as np
import numpy.typing as npt


def median(values: npt.NDArray[np.floating]) -> float:
    """What `numpy.median` gives for n floats, n at least 1, of which none is NaN."""
    middle = len(values) // 2
    if len(values) % 2:
        return float(np.partition(values, middle)[middle])
    ordered = np.partition(values, (middle - 1, middle))
    return float((ordered[middle - 1] + ordered[middle]) / 2)


def upper_quartile(values: npt.NDArray[np.floating]) -> float:
    """What `numpy.percentile` gives for 75 and n floats, n at least 1, of which none is NaN."""
    last = 3 * (len(values) - 1)
    place, rest = last // 4, last % 4
    if rest == 0:
        return float(np.partition(values, place)[place])
    ordered = np.partition(values, (place, place + 1))
    low, high = ordered[place], ordered[place + 1]
    share = values.dtype.type(rest / 4)
    # NumPy interpolates from the nearer end
    if rest >= 2:
        return float(high - (high - low) * (1 - share))
    return float(low + (high - low) * share)
