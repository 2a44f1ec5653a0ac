"""Mounts the page on the service: one template, its static files, Leaflet, and the colours of the overlay."""

from dataclasses import dataclass
from functools import cache
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles

from geotamper.errors import MissingLibraryError
from geotamper.reporting.overlay import SOURCE_COLOUR, TARGET_COLOUR
from geotamper.serving.jobs import JobOptions
from geotamper.task.catalogue import QUESTION_TYPES, TYPE_NAMES, TypeName, types_for
from geotamper.task.facts import TAMPER_KINDS, TamperKind
from geotamper.task.wording import question_text, wordings

if TYPE_CHECKING:
    from os import stat_result

    from jinja2 import Environment
    from starlette.types import Scope

STATIC = Path(__file__).parent / "static"


@dataclass(frozen=True)
class Layer:
    """One layer of the viewer.

    Attributes:
        name: As the modules call it.
        title: As people read it.
        shown: Whether it is shown at first.
        opacity: At first, percent.
    """

    name: str
    title: str
    shown: bool
    opacity: int


LAYERS = (
    Layer("picture", "Picture", shown=True, opacity=100),
    Layer("source", "Source", shown=True, opacity=90),
    Layer("copy", "Copy", shown=True, opacity=90),
    Layer("links", "Links", shown=True, opacity=100),
    Layer("heat", "Heat map", shown=False, opacity=70),
)
"""The layers of the viewer, lowest row last in the list of the page."""


@dataclass(frozen=True)
class Suggestion:
    """A question that the page offers on a button, and the kinds of tampering that it has a meaning for."""

    text: str
    kinds: tuple[TamperKind, ...]


def suggestions() -> tuple[Suggestion, ...]:
    """The canonical wording of every open question, then of every check with its first option."""
    names = sorted(TYPE_NAMES, key=lambda name: QUESTION_TYPES[name].is_check)
    return tuple(
        Suggestion(_texts(name)[0], tuple(kind for kind in TAMPER_KINDS if name in types_for(kind)))
        for name in names
    )


def known_wordings() -> tuple[str, ...]:
    """Every open question in all its wordings, and every check once for each of its options."""
    texts: list[str] = []
    for name in TYPE_NAMES:
        texts += _texts(name)
    return tuple(dict.fromkeys(texts))


def _texts(name: TypeName) -> list[str]:
    question = QUESTION_TYPES[name]
    if question.is_check:
        return [question_text(name, option) for option in question.options]
    return list(wordings(name))


def add_page(app: FastAPI) -> None:
    """Serve the page at `/` and its files under `/page/`.

    Args:
        app: The service; its REST interface is at `/api/v1`, where the modules of the page expect it.

    Raises:
        MissingLibraryError: Leaflet's package is not installed.
    """
    page = (
        _environment()
        .get_template("page.html.j2")
        .render(layers=LAYERS, suggestions=suggestions(), wordings=known_wordings(), defaults=_defaults())
    )
    palette = _palette()

    @app.get("/", include_in_schema=False)
    def show_page() -> HTMLResponse:
        return HTMLResponse(page, headers={"Cache-Control": "no-cache"})

    @app.get("/page/palette.css", include_in_schema=False)
    def show_palette() -> Response:
        return Response(palette, media_type="text/css", headers={"Cache-Control": "no-cache"})

    app.mount("/page/static", _Files(directory=STATIC), name="page")
    app.mount("/page/leaflet", _Files(directory=leaflet_folder()), name="leaflet")


def leaflet_folder() -> Path:
    """Where the files of Leaflet are.

    Raises:
        MissingLibraryError: Its package is not installed.
    """
    try:
        from xstatic.pkg import leaflet
    except ImportError as error:
        raise MissingLibraryError(
            "the web page needs Leaflet (package XStatic-Leaflet), which is not installed; "
            "run: pip install 'geotamper[serve]'"
        ) from error
    return Path(leaflet.BASE_DIR)


def _defaults() -> dict[str, Any]:
    """The options that the service takes, with their defaults: the page offers no others."""
    return {name: field.default for name, field in JobOptions.model_fields.items()}


class _Files(StaticFiles):
    """Files that the browser asks for anew each time: after an update no old module meets a new one."""

    def file_response(
        self,
        full_path: str | PathLike[str],
        stat_result: "stat_result",
        scope: "Scope",
        status_code: int = 200,
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Cache-Control"] = "no-cache"
        return response


def _palette() -> str:
    """The colours of source and copy, as the overlay and the reports draw them."""
    colours = {"source": SOURCE_COLOUR, "copy": TARGET_COLOUR}
    rules = (f"--{name}: rgb({' '.join(map(str, colour))});" for name, colour in colours.items())
    return f":root {{ {' '.join(rules)} }}\n"


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    options: dict[str, Any] = {"trim_blocks": True, "lstrip_blocks": True}
    return Environment(
        loader=PackageLoader("geotamper.serving.page"), autoescape=True, undefined=StrictUndefined, **options
    )
