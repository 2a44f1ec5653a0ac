import itertools
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from geotamper.evidence.results import BlurEvidence, CopyEvidence
from geotamper.forge.forgery import Forgery
from geotamper.imagery.picture import Picture
from geotamper.imagery.pixel_source import Block, PictureSource
from geotamper.imagery.reading import read_picture
from geotamper.imagery.region import Window
from geotamper.inspection.exhibit import exhibit_of
from geotamper.inspection.findings import Findings
from geotamper.inspection.report import InspectionReport
from geotamper.reporting.html import render_html
from geotamper.reporting.overlay import draw_overlay

Judge = Callable[..., Findings]
ReportOf = Callable[..., InspectionReport]

VOID = {"meta", "img", "br"}
PLACE = {
    "crs": "EPSG:32632",
    "geotransform": (500000.0, 0.5, 0.0, 5300000.0, 0.0, -0.5),
    "pixel_area_m2": 0.25,
}


class Page(HTMLParser):
    """Reads a page, and checks that every element is closed by its own end tag."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.sources: list[str] = []
        self.headings: list[int] = []
        self.unnamed: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.sources += [value or "" for name, value in attrs if name in ("src", "href")]
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if (tag == "img" and not given.get("alt")) or (tag == "svg" and not given.get("aria-label")):
            self.unnamed.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def page(findings: Findings, report: InspectionReport) -> str:
    return render_html(report, exhibit_of(findings), draw_overlay(findings))


def placed(findings: Findings, **changes: object) -> Findings:
    return replace(findings, picture=replace(findings.picture, **{**PLACE, **changes}))  # type: ignore[arg-type]


def test_render_html_is_well_formed_and_needs_no_other_file(judged: Judge, report_of: ReportOf) -> None:
    findings = placed(judged())
    text = page(findings, report_of(findings))
    parsed = Page(text)
    assert len(parsed.sources) == 6  # the overlay, four close-ups and the picture below a map
    assert all(source.startswith("data:image/") for source in parsed.sources)
    assert not re.search(r"https?://|@import|url\(", text)
    assert parsed.unnamed == []


def test_render_html_has_headings_in_order(judged: Judge, report_of: ReportOf) -> None:
    findings = placed(judged())
    headings = Page(page(findings, report_of(findings))).headings
    assert headings.count(1) == 1
    assert headings[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(headings))


def test_render_html_tells_verdict_digest_transform_answers_and_limits(
    judged: Judge, report_of: ReportOf
) -> None:
    findings = judged()
    report = report_of(findings)
    text = page(findings, report)
    assert "Tampered: copied region" in text
    assert report.image.sha256 in text
    assert "+30.000°" in text
    assert "1.2000" in text
    for answer in report.answers:
        assert answer.answer in text
    assert "fitted rotation 30.000 ± 0.010 degrees" in text
    assert "direction from resampling residuals" in text
    assert report.limits[0] in text
    for weights in report.run.weights:
        assert weights.sha256 in text
        assert weights.licence in text
    for section in ("Provenance", "How to read this report", "How this report was made", "Sign-off"):
        assert f"<h2>{section}</h2>" in text


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
    text = page(placed(findings), report_of(placed(findings)))
    assert headline in text
    assert ("Candidates, not decided" in text) == (evidence == "open")
    assert ("<h2>Findings</h2>" in text) == (evidence == "blur")
    Page(text)


def test_render_html_places_a_georeferenced_picture(judged: Judge, report_of: ReportOf) -> None:
    findings = placed(judged())
    text = page(findings, report_of(findings))
    assert "Map context" in text
    assert "EPSG:32632 (WGS 84 / UTM zone 32N)" in text
    assert "x 500000.00 to 500080.00, y 5299940.00 to 5300000.00" in text
    assert "47.85280° N, 9.00000° E to 47.85334° N, 9.00107° E" in text
    x, y = report_of(findings).findings[0].target.centroid
    assert f"{500000 + x / 2:.2f}, {5300000 - y / 2:.2f}" in text
    assert f"{report_of(findings).findings[0].target.area_px * 0.25:.4g} m²" in text


@pytest.mark.parametrize("changes", [{"crs": None}, {"crs": 'LOCAL_CS["nowhere"]'}, {"geotransform": None}])
def test_render_html_has_no_map_of_a_place_that_is_not_known(
    judged: Judge, report_of: ReportOf, changes: dict[str, object]
) -> None:
    findings = placed(judged(), **changes)
    assert "Map context" not in page(findings, report_of(findings))


def test_render_html_escapes_what_the_user_wrote(
    judged: Judge, report_of: ReportOf, forgery: Forgery, tmp_path: Path
) -> None:
    chunks = PngImagePlugin.PngInfo()
    chunks.add_text("Software", "<script>alert(2)</script>")
    path = tmp_path / "<script>alert(1)<&\"'.png"
    Image.fromarray(forgery.pixels).save(path, pnginfo=chunks)
    findings = replace(judged(), picture=read_picture(path))
    text = page(findings, report_of(findings, questions=("<b>who?</b>",), parameters={"<i>": "</style>"}))
    assert "<script" not in text
    assert "<b>" not in text
    assert "<i>" not in text
    assert text.count("</style>") == 1
    assert "alert(2)" in text  # the metadata of the file is shown
    Page(text)


def test_render_html_differs_between_runs_in_time_and_memory_only(judged: Judge, report_of: ReportOf) -> None:
    findings = placed(judged())
    report = report_of(findings)
    slower = report.model_copy(
        update={"run": report.run.model_copy(update={"seconds": 999.25, "peak_memory_mb": 12345.0})}
    )
    texts = [page(findings, item) for item in (report, slower)]
    assert texts[0] != texts[1]
    plain = [re.sub(r'<td class="(seconds|megabytes)">[^<]*</td>', "", text) for text in texts]
    assert plain[0] == plain[1]


def test_render_html_reads_windows_of_a_large_scene_only(judged: Judge, report_of: ReportOf) -> None:
    class Scene(PictureSource):
        width, height = 30_000, 40_000  # type: ignore[assignment]
        largest = 0

        def read(self, window: Window) -> Block:
            self.largest = max(self.largest, *window.shape)
            rows, columns = window.shape
            return Block(np.zeros((rows, columns, 3), np.uint8), np.ones((rows, columns), np.bool_))

    findings = placed(judged())
    scene = Scene(findings.picture)
    exhibit = replace(exhibit_of(findings), source=scene)
    text = render_html(report_of(findings), exhibit, draw_overlay(findings))
    assert "Number 1 in detail" in text
    assert 0 < scene.largest < 2000


def test_render_html_names_no_file_for_pixels(judged: Judge, report_of: ReportOf, picture: Picture) -> None:
    assert picture.path is None
    text = page(judged(), report_of(judged()))
    assert "handed over as pixels" in text
    assert "To make it again" not in text
