from collections.abc import Callable
from dataclasses import replace

import pytest

from geotamper.evidence.objects.network import NETWORKS
from geotamper.inspection.findings import Findings
from geotamper.inspection.report import InspectionReport, WeightsInfo
from geotamper.reporting.reproduction import reproducing_command

Judge = Callable[..., Findings]
ReportOf = Callable[..., InspectionReport]


@pytest.fixture
def report(judged: Judge, report_of: ReportOf) -> Callable[..., InspectionReport]:
    def make(path: str = "my scene.png", **request: object) -> InspectionReport:
        findings = judged()
        return report_of(replace(findings, picture=replace(findings.picture, path=path)), **request)

    return make


def test_reproducing_command_repeats_the_choices(report: Callable[..., InspectionReport]) -> None:
    made = report(
        questions=("was it rotated?",),
        finding=1,
        parameters={"time_limit": 60.0, "max_memory": 2_000_000_000},
    )
    assert reproducing_command(made) == (
        "geotamper inspect 'my scene.png' -q 'was it rotated?' --finding 1 --time-limit 60s "
        "--max-memory 2000000000 --out out"
    )


def test_reproducing_command_leaves_defaults_out(report: Callable[..., InspectionReport]) -> None:
    assert reproducing_command(report("scene.png")) == "geotamper inspect scene.png --out out"


def test_reproducing_command_tells_rate_detector_and_reading(report: Callable[..., InspectionReport]) -> None:
    made = report(
        "scene.tif", parameters={"false_alarm_rate": 0.05, "bands": [4, 3, 2], "stretch": (0.5, 99.5)}
    )
    made = made.model_copy(update={"run": made.run.model_copy(update={"detector": "sift"})})
    assert reproducing_command(made) == (
        "geotamper inspect scene.tif --detector sift --false-alarm-rate 0.05 --bands 4,3,2 --stretch 0.5,99.5 --out out"
    )


def test_reproducing_command_tells_the_class_network(report: Callable[..., InspectionReport]) -> None:
    made = report("scene.png")
    for terms, option in (("permissive", " --weights permissive"), ("research", "")):
        weights = WeightsInfo(name=NETWORKS[terms].name, sha256="0" * 64, licence="any")  # type: ignore[index]
        run = made.run.model_copy(update={"weights": (*made.run.weights, weights)})
        command = reproducing_command(made.model_copy(update={"run": run}))
        assert command == f"geotamper inspect scene.png{option} --out out"


def test_reproducing_command_takes_no_path_for_an_option(report: Callable[..., InspectionReport]) -> None:
    assert reproducing_command(report("-rf.png")) == "geotamper inspect ./-rf.png --out out"


def test_reproducing_command_needs_a_file(judged: Judge, report_of: ReportOf) -> None:
    assert reproducing_command(report_of(judged())) is None
