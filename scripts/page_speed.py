#!/usr/bin/env python3
"""Measure a citizen's waiting times, in Chromium on `python app.py`, as ratios to plain requests of the run.

    scripts/page_speed.py [http://127.0.0.1:7860]    without an address it starts its own server

first words    from pressing Enter to the frame that shows the answer's first words, against POST /api/ask for
               JSON of the same questions from the same page (each asked again, alternating)
widget.js      bytes transferred
layout shift   the browser's own sum (CLS) from loading the portal page to the widget's answer
"""

import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.cookiejar import CookieJar
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

QUESTIONS = 60
ROOT = Path(__file__).parents[1]
SETS = ROOT / "eval" / "sets"

# Resolves with the milliseconds from the key press to the frame that shows the first words.
FIRST_WORDS = """question => new Promise(resolve => {
  const root = document.querySelector("policy-qa-widget").shadowRoot;
  const field = root.getElementById("question");
  const before = root.querySelectorAll(".turn").length;
  field.value = question;
  const begin = performance.now();
  const watch = new MutationObserver(() => {
    const turns = root.querySelectorAll(".turn");
    const reply = turns.length > before && turns[turns.length - 1].querySelector(".reply:not(.waiting)");
    const words = turns.length > before && turns[turns.length - 1].querySelector(".words");
    const shown = words && words.textContent && !words.textContent.startsWith("正在查阅");
    if (!shown && !reply) return;
    watch.disconnect();
    requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - begin)));
  });
  watch.observe(root, { childList: true, subtree: true, characterData: true });
  field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
})"""

JSON_ASK = """async question => {
  const begin = performance.now();
  const body = JSON.stringify({ question });
  const headers = { "Content-Type": "application/json" };
  await (await fetch("/api/ask", { method: "POST", headers, body })).json();
  return performance.now() - begin;
}"""

PASSWORD = "page-speed-1"
SHIFTS = """window.shifts = [];
const observer = new PerformanceObserver(list => shifts.push(...list.getEntries()));
observer.observe({ type: "layout-shift", buffered: true });"""


def questions() -> list[str]:
    """Questions of the dev split, so that nothing is tuned here on the test split."""
    lines = [line for path in sorted(SETS.glob("*.jsonl")) for line in path.read_text("utf-8").splitlines()]
    records = [json.loads(line) for line in lines]
    return [record["question"] for record in records if record.get("split") == "dev"][:QUESTIONS]


def p(values: list[float], percent: int) -> float:
    """A percentile of `values` by linear interpolation."""
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def measure(page: Page) -> None:
    """Ask every question both ways in `page` and print every figure."""
    page.add_init_script(SHIFTS)
    sizes: list[int] = []
    page.on(
        "requestfinished",
        lambda request: (
            sizes.append(request.sizes()["responseBodySize"]) if request.url.endswith("widget.js") else None
        ),
    )
    page.goto("/")
    page.locator("button.launch").click()
    page.locator(".panel").wait_for()
    first, plain = [], []
    for turn, question in enumerate(questions()):
        ways = [(JSON_ASK, plain), (FIRST_WORDS, first)]
        for script, times in ways if turn % 2 else reversed(ways):
            times.append(page.evaluate(script, question))
            page.locator("#send:not(.stop)").wait_for()
    shift = page.evaluate("shifts.filter(s => !s.hadRecentInput).reduce((sum, s) => sum + s.value, 0)")
    print(f"first words: p50 {p(first, 50):.0f} ms, p95 {p(first, 95):.0f} ms ({len(first)} questions)")
    print(f"plain JSON:  p50 {p(plain, 50):.0f} ms, p95 {p(plain, 95):.0f} ms")
    print(f"ratio of p95: {p(first, 95) / p(plain, 95):.2f}")
    print(f"widget.js: {sizes[0]} bytes transferred; layout shift: {shift:.4f}")


@contextmanager
def own_server() -> Iterator[str]:
    """Address of a server on the shipped corpus, without rate limits; its data are kept for the next run."""
    home = ROOT / "reports" / "page-speed"
    limits = {"KB_RATE_ADDRESS": "0", "KB_RATE_SESSION": "0"}
    environment = {
        **os.environ,
        "KB_HOME": str(home),
        "KB_PORT": "0",
        "KB_ADMIN_PASSWORD": PASSWORD,
        **limits,
    }
    command = [sys.executable, str(ROOT / "app.py")]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, cwd=ROOT) as server:
        assert server.stdout is not None
        matches = (re.search(r"http://[\d.:]+", line) for line in server.stdout)
        address = next(match[0] for match in matches if match)
        while not is_ready(address):
            time.sleep(0.2)
        yield address
        server.send_signal(signal.SIGINT)


def is_ready(address: str) -> bool:
    """Whether the console answers a signed-in user; it is the last part of the server to start."""
    form = urllib.parse.urlencode({"name": "admin", "password": PASSWORD}).encode()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    try:
        opener.open(f"{address}/login", form, timeout=5).close()
        opener.open(f"{address}/console/", timeout=5).close()
    except urllib.error.HTTPError:
        return False
    return True


def main() -> None:
    """Measure the server named on the command line, or start one."""
    with sync_playwright() as playwright, ExitStack() as stack:
        address = sys.argv[1] if len(sys.argv) > 1 else stack.enter_context(own_server())
        arguments = ["--no-sandbox", "--disable-gpu"]
        path = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        viewport = {"width": 360, "height": 640}
        measure(browser.new_context(base_url=address, viewport=viewport).new_page())
        browser.close()


if __name__ == "__main__":
    main()
