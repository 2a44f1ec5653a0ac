"""The report of an inspection on the page: layers, findings, comparison, questions, files."""

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture
def page(open_page: Any, forged_job: dict[str, Any]) -> "Page":
    """The page with the report of the forged picture."""
    opened: Page = open_page(forged_job["id"])
    opened.wait_for_selector("#result:visible")
    opened.wait_for_selector(".leaflet-tile-loaded")
    return opened


def test_viewer_shows_the_picture_with_source_copy_and_link(page: "Page", forged_job: dict[str, Any]) -> None:
    assert page.locator("path.shape.source").count() == 1
    assert page.locator("path.shape.copy").count() == 1
    assert page.locator("path.link").get_attribute("marker-end") == "url(#arrow-head)"
    view = forged_job["view"]
    box = page.locator(".leaflet-tile-loaded").first.bounding_box()
    assert box is not None
    # The outline of the copy lies where the report says, in shares of the tile that holds the whole picture.
    side = view["tile_size"] * 2 ** view["max_zoom"]
    x0, y0, x1, y1 = forged_job["report"]["findings"][0]["target"]["bbox"]
    shape = page.locator("path.shape.copy").bounding_box()
    assert shape is not None
    scale = box["width"] / side
    assert shape["x"] - box["x"] == pytest.approx(x0 * scale, abs=4)
    assert shape["y"] - box["y"] == pytest.approx(y0 * scale, abs=4)
    assert shape["width"] == pytest.approx((x1 - x0) * scale, abs=8)
    assert shape["height"] == pytest.approx((y1 - y0) * scale, abs=8)


@pytest.mark.parametrize(
    ("layer", "drawn"), [("source", "path.shape.source"), ("copy", "path.shape.copy"), ("links", "path.link")]
)
def test_layers_are_hidden_and_faded(page: "Page", layer: str, drawn: str) -> None:
    shape = page.locator(drawn)
    page.locator(f'[data-show="{layer}"]').uncheck()
    assert not shape.is_visible()
    page.locator(f'[data-opacity="{layer}"]').fill("40")
    assert shape.is_visible()
    pane = shape.locator("xpath=ancestor::div[contains(@class, 'leaflet-pane')][1]")
    assert pane.evaluate("pane => pane.style.opacity") == "0.4"


def test_picture_layer_is_hidden(page: "Page") -> None:
    page.locator('[data-show="picture"]').uncheck()
    assert not page.locator(".leaflet-tile-loaded").first.is_visible()


def test_choosing_in_the_list_zooms_and_marks_the_map(page: "Page") -> None:
    before = page.locator("path.shape.copy").bounding_box()
    page.locator(".finding button").click()
    after = page.locator("path.shape.copy").bounding_box()
    assert before is not None
    assert after is not None
    assert after["width"] > before["width"]
    assert "chosen" in (page.locator("path.shape.copy").get_attribute("class") or "")
    assert page.locator(".finding dl").is_visible()


def test_choosing_on_the_map_unfolds_the_list(page: "Page", forged_job: dict[str, Any]) -> None:
    details = page.locator(".finding dl").inner_text()
    transform = forged_job["report"]["findings"][0]["transform"]
    assert f"{transform['rotation_deg']:.2f}°" in details
    assert f"{transform['scale']:.3f}" in details
    assert f"{forged_job['report']['findings'][0]['target']['area_px']} px" in details
    page.evaluate("document.querySelector('.finding').classList.remove('chosen')")
    page.get_by_role("button", name="Copy 1", exact=True).press("Enter")
    assert "chosen" in (page.locator(".finding").get_attribute("class") or "")


def test_heat_map_is_shown_when_asked_for(page: "Page") -> None:
    tiles = page.locator(".leaflet-heat-pane img.leaflet-tile-loaded")
    assert tiles.count() == 0
    page.locator('[data-show="heat"]').check()
    tiles.first.wait_for()
    assert "/tiles/heat/" in (tiles.first.get_attribute("src") or "")


def test_swipe_shows_the_warped_source_left_of_the_line(page: "Page") -> None:
    assert not page.locator("#swipe").is_visible()
    page.get_by_role("radio", name="swipe").check()
    page.locator(".leaflet-warped-pane img.leaflet-tile-loaded").first.wait_for()
    page.locator("#swipe").fill("25")
    stage, line = page.locator("#map").bounding_box(), page.locator("#swipe-line").bounding_box()
    assert stage is not None
    assert line is not None
    assert line["x"] + line["width"] / 2 - stage["x"] == pytest.approx(stage["width"] / 4, abs=2)
    clip = page.locator(".leaflet-warped-pane").evaluate("pane => pane.style.clipPath")
    corners = [float(value) for value in re.findall(r"(-?[\d.]+)px", clip)]
    assert corners[2] - corners[0] == pytest.approx(stage["width"] / 4, abs=1)
    page.keyboard.press("Escape")
    assert not page.locator("#swipe-line").is_visible()
    assert page.get_by_role("radio", name="off").is_checked()


def test_blink_stands_still_where_less_motion_is_wanted(page: "Page") -> None:
    page.get_by_role("radio", name="blink").check()
    sign, pane = page.locator("#compare-sign"), page.locator(".leaflet-warped-pane")
    assert sign.inner_text() == "source, carried onto the copy"
    page.wait_for_timeout(1200)
    assert sign.inner_text() == "source, carried onto the copy"
    page.get_by_role("button", name="Switch").click()
    assert sign.inner_text() == "the picture as it is"
    assert pane.evaluate("pane => pane.style.visibility") == "hidden"


def test_blink_changes_by_itself_and_can_be_stopped(open_page: Any, forged_job: dict[str, Any]) -> None:
    page = open_page()
    page.emulate_media(reduced_motion="no-preference")
    page.evaluate(f"location.hash = '#/inspections/{forged_job['id']}'")
    page.get_by_role("radio", name="blink").check()
    sign = page.locator("#compare-sign")
    sign.filter(has_text="the picture as it is").wait_for()
    sign.filter(has_text="source, carried onto the copy").wait_for()
    page.get_by_role("button", name="Stop blinking").click()
    said = sign.inner_text()
    page.wait_for_timeout(1200)
    assert sign.inner_text() == said


def test_threshold_hides_findings_but_not_the_verdict(
    open_page: Any, context: Any, forged_job: dict[str, Any]
) -> None:
    doubled = json.loads(json.dumps(forged_job))
    second = {**doubled["report"]["findings"][0], "id": 2, "confidence": 0.3}
    doubled["report"]["findings"].append(second)
    context.route(f"**/inspections/{forged_job['id']}", lambda route: route.fulfill(json=doubled))
    page = open_page(forged_job["id"])
    page.wait_for_selector("#result:visible")
    assert page.locator("path.shape.copy").count() == 2
    page.locator("#threshold").fill("0.5")
    assert page.locator("path.shape.copy").count() == 1
    assert page.locator(".finding:visible").count() == 1
    assert "Tampered" in page.locator("#verdict-headline").inner_text()
    page.locator("#threshold").fill("0")
    assert page.locator("path.shape.copy").count() == 2
    page.locator(".finding button").first.focus()
    page.keyboard.press("ArrowDown")
    assert page.locator('.finding[data-id="2"] dl').is_visible()
    assert not page.locator('.finding[data-id="1"] dl').is_visible()


def test_cursor_shows_pixels(page: "Page", forged_job: dict[str, Any]) -> None:
    image = forged_job["report"]["image"]
    box = page.locator("#map").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    found = re.search(r"pixel ([\d.]+), ([\d.]+)", page.locator("#position").inner_text())
    assert found is not None
    assert float(found[1]) == pytest.approx(image["width"] / 2, abs=2)
    assert float(found[2]) == pytest.approx(image["height"] / 2, abs=2)
    assert page.locator("#crs").inner_text() == "no coordinate system"


def test_cursor_shows_map_coordinates(open_page: Any, context: Any, forged_job: dict[str, Any]) -> None:
    placed = json.loads(json.dumps(forged_job))
    placed["report"]["image"] |= {
        "crs": "EPSG:32611",
        "geotransform": [500000.0, 0.5, 0, 3800000.0, 0, -0.5],
        "pixel_area_m2": 0.25,
    }
    context.route(f"**/inspections/{forged_job['id']}", lambda route: route.fulfill(json=placed))
    page = open_page(forged_job["id"])
    page.wait_for_selector("#result:visible")
    box = page.locator("#map").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    found = re.search(r"([\d.]+), ([\d.]+) · pixel", page.locator("#position").inner_text())
    assert found is not None
    image = placed["report"]["image"]
    assert float(found[1]) == pytest.approx(500000 + image["width"] / 4, abs=1)
    assert float(found[2]) == pytest.approx(3800000 - image["height"] / 4, abs=1)
    assert page.locator("#crs").inner_text() == "EPSG:32611"
    area = placed["report"]["findings"][0]["target"]["area_px"] * 0.25
    assert f"{area:.0f} m²" in page.locator(".finding dl").inner_text()


def test_question_is_answered_and_kept(page: "Page", service: Any, forged_job: dict[str, Any]) -> None:
    text = "Was the object turned before it was pasted?"
    before = page.locator("#transcript li").count()
    page.fill("#question", text)
    page.keyboard.press("Enter")
    answer = page.locator("#transcript li").nth(before)
    answer.wait_for()
    assert answer.locator(".asked").inner_text() == text
    assert answer.locator(".said span").first.inner_text() == "Yes"
    assert page.input_value("#question") == ""
    kept = service.client.get(f"inspections/{forged_job['id']}/questions").json()["items"]
    assert text in [item["answer"]["question"] for item in kept]
    page.reload()
    page.locator(".asked", has_text=text).wait_for()


def test_suggestion_is_asked_once(page: "Page") -> None:
    chip = page.locator("#suggestions button:visible").first
    text = chip.inner_text()
    assert text not in page.locator("#transcript").inner_text()
    chip.click()
    page.locator(".asked", has_text=text).wait_for()
    assert text not in page.locator("#suggestions button:visible").all_inner_texts()


def test_markup_in_a_name_or_an_answer_stays_text(
    open_page: Any, context: Any, forged_job: dict[str, Any]
) -> None:
    hostile = "<img src=x onerror=alert(1)>.png"
    named = json.loads(json.dumps(forged_job)) | {"name": hostile}
    named["report"]["answers"][0]["basis"] = hostile
    context.route(f"**/inspections/{forged_job['id']}", lambda route: route.fulfill(json=named))
    page = open_page(forged_job["id"])
    page.wait_for_selector("#result:visible")
    assert page.locator("#inspection-title").inner_text() == hostile
    assert page.locator(".basis").first.inner_text() == hostile
    assert page.locator("img[src=x]").count() == 0


def test_files_are_offered(page: "Page", service: Any, forged_job: dict[str, Any]) -> None:
    names = {
        item["name"]
        for item in service.client.get(f"inspections/{forged_job['id']}/artifacts").json()["items"]
    }
    links = page.locator("#downloads a")
    assert {
        link.rpartition("/")[2] for link in links.evaluate_all("all => all.map(one => one.href)")
    } == names
    with page.expect_download() as download:
        page.locator("#downloads a", has_text="Mask of copies").click()
    assert download.value.suggested_filename == "target_mask.png"
    with page.expect_popup() as popup:
        page.locator("#downloads a", has_text="one page").click()
    popup.value.wait_for_load_state()
    assert "geotamper" in popup.value.title()
