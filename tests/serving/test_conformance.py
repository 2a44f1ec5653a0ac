"""The service against its own description, with requests that schemathesis makes up."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS

_SKIPPED = (
    "positive_data_acceptance",  # a path may lie under no allowed root, and a file may hold too many pixels
    "unsupported_method",  # asked of every address below
)


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_every_address_keeps_to_its_description(
    roomy: Any, done_id: str, address: str, mode: GenerationMode
) -> None:
    document = roomy.get("/api/v1/openapi.json").json()
    asked = []
    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        operation: Any = found.ok()  # type: ignore[union-attr] # an error here fails the test as it should
        if mode.is_negative and not operation.body and not operation.query:
            continue  # its path fits always, or there is nothing to be wrong
        asked.append(operation.label)

        @settings(
            max_examples=6,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(operation.as_strategy(mode))
        def keep_to_it(case: Any) -> None:
            is_known = mode.is_positive and case.method.upper() != "DELETE"
            if is_known and "job_id" in (case.path_parameters or {}):
                case.path_parameters["job_id"] = done_id
            is_form = case.media_type == "multipart/form-data"  # whose empty fields count as left out
            skipped = (*_SKIPPED, "negative_data_rejection") if is_form else _SKIPPED
            case.call_and_validate(base_url=address, excluded_checks=CHECKS.get_by_names(skipped))

        keep_to_it()
    assert len(asked) >= {"positive": 12, "negative": 3}[mode]


def test_every_address_refuses_other_methods(roomy: Any) -> None:
    paths = roomy.get("/api/v1/openapi.json").json()["paths"]
    for path, methods in paths.items():
        place = path.format(job_id="0" * 24, name="a", layer="picture", z=0, x=0, y=0)
        for method in {"get", "post", "put", "patch", "delete"} - methods.keys():
            answer = roomy.request(method.upper(), place)
            assert answer.status_code == 405, (method, path)
            assert answer.headers["content-type"] == "application/problem+json"
            assert set(answer.headers["allow"].lower().split(", ")) <= methods.keys()
