"""The page for the keyboard, for screen readers, for small screens, and for people who see colours differently."""

import itertools
import re
from typing import TYPE_CHECKING, Any

import pytest

from geotamper.serving.page.routes import STATIC

if TYPE_CHECKING:
    from playwright.sync_api import Page

CONTROLS = {
    "button", "link", "textbox", "slider", "checkbox", "radio", "combobox", "listbox", "spinbutton",
    "DisclosureTriangle", "application", "dialog", "progressbar", "image", "group",
}  # fmt: skip


def named_controls(page: "Page") -> list[tuple[str, str]]:
    """Role and name of each control of the accessibility tree."""
    tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")
    nodes = [node for node in tree["nodes"] if not node.get("ignored")]
    pairs = [(node["role"]["value"], node.get("name", {}).get("value", "").strip()) for node in nodes]
    return [pair for pair in pairs if pair[0] in CONTROLS]


def assert_all_named(page: "Page", least: int) -> None:
    controls = named_controls(page)
    assert len(controls) >= least
    assert [pair for pair in controls if not pair[1] and pair[0] != "group"] == []


def test_every_control_has_a_name_at_the_start(open_page: Any, forged_job: dict[str, Any]) -> None:
    page = open_page()
    page.locator(f'.entry[data-id="{forged_job["id"]}"]').wait_for()
    page.locator("#settings-title").click()
    assert_all_named(page, least=12)
    page.locator(".entry button").first.click()
    assert_all_named(page, least=3)
    assert page.get_by_role("dialog", name="Delete this inspection?").is_visible()
    page.keyboard.press("Escape")
    assert page.get_by_role("dialog").count() == 0


def test_every_control_has_a_name_in_a_report(open_page: Any, forged_job: dict[str, Any]) -> None:
    page = open_page(forged_job["id"])
    page.wait_for_selector(".leaflet-tile-loaded")
    page.locator("#downloads a").first.wait_for()
    assert_all_named(page, least=30)


def test_headings_leave_out_no_level(open_page: Any, forged_job: dict[str, Any]) -> None:
    for job_id in (None, forged_job["id"]):
        page = open_page(job_id)
        page.wait_for_selector("h1:visible")
        script = "all => all.filter(one => one.checkVisibility()).map(one => Number(one.tagName[1]))"
        levels = page.locator("h1, h2, h3, h4").evaluate_all(script)
        assert levels.count(1) == 1
        assert all(later - earlier <= 1 for earlier, later in itertools.pairwise([0, *levels]))


def focused(page: "Page") -> str:
    return str(page.evaluate("document.activeElement.id || document.activeElement.className"))


def tab_to(page: "Page", name: str) -> None:
    """Press Tab until the element with this id has the focus, which must be visible all the way."""
    for _ in range(60):
        if focused(page) == name:
            return
        page.keyboard.press("Tab")
        outline = page.evaluate(
            """() => { const one = document.activeElement;
            const shown = (style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
            return one === document.body || shown(getComputedStyle(one)) || shown(getComputedStyle(one, "::before"))
                || shown(getComputedStyle(one.parentElement)); }"""
        )
        assert outline, f"no visible focus on {focused(page)}"
    pytest.fail(f"'{name}' cannot be reached with Tab")


def test_report_is_read_with_the_keyboard_alone(open_page: Any, forged_job: dict[str, Any]) -> None:
    page = open_page()
    page.locator(f'.entry[data-id="{forged_job["id"]}"] a').wait_for()
    page.keyboard.press("Tab")
    assert focused(page) == "skip"
    page.keyboard.press("Enter")
    assert focused(page) == "main"
    tab_to(page, "file")
    tab_to(page, "settings-title")
    page.locator(f'.entry[data-id="{forged_job["id"]}"] a').focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#result:visible")
    page.locator("#inspection-title:focus").wait_for()
    tab_to(page, "map")
    before = page.locator("path.shape.copy").bounding_box()
    page.keyboard.press("+")
    page.wait_for_timeout(300)
    after = page.locator("path.shape.copy").bounding_box()
    assert before is not None
    assert after is not None
    assert after["width"] > before["width"]
    tab_to(page, "question")
    page.keyboard.type("Where is the source?")
    page.keyboard.press("Enter")
    page.locator(".asked", has_text="Where is the source?").wait_for()


@pytest.mark.parametrize("width", [390, 320])
def test_phone_needs_no_sideways_scrolling(open_page: Any, forged_job: dict[str, Any], width: int) -> None:
    for job_id, shown in ((None, ".entry"), (forged_job["id"], "#result:visible")):
        page = open_page(job_id)
        page.set_viewport_size({"width": width, "height": 844})
        page.locator(shown).first.wait_for()
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def variables(scheme: str) -> dict[str, tuple[float, float, float]]:
    """The colours of a scheme, as the style sheet has them; 0 to 1."""
    light, dark = (STATIC / "base.css").read_text().split("@media (prefers-color-scheme: dark)")
    block = light if scheme == "light" else dark[: dark.index("* {")]
    found = re.findall(r"--([a-z-]+): #([0-9a-f]{6});", block)
    return {
        name: (int(text[:2], 16) / 255, int(text[2:4], 16) / 255, int(text[4:], 16) / 255)
        for name, text in found
    }


def luminance(colour: tuple[float, float, float]) -> float:
    """Relative luminance of sRGB (WCAG 2.2)."""
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in colour
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    """Contrast ratio (WCAG 2.2)."""
    lower, higher = sorted((luminance(one), luminance(other)))
    return (higher + 0.05) / (lower + 0.05)


TEXTS = [
    *itertools.product(("ink", "soft"), ("paper", "card", "raised")),
    *itertools.product(("accent", "bad"), ("paper", "card")),
    ("accent", "accent-paper"), ("on-accent", "accent"), ("card", "bad"),
    *((name, f"{name}-paper") for name in ("forged", "clean", "open", "bad")),
    *(("ink", f"{name}-paper") for name in ("forged", "clean", "open", "bad")),
]  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_stand_out_from_their_ground(scheme: str) -> None:
    colours = variables(scheme)
    low = {pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2) for pair in TEXTS}
    assert {pair: ratio for pair, ratio in low.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_edges_of_controls_and_the_focus_stand_out(scheme: str) -> None:
    colours = variables(scheme)
    pairs = itertools.product(("edge", "focus", "accent"), ("paper", "card"))
    assert {
        pair: contrast(colours[pair[0]], colours[pair[1]])
        for pair in pairs
        if contrast(colours[pair[0]], colours[pair[1]]) < 3
    } == {}
