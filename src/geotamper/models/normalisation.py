"""How the pictures are normalised that networks are given."""

MEAN = (0.3833698, 0.39640951, 0.36896593)
"""Mean of the released sets in [0, 1], red, green, blue."""

DEVIATION = (0.21045856, 0.1946447, 0.18824594)
"""Standard deviation of the released sets in [0, 1]."""
