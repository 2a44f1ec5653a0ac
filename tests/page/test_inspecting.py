"""A picture comes in, is inspected, cancelled, refused, deleted."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


def expect_text(place: "Locator", text: str) -> None:
    from playwright.sync_api import expect

    expect(place).to_contain_text(text, timeout=60_000)


def expect_progress(page: "Page") -> None:
    from playwright.sync_api import expect

    expect(page.locator("#job-percent")).to_have_text(re.compile(r"[1-9]\d* %"), timeout=60_000)


def begin(page: "Page", path: Path) -> str:
    """Choose a file; the id of its inspection once it is open."""
    page.set_input_files("#file", path)
    page.wait_for_url("**/#/inspections/*")
    return page.url.rpartition("/")[2]


def test_page_inspects_a_chosen_picture(open_page: Any, service: Any, forged_file: Path) -> None:
    page = open_page()
    job_id = begin(page, forged_file)
    expect_text(page.locator("#inspection-title"), "forged.png")
    page.wait_for_selector("#result:visible")
    expect_text(page.locator("#verdict-headline"), "Tampered: copied region")
    expect_text(page.locator("#live"), "Tampered: copied region")
    score = service.client.get(f"inspections/{job_id}").json()["verdict"]["score"]
    expect_text(page.locator("#verdict-score"), ">0.99" if score >= 0.995 else f"{score:.2f}")


def test_page_takes_a_dropped_picture_with_its_settings(open_page: Any, service: Any) -> None:
    page = open_page()
    page.locator("#settings-title").click()
    page.fill("#rate", "0.05")
    page.fill("#first-questions", "Was the copy rotated?\n\nWhere was it taken from?")
    page.locator("#first-questions").blur()
    expect_text(page.locator("#settings-title"), "2 changed")
    transfer = page.evaluate_handle(
        """() => { const transfer = new DataTransfer();
        transfer.items.add(new File([new Uint8Array(64)], "dropped.png")); return transfer; }"""
    )
    page.dispatch_event("#drop", "dragenter", {"dataTransfer": transfer})
    assert page.locator("#drop-sign").is_visible()
    page.dispatch_event("#drop", "drop", {"dataTransfer": transfer})
    page.wait_for_url("**/#/inspections/*")
    assert not page.locator("#drop-sign").is_visible()
    job = service.client.get(f"inspections/{page.url.rpartition('/')[2]}").json()
    assert job["name"] == "dropped.png"
    assert job["options"]["false_alarm_rate"] == 0.05
    assert job["options"]["questions"] == ["Was the copy rotated?", "Where was it taken from?"]
    fresh = open_page()
    expect_text(fresh.locator("#settings-title"), "2 changed")


def test_page_names_a_setting_that_does_not_fit(open_page: Any, service: Any, forged_file: Path) -> None:
    before = len(service.client.get("inspections").json()["items"])
    page = open_page()
    page.locator("#settings-title").click()
    page.fill("#rate", "often")
    page.set_input_files("#file", forged_file)
    expect_text(page.locator("#problem"), "'often' does not fit. Share of untouched pictures")
    assert len(service.client.get("inspections").json()["items"]) == before


def test_page_says_why_a_corrupt_file_fails(open_page: Any, tmp_path: Path, forged_file: Path) -> None:
    corrupt = tmp_path / "corrupt.png"
    corrupt.write_bytes(forged_file.read_bytes()[:2000])
    page = open_page()
    begin(page, corrupt)
    expect_text(page.locator("#ended-title"), "could not be inspected")
    expect_text(page.locator("#ended-reason"), "corrupt.png")
    assert page.locator("#again").is_visible()
    assert not page.locator("#result").is_visible()


def test_page_shows_a_running_job_after_reload_and_in_a_second_tab_and_cancels_it(
    open_page: Any, service: Any, long_file: Path
) -> None:
    page = open_page()
    job_id = begin(page, long_file)
    expect_text(page.locator("#waiting-title"), "Inspecting")
    expect_progress(page)
    page.reload()
    expect_text(page.locator("#waiting-title"), "Inspecting")
    second = open_page(job_id)
    expect_text(second.locator("#waiting-title"), "Inspecting")
    expect_text(second.locator("#inspection-title"), "long.png")
    page.click("#cancel")
    for tab in (page, second):
        expect_text(tab.locator("#ended-title"), "Cancelled")
    assert service.client.get(f"inspections/{job_id}").json()["state"] == "cancelled"


def test_page_says_that_a_running_inspection_was_deleted_elsewhere(
    open_page: Any, service: Any, long_file: Path, watch: Any
) -> None:
    watch.expected = ("404",)
    job_id = service.submit(long_file)
    page = open_page(job_id)
    page.wait_for_selector("#waiting:visible")
    service.client.delete(f"inspections/{job_id}")
    expect_text(page.locator("#inspection-title"), "There is no such inspection")
    assert not page.locator("#waiting").is_visible()


def test_page_tells_how_much_is_sent(open_page: Any, service: Any, long_file: Path) -> None:
    page = open_page()
    network = page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 4_000_000}
    network.send("Network.emulateNetworkConditions", slow)
    page.set_input_files("#file", long_file)
    page.locator(".upload .words", has_text=re.compile(r"^[1-9][\d.]* [kM]B of 9.7\d MB$")).wait_for()
    assert 0 < page.locator(".upload progress").evaluate("bar => bar.value") < 1
    page.wait_for_url("**/#/inspections/*")
    job_id = page.url.rpartition("/")[2]
    page.close()
    service.client.delete(f"inspections/{job_id}")


def test_page_takes_several_pictures_and_stays_at_the_list(open_page: Any, tmp_path: Path) -> None:
    names = ["first.png", "second.png"]
    for name in names:
        (tmp_path / name).write_bytes(b"no picture")
    page = open_page()
    page.set_input_files("#file", [tmp_path / name for name in names])
    for name in names:
        row = page.locator(".entry", has_text=name).first
        row.wait_for()
        expect_text(row, "failed")  # the list follows by itself
    assert "inspections" not in page.url


def test_page_stops_sending(open_page: Any, long_file: Path, context: Any) -> None:
    page = open_page()
    context.route(
        "**/api/v1/inspections", lambda route: None if route.request.method == "POST" else route.continue_()
    )
    page.set_input_files("#file", long_file)
    expect_text(page.locator("#upload-list"), "long.png")
    page.click("#upload-list button")
    page.wait_for_selector("#uploads", state="hidden")
    context.unroute_all(behavior="ignoreErrors")


def test_page_lists_and_deletes(open_page: Any, service: Any, long_file: Path) -> None:
    job_id = service.submit(long_file)
    page = open_page()
    row = page.locator(f'.entry[data-id="{job_id}"]')
    expect_text(row, "long.png")
    row.get_by_role("button", name="Delete the inspection of long.png").click()
    page.get_by_role("button", name="Keep it").click()
    assert service.client.get(f"inspections/{job_id}").status_code == 200
    row.get_by_role("button", name="Delete the inspection of long.png").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    row.wait_for(state="detached")
    assert service.client.get(f"inspections/{job_id}").status_code == 404


def test_page_says_that_an_inspection_is_gone(open_page: Any, watch: Any) -> None:
    watch.expected = ("404",)
    page = open_page("0123456789abcdef01234567")
    expect_text(page.locator("#inspection-title"), "There is no such inspection")
    expect_text(page.locator("#problem"), "may have been removed")


def test_page_says_that_the_service_is_silent(open_page: Any, context: Any, watch: Any) -> None:
    watch.expected = ("ERR_FAILED",)
    page = open_page()
    context.route("**/api/v1/**", lambda route: route.abort())
    page.evaluate("location.hash = '#/inspections/0123456789abcdef01234567'")
    expect_text(page.locator("#problem"), "does not answer")
