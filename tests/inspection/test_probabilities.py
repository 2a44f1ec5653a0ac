import pytest

from geotamper.inspection.probabilities import probability_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.00"),
        (1e-6, "<0.01"),
        (0.005, "0.01"),
        (0.5, "0.50"),
        (0.994, "0.99"),
        (0.995, ">0.99"),
        (1.0, ">0.99"),
    ],
)
def test_probability_text_never_states_certainty(value: float, text: str) -> None:
    assert probability_text(value) == text
