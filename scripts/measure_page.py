"""Measure the page of a large account: its size, the time to write it, and the time to show and filter it.

Run it with the project's Python: `.venv/bin/python -m scripts.measure_page --users 5000`. It prints the median of
several runs; 5 % of the users are administrators. It requires chromium.
"""

import argparse
import json
import shutil
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, sync_playwright

from admin_mfa.report import FORMATS, RenderOptions, Report
from tests.report.reports import crowd

_RUNS = 5
_PAINT_SECONDS = 30

_PAINTED = "performance.getEntriesByName('first-contentful-paint')"

_TIMED = """async ([act, argument]) => {
    const acts = {
        filter: (word) => document.querySelector(`[data-filter=${word}]`).click(),
        search: (text) => {
            const search = document.getElementById('search');
            search.value = text;
            search.dispatchEvent(new Event('input'));
        },
        sort: (column) => document.querySelectorAll('button.sort')[column].click(),
    };
    const start = performance.now();
    acts[act](argument);
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    return performance.now() - start;
}"""
"""Performs an interaction, waits until it is painted, and returns the duration in milliseconds."""


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, default=5000)
    users = parser.parse_args().users
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("chromium is not installed: install it to measure the page.")
    report = Report(audits=(crowd(users, users // 20),))
    FORMATS["html"].render(report, RenderOptions())
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder, "page.html")
        seconds = []
        for _ in range(_RUNS):
            started = time.perf_counter()
            file.write_text(FORMATS["html"].render(report, RenderOptions()), encoding="utf-8")
            seconds.append(time.perf_counter() - started)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        shown = [_shown(browser, file.as_uri()) for _ in range(_RUNS)]
        browser.close()
        figures = {
            "users": users,
            "megabytes": round(file.stat().st_size / 1e6, 2),
            "seconds_to_write": round(median(seconds), 2),
            **{name: round(median(run[name] for run in shown)) for name in shown[0]},
        }
    print(json.dumps(figures))  # noqa: T201 - the program's output


def _shown(browser: Browser, url: str) -> dict[str, float]:
    page = browser.new_page()
    page.goto(url)
    # wait_for_function would evaluate text in the page, which the page's Content-Security-Policy forbids.
    deadline = time.monotonic() + _PAINT_SECONDS
    while not page.evaluate(f"{_PAINTED}.length"):
        if time.monotonic() > deadline:
            sys.exit(f"The browser painted nothing within {_PAINT_SECONDS} seconds.")
        page.wait_for_timeout(10)

    def timed(act: str, argument: str | int) -> float:
        return float(page.evaluate(_TIMED, [act, argument]))

    figures = {
        "ms_to_first_paint": float(page.evaluate(f"{_PAINTED}[0].startTime")),
        "ms_to_show_everyone": timed("filter", "everyone"),
        "ms_to_search": timed("search", "user-49"),
        "ms_to_end_search": timed("search", ""),
        "ms_to_sort": timed("sort", 0),
        "ms_to_show_findings": timed("filter", "lacks"),
    }
    page.close()
    return figures


if __name__ == "__main__":
    main()
