"""The page in a real browser: it works with the mouse, the keyboard and the eyes, and asks nobody for anything."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from admin_mfa.report import FORMATS, Report
from tests.support.tools import require_node_package, require_tool

from .audits import EVERYONE, HOSTILE, audit, device, verdict
from .look import LOOK
from .reports import COMPARED, ONE, ORGANIZATION, crowd

pytestmark = pytest.mark.xdist_group("browser")

SEES = "shows the report as a browser does"

EXAMPLES = {
    "one": ONE,
    "compared": COMPARED,
    "organization": ORGANIZATION,
    "crowd": Report(audits=(crowd(90, 60),)),
    "empty": Report(audits=(audit(root=True),)),
}

Open = Callable[..., Page]


@pytest.fixture(scope="module", name="browser")
def _browser() -> Iterator[Browser]:
    chromium = require_tool("chromium", SEES)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=chromium,
            args=["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield running
        running.close()


@pytest.fixture(scope="module", name="files")
def _files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    files = {name: folder / f"{name}.html" for name in EXAMPLES}
    for name, file in files.items():
        file.write_text(FORMATS["html"].render(EXAMPLES[name], LOOK), encoding="utf-8")
    return files


@pytest.fixture(name="show")
def _show(browser: Browser, files: dict[str, Path]) -> Iterator[Open]:
    """Open an example. Afterwards: nothing was asked of anybody, and the console is empty."""
    contexts, requests, complaints = [], [], []

    def show(name: str = "one", *, fragment: str = "", width: int = 1440, **context: Any) -> Page:
        opened = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce", **context)
        contexts.append(opened)
        opened.on("request", lambda request: requests.append(request.url))
        page = opened.new_page()
        page.on("console", lambda told: complaints.append(told.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(files[name].as_uri() + fragment)
        return page

    yield show
    for opened in contexts:
        opened.close()
    assert [url for url in requests if url.split("#")[0] not in {file.as_uri() for file in files.values()}] == []
    assert complaints == []


def names(page: Page) -> list[str]:
    """The user names in the rows that can be seen, from above."""
    found: list[str] = page.locator("#table tbody tr:visible th a").all_inner_texts()
    return found


def test_administrators_are_shown_first_and_everybody_on_demand(show: Open) -> None:
    page = show()
    assert names(page) == ["ada", "breakglass", "pipeline", "grace"]
    assert page.locator("#shown").inner_text() == "4 of 6 shown"
    page.get_by_role("button", name="All users").click()
    assert names(page) == ["ada", "breakglass", "pipeline", "grace", "guest", "Reader"]
    assert page.locator("#shown").inner_text() == "6 of 6 shown"


@pytest.mark.parametrize(
    ("button", "shown"),
    [
        pytest.param("No MFA", ["ada"], id="who needs MFA"),
        pytest.param("Exempt", ["breakglass"], id="who is exempt"),
        pytest.param("MFA", ["grace"], id="who has MFA"),
        pytest.param("Not required", ["pipeline"], id="who was not asked"),
        pytest.param("Not an administrator", ["guest", "Reader"], id="who is no administrator"),
    ],
)
def test_a_filter_leaves_those_it_names(show: Open, button: str, shown: list[str]) -> None:
    page = show()
    page.get_by_role("button", name=button, exact=True).click()
    assert names(page) == shown
    assert page.locator("[aria-pressed=true]").all_inner_texts() == [button]


@pytest.mark.parametrize(
    ("column", "once", "twice"),
    [
        pytest.param(
            "User", ["ada", "breakglass", "grace", "pipeline"], ["pipeline", "grace", "breakglass", "ada"], id="name"
        ),
        pytest.param(
            "Verdict",
            ["grace", "pipeline", "breakglass", "ada"],
            ["ada", "breakglass", "pipeline", "grace"],
            id="verdict",
        ),
        pytest.param(
            "Why an administrator",
            ["ada", "breakglass", "pipeline", "grace"],
            ["grace", "ada", "breakglass", "pipeline"],
            id="why",
        ),
    ],
)
def test_a_click_on_a_heading_sorts_and_a_second_one_turns_round(
    show: Open, column: str, once: list[str], twice: list[str]
) -> None:
    page = show()
    heading = page.get_by_role("columnheader", name=column)
    heading.get_by_role("button").click()
    assert names(page) == once
    heading.get_by_role("button").click()
    assert names(page) == twice
    assert page.locator("th[aria-sort]").count() == 1


def test_search_finds_by_name_policy_group_and_device_and_every_word_counts(show: Open) -> None:
    page = show()
    for words, shown in {
        "GRACE": ["grace"],
        "everything": ["grace"],
        "group ops": ["ada", "breakglass", "pipeline", "grace"],
        "ops fido": ["grace"],
        "mfa/virtual": ["grace"],
        "nobody": [],
    }.items():
        page.get_by_label("Search").fill(words)
        assert names(page) == shown, words
    assert page.locator("#shown").inner_text() == "0 of 6 shown"


def test_it_works_with_the_keyboard_alone(show: Open) -> None:
    page = show()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to users"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#users"
    page.get_by_label("Search").focus()
    page.keyboard.type("gra")
    assert names(page) == ["grace"]
    page.keyboard.press("Escape")
    assert names(page) == ["ada", "breakglass", "pipeline", "grace"]
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent"))
    assert reached[:12] == [
        "Administrators",
        "No MFA",
        "Exempt",
        "Not required",
        "MFA",
        "Not an administrator",
        "All users",
        "User",
        "Verdict",
        "Why an administrator",
        "MFA devices",
        "ada",
    ]
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    assert names(page) == ["ada", "breakglass", "grace", "pipeline"]
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


@pytest.mark.parametrize(
    ("user", "filtered"),
    [
        pytest.param("user-AIDAGRACEXXXXXXXXXXXX", "administrators", id="an administrator"),
        pytest.param("user-AIDAREADERXXXXXXXXXXX", "everyone", id="somebody whom the first filter hides"),
    ],
)
def test_a_deep_link_shows_its_row(show: Open, user: str, filtered: str) -> None:
    page = show(fragment=f"#{user}")
    row = page.locator(f"#{user}")
    assert row.is_visible()
    assert page.evaluate("document.getElementById('table').dataset.show") == filtered
    box = row.bounding_box()
    assert box is not None
    assert 0 <= box["y"] <= 900
    plain = page.locator("#user-AIDABREAKGLASSXXXXXXX")
    colours = [one.evaluate("row => getComputedStyle(row).backgroundColor") for one in (row, plain)]
    assert colours[0] != colours[1]


def test_a_link_in_the_page_finds_a_row_that_search_has_hidden(show: Open) -> None:
    page = show()
    for _ in range(2):
        page.get_by_label("Search").fill("grace")
        page.locator(".tasks").get_by_role("link", name="ada", exact=True).click()
        assert page.locator("#user-AIDAADAXXXXXXXXXXXXXX").is_visible()
        assert page.get_by_label("Search").input_value() == ""


def test_without_javascript_everybody_is_there_and_no_control_that_does_nothing(show: Open) -> None:
    page = show(java_script_enabled=False)
    assert names(page) == ["ada", "breakglass", "pipeline", "grace", "guest", "Reader"]
    assert page.locator("button:visible, input:visible").count() == 0


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("look", ["light", "dark", "phone"])
def test_axe_finds_no_violation(show: Open, name: str, look: str) -> None:
    axe = require_node_package("axe-core", "looks for what shuts people out") / "axe.min.js"
    page = show(
        name,
        color_scheme="dark" if look == "dark" else "light",
        width=360 if look == "phone" else 1440,
        bypass_csp=True,
    )
    page.evaluate(axe.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run({resultTypes: ['violations']})")
    assert [(v["id"], [n["html"][:200] for n in v["nodes"]][:3]) for v in found["violations"]] == []
    assert len(found["passes"]) > 15


@pytest.mark.parametrize("width", [360, 800, 1440])
@pytest.mark.parametrize("name", EXAMPLES)
def test_nothing_is_wider_than_the_screen(show: Open, name: str, width: int) -> None:
    page = show(name, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    outside = page.evaluate(
        """width => [...document.querySelectorAll('main *')].filter((one) => {
            const box = one.getBoundingClientRect();
            return box.width && (box.right > width + 1 || box.left < -1) && !one.closest('.scroll, .skip, .defs');
        }).map((one) => one.outerHTML.slice(0, 120))""",
        width,
    )
    assert outside == []


def test_the_dark_page_is_dark_and_the_printed_one_is_white(show: Open) -> None:
    def lightness(page: Page) -> float:
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(int(part) for part in colour[4:-1].split(", ")) / 3

    assert lightness(show(color_scheme="light")) > 240
    dark = show(color_scheme="dark")
    assert lightness(dark) < 40
    dark.emulate_media(media="print")
    assert lightness(dark) == 255


def test_printed_pages_have_the_table_and_no_controls(show: Open) -> None:
    page = show()
    page.emulate_media(media="print")
    assert names(page) == ["ada", "breakglass", "pipeline", "grace"]
    assert page.locator(".tools:visible, .skip:visible").count() == 0
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_hostile_names_do_nothing(browser: Browser, tmp_path: Path) -> None:
    users = [
        verdict(
            name,
            user_id=name,
            arn=name,
            annotation=name,
            mfa_devices=(device(EVERYONE.verdicts[2].mfa_devices[0].type, name),),
        )
        for name in (*HOSTILE, "<img src=x onerror=alert(1)>", "javascript:alert(1)")
    ]
    file = tmp_path / "hostile.html"
    file.write_text(FORMATS["html"].render(Report(audits=(audit(*users),)), LOOK), encoding="utf-8")
    page = browser.new_page()
    told: list[str] = []
    page.on("dialog", lambda dialog: told.append(dialog.message))
    page.on("console", lambda said: told.append(said.text))
    page.goto(file.as_uri())
    assert "<script>alert(1)</script>" in names(page)
    assert "<img src=x onerror=alert(1)>" in names(page)
    assert page.locator("img").count() == 0
    assert told == []


def test_the_policy_stops_what_should_ever_slip_in(browser: Browser, files: dict[str, Path], tmp_path: Path) -> None:
    broken = tmp_path / "broken.html"
    slipped = '<script>document.title = "taken"</script><img src="http://127.0.0.1:9/x"><p style="color: red">'
    source = files["one"].read_text(encoding="utf-8")
    broken.write_text(source.replace("<main>", f"<main>{slipped}"), encoding="utf-8")
    page = browser.new_page()
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text))
    page.goto(broken.as_uri())
    assert page.title() != "taken"
    assert len([text for text in refused if "Content Security Policy" in text]) == 3


def test_five_thousand_users_are_quick(browser: Browser, tmp_path: Path) -> None:
    """The limits are wide, for machines that do other things; docs/performance.md has what was measured."""
    file = tmp_path / "large.html"
    file.write_text(FORMATS["html"].render(Report(audits=(crowd(5000, 500),)), LOOK), encoding="utf-8")
    assert file.stat().st_size < 5_000_000
    page = browser.new_page()
    page.goto(file.as_uri())
    painted = "performance.getEntriesByName('first-contentful-paint')"
    page.wait_for_function(f"{painted}.length")
    paint = page.evaluate(f"{painted}[0].startTime")
    took = page.evaluate(
        """() => {
            const search = document.getElementById('search');
            document.querySelector('[data-filter=everyone]').click();
            const start = performance.now();
            search.value = 'user-49';
            search.dispatchEvent(new Event('input'));
            document.body.getBoundingClientRect();
            return performance.now() - start;
        }"""
    )
    assert len(names(page)) == 100
    assert json.dumps({"first paint": paint < 5000, "filter": took < 2000}) == '{"first paint": true, "filter": true}'
