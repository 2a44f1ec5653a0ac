"""The report page as PDF, by WeasyPrint (extra "report")."""

from pathlib import Path

from geotamper.atomic import write_bytes
from geotamper.errors import InputError, MissingLibraryError

PDF_NAME = "report.pdf"


def check_pdf_support() -> None:
    """Make sure that PDF can be written, before any work is done.

    Raises:
        MissingLibraryError: WeasyPrint or the Pango libraries that it calls are not installed.
    """
    try:
        import weasyprint
    except ImportError as error:
        raise MissingLibraryError(
            "PDF reports need WeasyPrint, which is not installed; install it with: pip install 'geotamper[report]'"
        ) from error
    except OSError as error:  # the shared libraries are looked for when the package is imported
        raise MissingLibraryError(
            f"PDF reports need the Pango libraries, which WeasyPrint cannot load ({str(error).splitlines()[0]}); "
            "install them with: apt-get install libpango-1.0-0 libpangoft2-1.0-0 (Debian, Ubuntu)"
        ) from error
    del weasyprint


def write_pdf(html: str, path: Path) -> None:
    """Write a page of `render_html` as PDF; the same page gives the same bytes.

    Args:
        html: Self-contained; nothing else is read or fetched.
        path: Of the file; its folder must exist.

    Raises:
        MissingLibraryError: WeasyPrint or the Pango libraries are not installed.
        OutputError: The file cannot be written.
    """
    check_pdf_support()
    import weasyprint

    inside_only = weasyprint.URLFetcher(allowed_protocols=["data"])
    write_bytes(path, weasyprint.HTML(string=html, url_fetcher=inside_only).write_pdf())


def write_folder_pdf(folder: Path) -> Path:
    """Write the PDF of a saved report beside its page.

    Args:
        folder: Of the report; it holds `report.html`.

    Raises:
        InputError: There is no page.
        MissingLibraryError: As `write_pdf`.
        OutputError: As `write_pdf`.
    """
    page = folder / "report.html"
    try:
        html = page.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"cannot read '{page}': {error.strerror or error}; expected the page of a saved report"
        ) from error
    path = folder / PDF_NAME
    write_pdf(html, path)
    return path
