"""Take the screenshots in the documentation: the demonstration's report in a real browser.

`make screenshots` runs it. The screenshots are committed; update them when the page looks different.
"""

import io
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from playwright.sync_api import sync_playwright

from demo import run

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
CHROMIUM = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
LIMIT = 300_000
"""The maximum size of a screenshot in bytes, to keep clones small and pages fast on a phone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One screenshot.

    Attributes:
        name: The file name without its extension.
        width: The width of the window.
        height: The height of the window.
        scheme: The colour scheme, light or dark.
        part: The CSS selector of the only part to show; empty for the top of the page.
    """

    name: str
    width: int
    height: int = 900
    scheme: Literal["light", "dark"] = "light"
    part: str = ""


SHOTS = (
    Shot(name="report", width=1280, height=860),
    Shot(name="report-dark", width=1280, height=860, scheme="dark"),
    Shot(name="report-picture", width=1280, part="figure"),
)


def main() -> int:
    """Write every screenshot, and return 1 if one is too large."""
    chromium = shutil.which("chromium")
    if chromium is None:
        print("chromium is not installed: install it to take the screenshots.", file=sys.stderr)  # noqa: T201 - a command's output
        return 1
    IMAGES.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        run(output=Path(folder, "audit.json"), stream=io.StringIO())
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM)
        for shot in SHOTS:
            page = browser.new_page(viewport={"width": shot.width, "height": shot.height}, color_scheme=shot.scheme)
            page.goto(Path(folder, "audit.html").as_uri())
            seen = page.locator(shot.part) if shot.part else page
            seen.screenshot(path=IMAGES / f"{shot.name}.png")
        browser.close()
    large = [shot.name for shot in SHOTS if (IMAGES / f"{shot.name}.png").stat().st_size > LIMIT]
    for name in large:
        print(f"{name}.png is larger than {LIMIT} bytes", file=sys.stderr)  # noqa: T201 - as above
    return 1 if large else 0


if __name__ == "__main__":
    sys.exit(main())
