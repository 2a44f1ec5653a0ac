"""Inspections from the request to the report."""

import hashlib
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image

INSPECTIONS = "/api/v1/inspections"
PROBLEM = "application/problem+json"
Finished = Callable[[TestClient, str], dict[str, Any]]


def _post(client: TestClient, content: bytes, name: str = "a.png", **data: Any) -> Any:
    return client.post(INSPECTIONS, files={"file": (name, content)}, data={"detector": "block-dct", **data})


def test_begin_upload_ends_with_the_report(roomy: TestClient, done_id: str, forged_png: bytes) -> None:
    job = roomy.get(f"{INSPECTIONS}/{done_id}").json()
    report = job["report"]
    assert (job["state"], job["progress"], job["error"], job["name"]) == (
        "done",
        1.0,
        None,
        "fields north.png",
    )
    assert report["image"]["path"] == "fields north.png"
    assert report["image"]["sha256"] == hashlib.sha256(forged_png).hexdigest()
    assert report["findings"][0]["target"]["bbox"] == [90, 70, 130, 110]
    assert [answer["question"] for answer in report["answers"]] == [
        "Was the image tampered with?",
        "Was the copy rotated?",
    ]
    assert job["verdict"] == report["verdict"]
    view = job["view"]
    assert {"picture", "source", "target"} <= set(view.pop("layers"))
    assert view == {"width": 160, "height": 128, "tile_size": 256, "max_zoom": 0}


def test_report_tells_nothing_of_the_services_folders(roomy: TestClient, done_id: str) -> None:
    folder = str(roomy.app.state.service.folders.root)  # type: ignore[attr-defined]
    for name in ("report.json", "report.html", "findings.geojson"):
        assert folder not in roomy.get(f"{INSPECTIONS}/{done_id}/artifacts/{name}").text
    assert folder not in roomy.get(f"{INSPECTIONS}/{done_id}").text


def test_begin_answers_with_the_address(roomy: TestClient, forged_png: bytes, finished: Finished) -> None:
    answer = _post(roomy, forged_png)
    job = answer.json()
    assert answer.status_code == 202
    assert answer.headers["location"] == f"{INSPECTIONS}/{job['id']}" == job["links"]["self"]
    assert job["state"] in {"queued", "running"}
    assert finished(roomy, job["id"])["options"]["detector"] == "block-dct"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "'a.png' is empty (0 bytes)"),
        (b"no picture at all", "no picture of a known format"),
        (b"\x89PNG\r\n\x1a\n broken", "'a.png' (PNG)"),
        (b"II*\0\x08\0\0\0" + bytes(20), "'a.png' (TIFF)"),
    ],
)
def test_bad_file_fails_with_the_readers_reason(
    roomy: TestClient, finished: Finished, content: bytes, reason: str
) -> None:
    job = finished(roomy, _post(roomy, content).json()["id"])
    assert job["state"] == "failed"
    assert reason in job["error"]
    assert "/jobs/" not in job["error"]
    assert job["report"] is None


def test_unknown_finding_fails_with_the_reason(
    roomy: TestClient, forged_png: bytes, finished: Finished
) -> None:
    job = finished(roomy, _post(roomy, forged_png, finding="9").json()["id"])
    assert job["state"] == "failed"
    assert "9" in job["error"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\pictures\\a.png", "a.png"),
        ("..", ".."),
        ("a\x1b[31m.png", "a[31m.png"),
        ("", "picture"),
    ],
)
def test_name_of_upload_is_for_display_alone(name: str, shown: str) -> None:
    from geotamper.serving.uploads import display_name

    assert display_name(name) == shown


def test_name_of_upload_is_never_a_path(roomy: TestClient, forged_png: bytes, finished: Finished) -> None:
    job = finished(roomy, _post(roomy, forged_png, "../../../escape.png").json()["id"])
    folder: Path = roomy.app.state.service.folders.of(job["id"])  # type: ignore[attr-defined]
    assert job["name"] == "escape.png"
    assert {path.name for path in folder.iterdir()} == {"picture", "report"}


def test_begin_by_path_under_an_allowed_root(
    roomy: TestClient, root: Path, forged_png: bytes, finished: Finished
) -> None:
    (root / "scene.png").write_bytes(forged_png)
    body = {"path": str(root / "scene.png"), "detector": "block-dct"}
    by_json = finished(roomy, roomy.post(INSPECTIONS, json=body).json()["id"])
    by_form = finished(roomy, roomy.post(INSPECTIONS, data=body).json()["id"])
    assert by_json["state"] == by_form["state"] == "done"
    assert by_json["report"]["image"]["path"] == "scene.png"
    assert by_json["verdict"]["tampered"] is True
    assert (root / "scene.png").is_file()


def test_begin_by_path_elsewhere_is_refused(
    roomy: TestClient, root: Path, tmp_path: Path, forged_png: bytes
) -> None:
    outside = tmp_path / "scene.png"
    outside.write_bytes(forged_png)
    (root / "link.png").symlink_to(outside)
    for path in (
        outside,
        root / "link.png",
        root / ".." / "x.png",
        "scene.png",
        "/etc/passwd\0",
        "/dev/zero",
    ):
        answer = roomy.post(INSPECTIONS, json={"path": str(path)})
        assert answer.status_code == 403, path
        assert answer.headers["content-type"] == PROBLEM
        assert answer.json()["type"] == "urn:problem-type:geotamper:path-not-allowed"
    missing = roomy.post(INSPECTIONS, json={"path": str(root / "none.png")})
    assert missing.status_code == 404
    detector = roomy.post(
        INSPECTIONS, json={"path": str(root / "link.png"), "detector": str(tmp_path / "x.onnx")}
    )
    assert detector.status_code == 403


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ({"false_alarm_rate": "2"}, "body.false_alarm_rate"),
        ({"finding": "0"}, "body.finding"),
        ({"weights": "stolen"}, "body.weights"),
        ({"colour": "red"}, "body.colour"),
        ({"questions": ["x" * 501]}, "body.questions.0"),
        ({"time_limit": "nan"}, "body.time_limit"),
    ],
)
def test_begin_with_bad_options_is_refused(roomy: TestClient, data: dict[str, Any], place: str) -> None:
    answer = _post(roomy, b"x", **data)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == PROBLEM
    assert [misfit["place"] for misfit in answer.json()["errors"]] == [place]


def test_begin_with_unknown_detector_is_refused(roomy: TestClient) -> None:
    answer = _post(roomy, b"x", detector="oracle")
    assert answer.status_code == 422
    assert "'oracle'; available: inspector, sift" in answer.json()["detail"]


def test_begin_without_picture_or_with_two_is_refused(roomy: TestClient, root: Path) -> None:
    nothing = roomy.post(INSPECTIONS, json={"detector": "sift"})
    two_ways = _post(roomy, b"x", path=str(root))
    two_files = roomy.post(INSPECTIONS, files=[("file", b"a"), ("file", b"b")])
    assert (nothing.status_code, two_ways.status_code, two_files.status_code) == (422, 422, 400)
    assert "two files" in two_files.json()["detail"]


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("text/plain", b"hello", 415),
        ("multipart/form-data", b"hello", 400),
        ("multipart/form-data; boundary=b", b"hello", 400),
        ("multipart/form-data; boundary=b", b"--b\r\n", 400),
        ("application/json", b"{", 400),
        ("application/json", b"[1]", 400),
        ("application/json", b"[" * 90_000, 400),
        ("application/x-www-form-urlencoded", b"path=a&path=b", 400),
        ("application/x-www-form-urlencoded", b"\xff", 400),
        ("application/json", b" " * 200_000, 413),
    ],
)
def test_begin_with_broken_body_is_refused(roomy: TestClient, kind: str, body: bytes, status: int) -> None:
    answer = roomy.post(INSPECTIONS, content=body, headers={"content-type": kind})
    assert answer.status_code == status
    assert answer.headers["content-type"] == PROBLEM
    incoming: Path = roomy.app.state.service.folders.incoming  # type: ignore[attr-defined]
    assert not list(incoming.iterdir())


def test_too_large_upload_leaves_nothing(roomy: TestClient) -> None:
    answer = _post(roomy, bytes(200_001))
    incoming: Path = roomy.app.state.service.folders.incoming  # type: ignore[attr-defined]
    assert answer.status_code == 413
    assert "200000 bytes" in answer.json()["detail"]
    assert not list(incoming.iterdir())


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_too_many_pixels_are_refused_by_the_header(roomy: TestClient, kind: str) -> None:
    stream = io.BytesIO()
    Image.new("L", (1300, 1000)).save(stream, kind)
    answer = _post(roomy, stream.getvalue()[: 150_000 if kind == "TIFF" else None])
    if kind == "TIFF" and answer.status_code != 413:  # its directory may stand behind the pixels
        pytest.fail(answer.text)
    assert answer.status_code == 413
    assert answer.json()["type"] == "urn:problem-type:geotamper:too-many-pixels"
    assert "1300 x 1000" in answer.json()["detail"]


def test_virtual_raster_is_refused(roomy: TestClient) -> None:
    answer = _post(roomy, b'<VRTDataset rasterXSize="1" rasterYSize="1"></VRTDataset>')
    assert answer.status_code == 422
    assert "names other files" in answer.json()["detail"]


def test_idempotency_key_begins_once(roomy: TestClient, forged_png: bytes) -> None:
    def send(content: bytes, key: str, detector: str = "block-dct") -> Any:
        return roomy.post(
            INSPECTIONS,
            files={"file": ("a.png", content)},
            data={"detector": detector},
            headers={"Idempotency-Key": key},
        )

    with ThreadPoolExecutor(4) as pool:
        ids = {answer.json()["id"] for answer in pool.map(lambda _: send(forged_png, "key-1"), range(4))}
    assert len(ids) == 1
    assert send(forged_png, "key-2").json()["id"] not in ids
    for other in (send(b"other", "key-1"), send(forged_png, "key-1", "sift")):
        assert other.status_code == 422
        assert other.json()["type"] == "urn:problem-type:geotamper:idempotency-key-reused"
    assert send(forged_png, "a b").status_code == 422


def test_list_pages_newest_first(serve: Any, finished: Finished) -> None:
    client = serve()
    wish = {"questions": "complain"}
    ids = [client.post(INSPECTIONS, files={"file": b"x"}, data=wish).json()["id"] for _ in range(5)]
    for job_id in ids:
        finished(client, job_id)
    seen: list[str] = []
    cursor: str | None = None
    while True:
        query = {"limit": 2} | ({} if cursor is None else {"cursor": cursor})
        page = client.get(INSPECTIONS, params=query).json()
        assert len(page["items"]) <= 2
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == ids[::-1]
    assert client.get(INSPECTIONS, params={"cursor": "x"}).status_code == 422
    assert client.get(INSPECTIONS, params={"limit": 0}).status_code == 422


@pytest.mark.parametrize(
    ("method", "place"),
    [
        ("GET", ""),
        ("DELETE", ""),
        ("POST", "/cancel"),
        ("GET", "/events"),
        ("GET", "/questions"),
        ("GET", "/artifacts"),
        ("GET", "/artifacts/report.json"),
        ("GET", "/tiles/picture/0/0/0.png"),
    ],
)
@pytest.mark.parametrize("job_id", ["0" * 24, "..", "%2e%2e%2f", "x"])
def test_unknown_inspection_is_not_found(roomy: TestClient, method: str, place: str, job_id: str) -> None:
    answer = roomy.request(method, f"{INSPECTIONS}/{job_id}{place}")
    assert answer.status_code in {404, 405}
    assert answer.headers["content-type"] == PROBLEM


def test_remove_forgets_everything(roomy: TestClient, forged_png: bytes, finished: Finished) -> None:
    job_id = _post(roomy, forged_png).json()["id"]
    finished(roomy, job_id)
    folder: Path = roomy.app.state.service.folders.of(job_id)  # type: ignore[attr-defined]
    assert folder.is_dir()
    assert roomy.delete(f"{INSPECTIONS}/{job_id}").status_code == 204
    assert not folder.exists()
    assert roomy.get(f"{INSPECTIONS}/{job_id}").status_code == 404
    assert roomy.delete(f"{INSPECTIONS}/{job_id}").status_code == 404


def test_upload_that_breaks_off_is_no_bug(roomy: TestClient) -> None:
    said = [
        {
            "type": "http.request",
            "body": b'--x\r\nContent-Disposition: form-data; name="file"',
            "more_body": True,
        }
    ]
    said.append({"type": "http.disconnect"})
    answered: list[Any] = []

    async def receive() -> Any:
        return said.pop(0)

    async def send(message: Any) -> None:
        answered.append(message)

    headers = [(b"host", b"127.0.0.1"), (b"content-type", b"multipart/form-data; boundary=x")]
    scope = {"type": "http", "method": "POST", "path": INSPECTIONS, "query_string": b"", "headers": headers}
    assert roomy.portal is not None
    roomy.portal.call(roomy.app, scope, receive, send)  # an exception here would be a traceback in the log
    assert answered[0]["status"] == 400
    folders = roomy.app.state.service.folders  # type: ignore[attr-defined]
    assert not list(folders.incoming.iterdir())


def test_broken_forms_leave_nothing_in_the_log(roomy: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    headers = {"content-type": "multipart/form-data; boundary=x"}
    answer = roomy.post(INSPECTIONS, content=b"--y\r\n\r\n\r\n", headers=headers)
    assert answer.status_code == 400
    assert not [record for record in caplog.records if record.name.startswith("python_multipart")]


@pytest.mark.parametrize("body", [b'{"path": "\\ud83d"}', b'{"path": "a.png", "\\ud83d": 1}'])
def test_request_with_half_a_letter_gets_problem_details(roomy: TestClient, body: bytes) -> None:
    answer = roomy.post(INSPECTIONS, content=body, headers={"content-type": "application/json"})
    assert answer.status_code in {403, 404, 422}
    assert answer.headers["content-type"] == PROBLEM
