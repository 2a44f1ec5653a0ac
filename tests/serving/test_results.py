"""What is asked of an inspection that is done: questions, files, tiles."""

import io
import json
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

INSPECTIONS = "/api/v1/inspections"
Finished = Callable[[TestClient, str], dict[str, Any]]


def _tile(client: TestClient, place: str) -> np.ndarray[Any, np.dtype[np.uint8]]:
    answer = client.get(f"{INSPECTIONS}/{place}.png")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/png"
    return np.asarray(Image.open(io.BytesIO(answer.content)))


def test_ask_answers_and_keeps_the_transcript(roomy: TestClient, done_id: str) -> None:
    place = f"{INSPECTIONS}/{done_id}/questions"
    before = len(roomy.get(place).json()["items"])
    answer = roomy.post(place, json={"text": "Was the copy rotated?"})
    assert answer.status_code == 200
    assert answer.json()["type"] == "rotated"
    other = roomy.post(place, json={"text": "Who did it?", "finding": 1}).json()
    assert (other["type"], other["answer"]) == (None, "not answerable")
    items = roomy.get(place).json()["items"]
    assert [item["answer"]["question"] for item in items[before:]] == ["Was the copy rotated?", "Who did it?"]
    assert items[-1]["answer"] == other


def test_ask_refuses_unknown_findings_and_bad_bodies(roomy: TestClient, done_id: str) -> None:
    place = f"{INSPECTIONS}/{done_id}/questions"
    assert roomy.post(place, json={"text": "Was the copy rotated?", "finding": 99}).status_code == 422
    assert roomy.post(place, json={"text": ""}).status_code == 422
    assert roomy.post(place, json={"txt": "x"}).status_code == 422
    assert roomy.post(place, content=b"{").status_code == 422


def test_ask_before_the_end_is_a_conflict(serve: Any, finished: Finished) -> None:
    client = serve()
    job_id = client.post(INSPECTIONS, files={"file": b"x"}, data={"questions": "wait"}).json()["id"]
    answer = client.post(f"{INSPECTIONS}/{job_id}/questions", json={"text": "Was the copy rotated?"})
    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:problem-type:geotamper:not-done"
    assert client.get(f"{INSPECTIONS}/{job_id}/artifacts").json() == {"items": []}
    client.post(f"{INSPECTIONS}/{job_id}/cancel")
    assert finished(client, job_id)["state"] == "cancelled"


def test_artifacts_have_types_and_tags(roomy: TestClient, done_id: str) -> None:
    listed = {item["name"]: item for item in roomy.get(f"{INSPECTIONS}/{done_id}/artifacts").json()["items"]}
    assert {
        "report.json",
        "report.html",
        "source_mask.png",
        "target_mask.png",
        "overlay.png",
    } <= listed.keys()
    for name, item in listed.items():
        answer = roomy.get(item["link"])
        assert answer.status_code == 200
        assert answer.headers["content-type"] == item["media_type"]
        assert len(answer.content) == item["size"]
        how = "attachment" if name.endswith(".geojson") else "inline"
        assert answer.headers["content-disposition"] == f'{how}; filename="{name}"'
        again = roomy.get(item["link"], headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    saved = roomy.get(listed["overlay.png"]["link"], params={"download": "true"})
    assert saved.headers["content-disposition"].startswith("attachment")


def test_artifacts_of_the_report_are_addresses(roomy: TestClient, done_id: str) -> None:
    artifacts = roomy.get(f"{INSPECTIONS}/{done_id}").json()["report"]["artifacts"]
    assert all(roomy.get(address).status_code == 200 for address in artifacts.values())
    mask = np.asarray(Image.open(io.BytesIO(roomy.get(artifacts["target_mask"]).content)))
    assert mask[90, 110] == 255
    assert mask[20, 20] == 0


def test_report_page_may_run_nothing(roomy: TestClient, done_id: str) -> None:
    policy = roomy.get(f"{INSPECTIONS}/{done_id}/artifacts/report.html").headers["content-security-policy"]
    assert "sandbox" in policy
    assert "script" not in policy


@pytest.mark.parametrize("name", ["..", "../picture", "%2e%2e%2fpicture", "picture", ".", "nothing.png"])
def test_artifact_of_another_name_is_not_found(roomy: TestClient, done_id: str, name: str) -> None:
    answer = roomy.get(f"{INSPECTIONS}/{done_id}/artifacts/{name}")
    assert answer.status_code == 404 or answer.json().get("items") is not None or "id" in answer.json()
    assert b"PNG" not in answer.content


def test_tile_of_picture_holds_its_pixels(
    roomy: TestClient, done_id: str, pixels: np.ndarray[Any, np.dtype[np.uint8]]
) -> None:
    tile = _tile(roomy, f"{done_id}/tiles/picture/0/0/0")
    assert tile.shape == (256, 256, 4)
    assert np.array_equal(tile[:128, :160, :3], pixels)
    assert (tile[:128, :160, 3] == 255).all()
    assert not tile[128:, :, 3].any()
    assert not tile[:, 160:, 3].any()


def test_tiles_of_findings_cover_their_regions(roomy: TestClient, done_id: str) -> None:
    target = _tile(roomy, f"{done_id}/tiles/target/0/0/0")[..., 3]
    source = _tile(roomy, f"{done_id}/tiles/source/0/0/0")[..., 3]
    assert target[90, 110] > 0
    assert target[30, 30] == 0
    assert source[30, 30] > 0
    assert source[90, 110] == 0
    assert target[70, 110] > target[90, 110], "the outline is stronger than the inside"


def test_tiles_that_are_drawn_lie_on_the_copy(roomy: TestClient, done_id: str) -> None:
    for layer in ("heat", "warped"):
        opacity = _tile(roomy, f"{done_id}/tiles/{layer}/0/0/0")[..., 3]
        assert opacity[90, 110] > 0, layer
        assert opacity[30, 30] == 0, layer


def test_tiles_that_do_not_exist_are_not_found(roomy: TestClient, done_id: str) -> None:
    for place in ("picture/1/0/0", "picture/0/1/0", "target/0/0/1", "heat/1/0/0", "x/0/0/0"):
        assert roomy.get(f"{INSPECTIONS}/{done_id}/tiles/{place}.png").status_code == 404
    for place in ("picture/-1/0/0", "picture/a/0/0", f"picture/0/{2**40}/0"):
        assert roomy.get(f"{INSPECTIONS}/{done_id}/tiles/{place}.png").status_code == 422


def test_tile_of_an_unreadable_picture_is_not_found(roomy: TestClient) -> None:
    job_id = roomy.post(INSPECTIONS, files={"file": b"nothing"}).json()["id"]
    assert roomy.get(f"{INSPECTIONS}/{job_id}/tiles/picture/0/0/0.png").status_code == 404


def test_lost_report_is_gone(serve: Any) -> None:
    client = serve()
    job_id = client.post(INSPECTIONS, files={"file": b"x"}).json()["id"]
    deadline = 200
    while client.get(INSPECTIONS).json()["items"][0]["state"] != "done" and deadline:
        deadline -= 1
        time.sleep(0.05)
    answer = client.get(f"{INSPECTIONS}/{job_id}")
    assert answer.status_code == 410
    assert answer.json()["type"] == "urn:problem-type:geotamper:report-lost"


def test_models_tell_detectors_and_licences(roomy: TestClient) -> None:
    models = roomy.get("/api/v1/models").json()
    assert [item["name"] for item in models["detectors"] if item["is_default"]] == ["inspector"]
    assert {"objects-research.onnx", "blur.npz"} <= {item["name"] for item in models["weights"]}
    assert all(item["licence"] for item in models["weights"])


def test_metrics_count_inspections_and_requests(roomy: TestClient, done_id: str) -> None:
    roomy.get(f"{INSPECTIONS}/{done_id}")
    answer = roomy.get("/metrics")
    lines = dict(line.rsplit(" ", 1) for line in answer.text.splitlines() if not line.startswith("#"))
    assert answer.headers["content-type"].startswith("text/plain")
    assert float(lines['geotamper_inspections{state="done"}']) >= 1
    assert float(lines['geotamper_inspections_ended_total{state="done"}']) >= 1
    assert float(lines['geotamper_requests_total{operation="show_inspection",status="200"}']) >= 1
    assert done_id not in answer.text


def test_health_counts_inspections(roomy: TestClient, done_id: str) -> None:
    health = roomy.get("/api/v1/health").json()
    assert done_id
    assert health["status"] == "ok"
    assert health["jobs"]["done"] >= 1


@pytest.mark.parametrize(
    ("asked", "status"), [("bytes=0-9", 206), ("bytes=999999999-", 416), ("bytes=x", 400)]
)
def test_parts_of_files_and_wrong_ranges(roomy: TestClient, done_id: str, asked: str, status: int) -> None:
    answer = roomy.get(f"/api/v1/inspections/{done_id}/artifacts/report.json", headers={"Range": asked})
    assert answer.status_code == status
    if status == 206:
        assert len(answer.content) == 10
    else:
        assert answer.headers["content-type"] == "application/problem+json"
        assert "bytes=FIRST-LAST" in answer.json()["detail"]


def test_openapi_describes_problems(roomy: TestClient) -> None:
    document = roomy.get("/api/v1/openapi.json").json()
    assert "Problem" in document["components"]["schemas"]
    assert "HTTPValidationError" not in json.dumps(document)
    for methods in document["paths"].values():
        for operation in methods.values():
            assert operation["summary"]
            kinds = {
                status: list(found.get("content", {})) for status, found in operation["responses"].items()
            }
            assert all(kinds[status] == ["application/problem+json"] for status in kinds if status >= "400")


def test_bands_and_window_reach_the_reader(roomy: TestClient, forged_png: bytes, finished: Finished) -> None:
    def inspect(**data: str) -> dict[str, Any]:
        answer = roomy.post(INSPECTIONS, files={"file": forged_png}, data={"detector": "block-dct", **data})
        return finished(roomy, answer.json()["id"])

    job = inspect(bands="1")
    assert (job["state"], job["options"]["bands"]) == ("done", [1])
    tile = _tile(roomy, f"{job['id']}/tiles/picture/0/0/0")
    assert np.array_equal(tile[..., 0], tile[..., 1]), "grey, as one band was asked for"
    assert "expected one for grey or three" in inspect(bands="1,2")["error"]
    assert roomy.post(INSPECTIONS, files={"file": forged_png}, data={"bands": "0"}).status_code == 422
