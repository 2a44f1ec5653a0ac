import builtins
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from geotamper.errors import InputError, MissingLibraryError
from geotamper.inspection.exhibit import exhibit_of
from geotamper.inspection.findings import Findings
from geotamper.inspection.report import InspectionReport
from geotamper.reporting.html import render_html
from geotamper.reporting.overlay import draw_overlay
from geotamper.reporting.pdf import check_pdf_support, write_folder_pdf, write_pdf


@pytest.fixture
def weasyprint() -> Any:
    """WeasyPrint; skips where it or Pango is missing."""
    try:
        check_pdf_support()
    except MissingLibraryError as error:
        pytest.skip(str(error))


@pytest.mark.usefixtures("weasyprint")
def test_write_pdf_has_the_text_on_numbered_pages(
    judged: Callable[..., Findings], report_of: Callable[..., InspectionReport], tmp_path: Path
) -> None:
    pypdf = pytest.importorskip("pypdf", reason="pypdf is not installed; it reads the PDF independently")
    findings = judged()
    report = report_of(findings)
    html = render_html(report, exhibit_of(findings), draw_overlay(report, exhibit_of(findings)))
    write_pdf(html, tmp_path / "one.pdf")
    content = (tmp_path / "one.pdf").read_bytes()
    pages = pypdf.PdfReader(io.BytesIO(content)).pages
    texts = [page.extract_text() for page in pages]
    assert "Tampered: copied region" in texts[0]
    assert "Signature" in texts[-1]
    for count, text in enumerate(texts, start=1):
        assert f"page {count} of {len(texts)}" in text
        assert report.image.sha256[:16] in text
    assert sum(len(page.images) for page in pages) >= 5


@pytest.mark.usefixtures("weasyprint")
def test_write_pdf_fetches_nothing(tmp_path: Path) -> None:
    secret = tmp_path / "secret.css"
    secret.write_text("p::before { content: 'leaked' }")
    write_pdf(f'<link rel="stylesheet" href="{secret.as_uri()}"><p>text</p>', tmp_path / "out.pdf")
    pypdf = pytest.importorskip("pypdf", reason="pypdf is not installed; it reads the PDF independently")
    text = pypdf.PdfReader(tmp_path / "out.pdf").pages[0].extract_text()
    assert text.strip() == "text"


@pytest.mark.usefixtures("weasyprint")
def test_write_folder_pdf_needs_a_page(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"report\.html"):
        write_folder_pdf(tmp_path)
    (tmp_path / "report.html").write_text("<p>text</p>")
    assert write_folder_pdf(tmp_path).read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (ModuleNotFoundError("No module named 'weasyprint'"), r"pip install 'geotamper\[report\]'"),
        (OSError("cannot load library 'libpango-1.0-0'"), "apt-get install libpango-1.0-0 libpangoft2-1.0-0"),
    ],
)
def test_check_pdf_support_tells_how_to_install_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, error: Exception, remedy: str
) -> None:
    plain = builtins.__import__

    def without(name: str, *rest: Any, **named: Any) -> Any:
        if name == "weasyprint":
            raise error
        return plain(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingLibraryError, match=remedy):
        check_pdf_support()


@pytest.mark.usefixtures("weasyprint")
def test_write_pdf_gives_the_same_bytes_again(tmp_path: Path) -> None:
    for name in ("one.pdf", "two.pdf"):
        write_pdf("<p>text</p><svg viewBox='0 0 9 9'><rect width='9' height='9'/></svg>", tmp_path / name)
    assert (tmp_path / "one.pdf").read_bytes() == (tmp_path / "two.pdf").read_bytes()
