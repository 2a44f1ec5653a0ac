from collections.abc import Callable

import pytest

from geotamper.inspection.assembly import Request, assemble_report
from geotamper.inspection.findings import Findings
from geotamper.inspection.inspector import Inspector
from geotamper.inspection.report import InspectionReport


@pytest.fixture
def report_of() -> Callable[..., InspectionReport]:
    def make(findings: Findings, **request: object) -> InspectionReport:
        return assemble_report(Inspector(), findings, Request(**request), seconds=0.5)  # type: ignore[arg-type]

    return make
