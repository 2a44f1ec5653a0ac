"""The service against its own description, with requests that schemathesis makes up."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import CHECKS

INSPECTIONS = "/api/v1/inspections"
_SKIPPED = (
    "positive_data_acceptance",  # a path may lie under no allowed root, and a file may hold too many pixels
    "missing_required_header",
    "unsupported_method",  # asked of every address by test_inspections
)


@pytest.fixture
def described(roomy: Any, done_id: str) -> Any:
    assert done_id
    return schemathesis.openapi.from_asgi("/api/v1/openapi.json", roomy.app, headers={"Host": "127.0.0.1"})


schema = schemathesis.pytest.from_fixture("described")


@schema.parametrize()
@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_address_keeps_to_its_description(case: Any, done_id: str) -> None:
    if "job_id" in (case.path_parameters or {}) and case.operation.method.upper() in {"GET", "POST"}:
        case.path_parameters["job_id"] = done_id
    case.call_and_validate(headers={"Host": "127.0.0.1"}, excluded_checks=CHECKS.get_by_names(_SKIPPED))
