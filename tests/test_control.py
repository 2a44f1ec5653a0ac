import pytest

from geotamper.control import Control
from geotamper.errors import CancelledError


def test_control_cancels_without_claims_about_files() -> None:
    with pytest.raises(CancelledError, match=r"^cancelled at 'reading', as the caller asked$"):
        Control(is_cancelled=lambda: True).checkpoint(0.5, "reading")


def test_control_never_reports_less_than_before() -> None:
    seen: list[float] = []
    control = Control(on_progress=lambda fraction, _: seen.append(fraction))
    for fraction in (0.2, 0.6, 0.4):
        control.checkpoint(fraction, "reading")
    assert seen == [0.2, 0.6, 0.6]
