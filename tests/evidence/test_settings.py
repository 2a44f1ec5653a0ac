import pytest

from geotamper.errors import SpecificationError
from geotamper.evidence.settings import EvidenceSettings


@pytest.mark.parametrize("rate", [0.0, 1.0, -0.1, 2.0, float("nan")])
def test_settings_refuse_rates_that_are_no_share(rate: float) -> None:
    with pytest.raises(SpecificationError, match="false_alarm_rate"):
        EvidenceSettings(false_alarm_rate=rate)


def test_settings_refuse_to_look_for_nothing() -> None:
    with pytest.raises(SpecificationError, match="max_findings"):
        EvidenceSettings(max_findings=0)
