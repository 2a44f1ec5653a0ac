import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from geotamper.evidence.results import BlurEvidence, CopyEvidence
from geotamper.imagery.picture import Picture
from geotamper.inspection.exhibit import exhibit_of
from geotamper.inspection.findings import Findings
from geotamper.inspection.report import InspectionReport
from geotamper.reporting.html import render_html, reproducing_command
from geotamper.reporting.overlay import draw_overlay

Judge = Callable[..., Findings]
ReportOf = Callable[..., InspectionReport]

VOID = {"meta", "img"}


class Balance(HTMLParser):
    """Checks that every element is closed by its own end tag."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.sources += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def page(findings: Findings, report: InspectionReport) -> str:
    exhibit = exhibit_of(findings)
    return render_html(report, exhibit, draw_overlay(report, exhibit))


def test_render_html_is_well_formed_and_needs_no_other_file(judged: Judge, report_of: ReportOf) -> None:
    findings = judged()
    text = page(findings, report_of(findings))
    balance = Balance()
    balance.feed(text)
    assert balance.open == []
    assert len(balance.sources) == 5  # the overlay and four close-ups
    assert all(source.startswith("data:image/") for source in balance.sources)
    assert not re.search(r"https?://|@import|url\(", text)


def test_render_html_tells_verdict_digest_transform_answers_and_limits(
    judged: Judge, report_of: ReportOf
) -> None:
    findings = judged()
    report = report_of(findings)
    text = page(findings, report)
    assert "Tampered: copied region" in text
    assert report.image.sha256 in text
    assert "30.000°" in text
    assert "1.2000" in text
    for answer in report.answers:
        assert answer.answer in text
    assert "fitted rotation 30.000 ± 0.010 degrees" in text
    assert report.limits[0] in text


@pytest.mark.parametrize(
    ("evidence", "headline"),
    [("clean", "No tampering found"), ("open", "Not decided"), ("blur", "Tampered: blurred region")],
)
def test_render_html_covers_every_verdict(
    judged: Judge,
    report_of: ReportOf,
    make_copy: Callable[..., CopyEvidence],
    make_blur: Callable[..., BlurEvidence],
    evidence: str,
    headline: str,
) -> None:
    findings = {
        "clean": judged(copies=()),
        "open": judged(undecided=(make_copy(probability=0.4),)),
        "blur": judged(blurs=(make_blur(),)),
    }[evidence]
    text = page(findings, report_of(findings))
    assert headline in text
    Balance().feed(text)


def test_render_html_escapes_what_the_user_wrote(
    picture: Picture, judged: Judge, report_of: ReportOf
) -> None:
    findings = replace(judged(), picture=replace(picture, path="<script>alert(1)</script>.png"))
    text = page(findings, report_of(findings, questions=("<b>who?</b>",)))
    assert "<script>" not in text
    assert "<b>who" not in text


def test_reproducing_command_repeats_the_choices(
    picture: Picture, judged: Judge, report_of: ReportOf
) -> None:
    findings = replace(judged(), picture=replace(picture, path="my scene.png"))
    report = report_of(
        findings,
        questions=("was it rotated?",),
        finding=1,
        parameters={"time_limit": 60.0, "max_memory": None},
    )
    assert reproducing_command(report) == (
        "geotamper inspect 'my scene.png' --detector inspector -q 'was it rotated?' --finding 1 "
        "--false-alarm-rate 0.01 --time-limit 60.0s --out out"
    )


def test_reproducing_command_needs_a_file(judged: Judge, report_of: ReportOf) -> None:
    assert reproducing_command(report_of(judged())) is None
