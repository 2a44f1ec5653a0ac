"""Probabilities as people read them."""


def probability_text(value: float) -> str:
    """Two digits, and never a certainty that no evidence about pixels gives.

    Args:
        value: 0 to 1.

    Example:
        >>> probability_text(0.934), probability_text(0.9985), probability_text(0.001)
        ('0.93', '>0.99', '<0.01')
    """
    if value >= 0.995:
        return ">0.99"
    return "<0.01" if 0 < value < 0.005 else f"{value:.2f}"
