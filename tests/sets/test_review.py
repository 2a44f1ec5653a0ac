import http.client
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from geotamper.errors import InputError
from geotamper.sets.balancing import balance_set
from geotamper.sets.checking import check_set
from geotamper.sets.layout import open_set
from geotamper.sets.review import Decisions, ReviewServer, apply_decisions

CopySet = Callable[..., Path]


class Page:
    """What a browser, or anything else on the machine, can do with a running server."""

    def __init__(self, server: ReviewServer) -> None:
        self.server = server
        self.start = urlsplit(server.url).path

    def request(
        self, method: str, path: str, body: str | None = None, **headers: str
    ) -> tuple[int, str, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=10)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, named)
            answer = connection.getresponse()
            return answer.status, answer.headers["Content-Type"], answer.read()
        finally:
            connection.close()

    def get(self, path: str) -> tuple[int, str, bytes]:
        return self.request("GET", self.start + path)

    def decide(self, picture: object, decision: object) -> tuple[int, Any]:
        body = json.dumps({"picture": picture, "decision": decision})
        status, kind, content = self.request(
            "POST", self.start + "decision", body, Content_Type="application/json"
        )
        return status, json.loads(content) if kind == "application/json" else content.decode()


def serve(root: Path) -> Iterator[Page]:
    server = ReviewServer(root)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield Page(server)
    finally:
        server.stop()
        thread.join()
        server.close()


@pytest.fixture
def root(small_set: CopySet) -> Path:
    return small_set("rs-tqa")


@pytest.fixture
def page(root: Path) -> Iterator[Page]:
    yield from serve(root)


def test_page_and_its_parts_are_served(page: Page) -> None:
    for path, kind in (("", "text/html"), ("page.css", "text/css"), ("page.js", "text/javascript")):
        status, served, content = page.get(path)
        assert (status, served.partition(";")[0]) == (200, kind)
        assert content


def test_pictures_are_listed_tampered_ones_first(page: Page) -> None:
    entries = json.loads(page.get("pictures")[2])
    kinds = [entry["text"].partition(",")[0] for entry in entries]
    assert kinds == [*(["copy-move"] * 2 + ["blur"]) * 3, *["untouched"] * 3]
    assert "Ship, turned +40°, scaled by 1.30" in entries[0]["text"]
    assert {entry["decision"] for entry in entries} == {None}


def test_pictures_are_served_with_and_without_outlines(page: Page, root: Path) -> None:
    shown = {kind: page.get(f"{kind}/2") for kind in ("outlined", "image", "original")}
    assert {(status, served) for status, served, _ in shown.values()} == {(200, "image/png")}
    assert shown["image"][2] == (root / "image" / "2.png").read_bytes()
    assert len({content for _, _, content in shown.values()}) == 3


def test_decisions_are_stored_at_once_and_survive_a_restart(page: Page, root: Path) -> None:
    assert page.decide(2, "accepted") == (
        200, {"picture": 2, "decision": "accepted", "accepted": 1, "rejected": 0}
    )  # fmt: skip
    page.decide(3, "rejected")
    page.decide(4, "rejected")
    page.decide(4, None)
    assert json.loads((root / "review.json").read_text())["decisions"] == {"2": "accepted", "3": "rejected"}
    for later in serve(root):
        entries = {entry["id"]: entry["decision"] for entry in json.loads(later.get("pictures")[2])}
        assert (entries[2], entries[3], entries[4]) == ("accepted", "rejected", None)


@pytest.mark.parametrize("path", ["/", "/pictures", "/wrong/pictures", "/wrong/decision", "//pictures"])
def test_nothing_is_served_without_the_token(page: Page, path: str) -> None:
    assert page.request("GET", path)[0] == 403
    assert page.request("POST", path, '{"picture": 2, "decision": "accepted"}')[0] == 403


def test_request_by_another_host_name_is_refused(page: Page, root: Path) -> None:
    assert page.request("GET", page.start, Host=f"evil.example:{page.server.port}")[0] == 403
    assert not (root / "review.json").exists()


def test_decision_that_a_foreign_form_could_send_is_refused(page: Page, root: Path) -> None:
    body = '{"picture": 2, "decision": "rejected"}'
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        assert page.request("POST", page.start + "decision", body, Content_Type=kind)[0] == 415
    assert not (root / "review.json").exists()


@pytest.mark.parametrize(
    ("picture", "decision"),
    [(999, "accepted"), ("2", "accepted"), (2, "maybe"), (2, ["x"]), (True, "accepted")],
)
def test_senseless_decision_is_refused(page: Page, root: Path, picture: object, decision: object) -> None:
    status, words = page.decide(picture, decision)
    assert status == 400
    assert "expected" in words
    assert not (root / "review.json").exists()


@pytest.mark.parametrize("body", ["", "[]", "{", '{"picture": 2}', "7"])
def test_damaged_decision_is_refused(page: Page, body: str) -> None:
    assert page.request("POST", page.start + "decision", body, Content_Type="application/json")[0] == 400


@pytest.mark.parametrize(
    "path", ["image/999", "image/x", "image/../geotamper.json", "review.json", "secret/2"]
)
def test_nothing_else_is_served(page: Page, path: str) -> None:
    assert page.get(path)[0] == 404


def test_missing_picture_is_told(page: Page, root: Path) -> None:
    (root / "image" / "2.png").unlink()
    status, _, words = page.get("outlined/2")
    assert status == 404
    assert b"2.png" in words


def test_damaged_decisions_are_not_overwritten(root: Path) -> None:
    (root / "review.json").write_text('{"decisions": ')
    with pytest.raises(InputError, match="mend or remove it"):
        ReviewServer(root)


def test_taken_port_is_told(page: Page, root: Path) -> None:
    with pytest.raises(InputError, match="choose another with --port"):
        ReviewServer(root, port=page.server.port)


def test_rejected_pictures_become_inactive_and_back(root: Path) -> None:
    balance_set(root, per_type=4)
    before = {path: path.read_bytes() for path in (root / "JsonFiles").iterdir()}
    decisions = Decisions(root)
    decisions.decide(2, "rejected")
    decisions.decide(3, "accepted")
    assert apply_decisions(root) == (1, 1)
    for balanced in (False, True):
        opened = open_set(root, balanced=balanced)
        assert [picture.id for picture in opened.pictures.values() if not picture.active] == [2]
        inactive = [question.picture for question in opened.questions if not question.active]
        assert set(inactive) == {2}
        # loaders that count the active ones take them from the front
        assert not opened.questions.active[len(opened.questions) - len(inactive) :].any()
        assert 2 not in opened.usable_questions("train").pictures
    assert check_set(root).errors == 0
    decisions.decide(2, "accepted")
    assert apply_decisions(root) == (2, 0)
    again = open_set(root)
    assert again.questions.active.all()
    assert (root / "JsonFiles" / "All_Images.json").read_bytes() == before[
        root / "JsonFiles" / "All_Images.json"
    ]
    assert len(again.usable_questions("train")) == len(again.fold_questions("train"))


def test_page_may_not_be_framed_nor_load_from_elsewhere(page: Page) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", page.server.port, timeout=10)
    connection.request("GET", page.start)
    policy = connection.getresponse().headers["Content-Security-Policy"]
    connection.close()
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "http" not in policy


def test_page_knows_which_pictures_have_outlines(page: Page) -> None:
    entries = json.loads(page.get("pictures")[2])
    assert [entry["tampered"] for entry in entries] == sorted((e["tampered"] for e in entries), reverse=True)
    assert {entry["tampered"] for entry in entries} == {True, False}
    assert all(entry["tampered"] == (not entry["text"].startswith("untouched")) for entry in entries)
