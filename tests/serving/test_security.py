"""Who is let in."""

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from geotamper.serving.app import create_app
from geotamper.serving.settings import ServiceSettings

HEALTH = "/api/v1/health"
INSPECTIONS = "/api/v1/inspections"


@pytest.fixture
def guarded(tmp_path: Path) -> Any:
    settings = ServiceSettings(data=tmp_path, host="0.0.0.0", token="secret-token")  # noqa: S104, S106
    with TestClient(create_app(settings), base_url="http://survey.example:8000") as client:
        yield client


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "[::2]:80"])
def test_foreign_host_is_refused_on_loopback(roomy: TestClient, host: str) -> None:
    answer = roomy.get(HEALTH, headers={"Host": host})
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:9000", "[::1]:8000", "LOCALHOST"])
def test_own_names_are_served_on_loopback(roomy: TestClient, host: str) -> None:
    assert roomy.get(HEALTH, headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_page_from_elsewhere_may_change_nothing(
    roomy: TestClient, done_id: str, headers: dict[str, str]
) -> None:
    for method, place in (("POST", ""), ("DELETE", f"/{done_id}"), ("POST", f"/{done_id}/cancel")):
        answer = roomy.request(method, f"{INSPECTIONS}{place}", headers=headers)
        assert answer.status_code == 403
    assert roomy.get(f"{INSPECTIONS}/{done_id}").json()["state"] == "done"


def test_own_page_may_ask(roomy: TestClient, done_id: str) -> None:
    own = {"Origin": "http://127.0.0.1:8000", "Sec-Fetch-Site": "same-origin"}
    body = {"text": "Was the copy rotated?"}
    assert roomy.post(f"{INSPECTIONS}/{done_id}/questions", json=body, headers=own).status_code == 200


def test_no_page_from_elsewhere_may_read(roomy: TestClient) -> None:
    answer = roomy.get(HEALTH, headers={"Origin": "http://evil.example"})
    assert "access-control-allow-origin" not in answer.headers
    preflight = roomy.options(
        INSPECTIONS, headers={"Origin": "http://a", "Access-Control-Request-Method": "POST"}
    )
    assert preflight.status_code == 405


def test_every_answer_carries_the_security_headers(roomy: TestClient) -> None:
    for place in (HEALTH, "/nothing", INSPECTIONS):
        headers = roomy.get(place).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong-token"},
        {"Authorization": "Bearer "},
        {"Authorization": "Basic secret-token"},
        {"Authorization": "Bearer sécret"},
        {"Cookie": "geotamper_token=wrong"},
    ],
)
def test_token_is_wanted_beyond_loopback(guarded: TestClient, headers: dict[str, str]) -> None:
    encoded = {name.encode(): value.encode() for name, value in headers.items()}
    for place in (INSPECTIONS, "/metrics", "/api/v1/openapi.json", "/nothing"):
        answer = guarded.get(place, headers=encoded)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.headers["content-type"] == "application/problem+json"


def test_page_is_there_without_a_token_since_it_asks_for_it(guarded: TestClient) -> None:
    for place in ("/", "/page/palette.css", "/page/static/base.css", "/page/leaflet/leaflet.css"):
        assert guarded.get(place).status_code == 200
    assert guarded.get("/pages").status_code == 401
    assert guarded.post("/").status_code == 405


def test_token_opens(guarded: TestClient) -> None:
    assert guarded.get(INSPECTIONS, headers={"Authorization": "Bearer secret-token"}).status_code == 200
    assert guarded.get(INSPECTIONS, headers={"Authorization": "bearer secret-token"}).status_code == 200
    assert guarded.get(HEALTH).status_code == 200


def test_browser_keeps_the_token_of_the_address(guarded: TestClient) -> None:
    refused = guarded.get("/?token=wrong", follow_redirects=False)
    assert (refused.status_code, "set-cookie" in refused.headers) == (200, False)
    assert guarded.get(INSPECTIONS).status_code == 401
    answer = guarded.get("/?token=secret-token", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "samesite=strict" in answer.headers["set-cookie"].lower()
    assert guarded.get(INSPECTIONS).status_code == 200, "the cookie is sent along"
    assert guarded.get(f"{INSPECTIONS}?token=secret-token").status_code == 200


@pytest.mark.parametrize(
    ("host", "is_loopback"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),  # noqa: S104
        ("box", False),
    ],
)
def test_loopback_is_told_from_the_address(host: str, *, is_loopback: bool) -> None:
    assert ServiceSettings(host=host).is_loopback == is_loopback


@pytest.mark.parametrize("origin", ["http://[", "http://[x]", "null", ""])
def test_origin_that_is_no_address_is_foreign(roomy: TestClient, origin: str) -> None:
    answer = roomy.post("/api/v1/inspections", headers={"Origin": origin})
    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:problem-type:geotamper:foreign-origin"
