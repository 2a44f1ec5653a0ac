import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import geotamper
from geotamper.errors import InputError, SpecificationError
from geotamper.forge.forgery import Forgery

pytestmark = pytest.mark.usefixtures("known_search")


def test_package_offers_what_it_lists() -> None:
    assert set(dir(geotamper)) == set(geotamper.__all__)
    for name in geotamper.__all__:
        assert getattr(geotamper, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'inspcet'"):
        geotamper.inspcet  # noqa: B018


@pytest.mark.parametrize("statement", ["import geotamper", "import geotamper.cli.main"])
def test_import_loads_no_heavy_library(statement: str) -> None:
    heavy = "{'numpy', 'cv2', 'torch', 'numba', 'rasterio', 'PIL', 'pydantic', 'shapely'}"
    program = f"import sys; {statement}; print(sorted({heavy} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_inspect_accepts_path_array_and_pil_image(forgery: Forgery, forged_png: Path) -> None:
    reports = [
        geotamper.inspect(source)
        for source in (forged_png, str(forged_png), forgery.pixels, Image.fromarray(forgery.pixels))
    ]
    assert {report.verdict.tampered for report in reports} == {True}
    assert {report.findings for report in reports} == {reports[0].findings}
    assert [report.image.path for report in reports] == [
        str(forged_png),
        str(forged_png),
        "picture",
        "picture",
    ]


def test_inspect_keeps_the_path_as_given(forged_png: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(forged_png.parent)
    assert geotamper.inspect("./forged.png").image.path == "./forged.png"


def test_inspect_reports_progress_and_choices(forged_png: Path) -> None:
    stages: list[tuple[float, str]] = []
    report = geotamper.inspect(
        forged_png,
        questions="was it rotated?",
        finding=1,
        false_alarm_rate=0.05,
        time_limit=30,
        progress=lambda fraction, stage: stages.append((fraction, stage)),
    )
    assert stages == [(0.5, "remembering")]
    assert report.run.parameters["false_alarm_rate"] == 0.05
    assert report.run.parameters["time_limit"] == 30
    assert report.run.parameters["finding"] == 1
    assert [answer.answer for answer in report.answers] == ["Yes"]


def test_inspect_refuses_what_it_cannot_use(clean_png: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.png"):
        geotamper.inspect("nowhere.png")
    with pytest.raises(InputError, match="uint8"):
        geotamper.inspect(np.zeros((64, 64, 3)))  # type: ignore[arg-type]
    with pytest.raises(SpecificationError, match="unknown detector"):
        geotamper.inspect(clean_png, detector="oracle")
    with pytest.raises(SpecificationError, match="no finding 2; it has no findings"):
        geotamper.inspect(clean_png, finding=2)


def test_report_saves_and_loads_and_answers_alike(forged_png: Path, tmp_path: Path) -> None:
    report = geotamper.inspect(forged_png)
    folder = report.save(tmp_path / "out")
    assert folder == tmp_path / "out" / "forged"
    loaded = geotamper.Report.load(folder / "report.json")
    assert loaded.to_dict() == report.to_dict()
    for answer in report.answers:
        again = loaded.ask(answer.question)
        assert (again.answer, again.basis) == (answer.answer, answer.basis)
        assert again.confidence == pytest.approx(answer.confidence)
    assert geotamper.Report.load(folder).verdict == report.verdict


def test_loaded_report_is_asked_without_detecting(forged_png: Path, tmp_path: Path) -> None:
    folder = geotamper.inspect(forged_png).save(tmp_path / "out")
    forged_png.unlink()
    loaded = geotamper.Report.load(folder)
    assert loaded.ask("Was the copy rotated?").answer == "Yes"
    assert loaded.ask("Who did it?").answer == "not answerable"
    assert geotamper.ask(folder / "report.json", "Where is the source?").answer == "Lower Left"
    assert geotamper.ask(loaded, "Is the copy bigger than the original?").answer == "Yes"
    with pytest.raises(InputError, match="no pixels to save"):
        loaded.save(tmp_path / "again")


def test_ask_inspects_pictures(forged_png: Path, clean_png: Path) -> None:
    assert geotamper.ask(forged_png, "Was the copy rotated?").answer == "Yes"
    assert geotamper.ask(clean_png, "Was the copy rotated?").answer == "not applicable"


def test_report_save_keeps_reports_of_namesakes_apart(forgery: Forgery, tmp_path: Path) -> None:
    folders = []
    for parent in ("a", "b"):
        (tmp_path / parent).mkdir()
        path = tmp_path / parent / "scene.png"
        Image.fromarray(forgery.pixels).save(path)
        folders.append(geotamper.inspect(path).save(tmp_path / "out"))
    assert folders[0] == tmp_path / "out" / "scene"
    assert folders[1].name.startswith("scene-")


@pytest.mark.parametrize(
    ("content", "message"),
    [("", "is no report"), ("[1]", "is no report"), ('{"schema": "geotamper.report/2"}', "is no report")],
)
def test_report_load_refuses_other_files(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "report.json"
    path.write_text(content)
    with pytest.raises(InputError, match=message) as caught:
        geotamper.Report.load(path)
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="cannot read"):
        geotamper.Report.load(tmp_path / "missing.json")
