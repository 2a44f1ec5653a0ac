"""What the page's addresses answer, without a browser."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from geotamper.reporting.overlay import SOURCE_COLOUR, TARGET_COLOUR
from geotamper.serving.jobs import JobOptions
from geotamper.serving.page.routes import STATIC, add_page, known_wordings, suggestions
from geotamper.task.parsing import RefusedQuestion, parse_question

# Machado, Oliveira, Fernandes (2009), severity 1, on linear RGB.
COLOUR_VISION = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}  # fmt: skip
FAR_APART = 40.0
"""CIE 1976 difference; neighbouring hues of maps for the colour-blind differ by less."""


@pytest.fixture(scope="module")
def client() -> TestClient:
    """The page alone."""
    app = FastAPI()
    add_page(app)
    return TestClient(app)


def test_page_asks_nothing_of_other_hosts(client: TestClient) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    for path in [*STATIC.rglob("*.js"), *STATIC.rglob("*.css")]:
        assert "//" not in re.sub(r"(?m)^\s*//.*$|\s//\s.*$", "", path.read_text()), path
    assert re.findall(r"(?:src|href)=\"(?:https?:)?//", page.text) == []


def test_page_has_no_inline_script_or_style(client: TestClient) -> None:
    page = client.get("/").text
    assert re.findall(r"<script(?![^>]*\ssrc=)", page) == []
    assert re.findall(r"\son[a-z]+=|\sstyle=|<style", page) == []


def test_page_finds_all_its_files(client: TestClient) -> None:
    page = client.get("/").text
    wanted = set(re.findall(r"(?:src|href)=\"(page/[^\"]+)\"", page))
    assert len(wanted) >= 6
    for module in STATIC.rglob("*.js"):
        wanted |= {
            str((Path("/page/static/modules") / name).as_posix())
            for name in re.findall(r"from \"([^\"]+)\"", module.read_text())
        }
    for path in wanted:
        answer = client.get(f"/{path.lstrip('/')}")
        assert answer.status_code == 200, path
        assert answer.headers["cache-control"] == "no-cache"


def test_ids_of_the_page_are_unique_and_those_that_modules_use_exist(client: TestClient) -> None:
    ids = re.findall(r"\sid=\"([^\"]+)\"", client.get("/").text)
    assert len(ids) == len(set(ids))
    modules = "\n".join(path.read_text() for path in STATIC.rglob("*.js"))
    used = set(re.findall(r"byId\(\"([^\"]+)\"\)", modules))
    made = set(re.findall(r"\bid: \"([^\"]+)\"", modules))
    assert used - set(ids) - made == set()


def test_suggested_questions_are_understood() -> None:
    assert len(suggestions()) == 15
    assert len(known_wordings()) > 60
    for text in [*known_wordings(), *(item.text for item in suggestions())]:
        assert not isinstance(parse_question(text), RefusedQuestion), text


def test_settings_are_options_of_the_service(client: TestClient) -> None:
    page = client.get("/").text
    form = page[page.index('<details class="settings"') : page.index("</details>")]
    names = set(re.findall(r"<(?:input|select|textarea)[^>]*\sname=\"([^\"]+)\"", form))
    assert {"detector", "false_alarm_rate", "questions"} <= names <= set(JobOptions.model_fields)


def test_palette_is_the_overlay_s(client: TestClient) -> None:
    text = client.get("/page/palette.css").text
    assert f"--source: rgb({' '.join(map(str, SOURCE_COLOUR))});" in text
    assert f"--copy: rgb({' '.join(map(str, TARGET_COLOUR))});" in text


@pytest.mark.parametrize("vision", [None, *COLOUR_VISION])
def test_source_and_copy_differ_for_every_kind_of_colour_vision(vision: str | None) -> None:
    matrix = np.eye(3) if vision is None else np.array(COLOUR_VISION[vision])
    one, other = (lab(matrix @ linear(colour)) for colour in (SOURCE_COLOUR, TARGET_COLOUR))
    assert np.linalg.norm(one - other) > FAR_APART


def linear(colour: tuple[int, int, int]) -> npt.NDArray[np.float64]:
    """Linear RGB, 0 to 1, of sRGB."""
    values = np.array(colour) / 255
    return np.asarray(np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4))


def lab(rgb: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """CIE L*a*b* (D65) of linear RGB."""
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    scaled = to_xyz @ rgb.clip(0, 1) / np.array([0.9505, 1.0, 1.089])
    f = np.where(scaled > 0.008856, np.cbrt(scaled), 7.787 * scaled + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])
