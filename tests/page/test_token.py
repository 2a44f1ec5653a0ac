"""A service that wants a token: the page asks for it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from geotamper.serving.security import COOKIE

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

TOKEN = "correct-horse-battery"  # noqa: S105 - of the service that this test starts


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, run_service: Any) -> Iterator[Any]:
    """A service that wants a token."""
    with run_service(tmp_path_factory.mktemp("guarded") / "data", "--token", TOKEN) as running:
        yield running


def test_page_asks_for_the_token(
    open_page: Any, context: "BrowserContext", watch: Any, forged_file: Any
) -> None:
    watch.expected = ("401",)
    page = open_page()
    dialog = page.get_by_role("dialog", name="This service asks for its token")
    dialog.wait_for()
    page.keyboard.type("wrong")
    page.keyboard.press("Enter")
    page.locator("#token-problem", has_text="does not accept").wait_for()
    page.fill("#token", TOKEN)
    page.keyboard.press("Enter")
    dialog.wait_for(state="hidden")
    page.locator("#history-empty").wait_for()
    assert [cookie["name"] for cookie in context.cookies()] == [COOKIE]
    assert TOKEN not in page.url
    second = open_page()
    second.locator("#history-empty").wait_for()
    second.set_input_files("#file", forged_file)
    second.wait_for_url("**/#/inspections/*")


def test_address_with_the_token_opens_the_page_at_once(service: Any, context: "BrowserContext") -> None:
    page = context.new_page()
    page.goto(f"{service.url}?token={TOKEN}")
    page.locator(".entry, #history-empty:visible").first.wait_for()
    assert not page.get_by_role("dialog").is_visible()
    assert TOKEN not in page.url


def test_page_leaves_who_has_no_token_at_the_start(open_page: Any, watch: Any) -> None:
    watch.expected = ("401",)
    page = open_page()
    page.get_by_role("dialog").get_by_role("button", name="Not now").click()
    page.locator("#problem", has_text="wants its token").wait_for()
