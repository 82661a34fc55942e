#!/usr/bin/env python3
"""What a citizen waits for, in Chromium on a running server, as ratios to plain requests of the same run.

    scripts/page_speed.py http://127.0.0.1:7860

first words    from pressing Enter to the frame that shows the answer's first words, against POST /api/ask for
               JSON of the same questions from the same page (each asked anew, alternating)
widget.js      bytes that cross the network
layout shift   the browser's own sum (CLS) from loading the portal page to the widget's answer
"""

import json
import shutil
import statistics
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

QUESTIONS = 60
SETS = Path(__file__).parents[1] / "eval" / "sets"

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

IDLE = "document.querySelector('policy-qa-widget').shadowRoot.querySelector('#send').textContent === '提问'"

SHIFTS = """window.shifts = [];
const observer = new PerformanceObserver(list => shifts.push(...list.getEntries()));
observer.observe({ type: "layout-shift", buffered: true });"""


def questions() -> list[str]:
    """Questions of the dev halves, so that what is tuned here never sees the test halves."""
    lines = [line for path in sorted(SETS.glob("*.jsonl")) for line in path.read_text("utf-8").splitlines()]
    records = [json.loads(line) for line in lines]
    return [record["question"] for record in records if record.get("split") == "dev"][:QUESTIONS]


def p(values: list[float], percent: int) -> float:
    """A percentile of `values` by linear interpolation."""
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def measure(page: Page) -> None:
    """Print every figure."""
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
    for question in questions():
        plain.append(page.evaluate(JSON_ASK, question))
        first.append(page.evaluate(FIRST_WORDS, question))
        page.wait_for_function(IDLE)
    shift = page.evaluate("shifts.filter(s => !s.hadRecentInput).reduce((sum, s) => sum + s.value, 0)")
    print(f"first words: p50 {p(first, 50):.0f} ms, p95 {p(first, 95):.0f} ms ({len(first)} questions)")
    print(f"plain JSON:  p50 {p(plain, 50):.0f} ms, p95 {p(plain, 95):.0f} ms")
    print(f"ratio of p95: {p(first, 95) / p(plain, 95):.2f}")
    print(f"widget.js: {sizes[0]} bytes transferred; layout shift: {shift:.4f}")


def main() -> None:
    """Measure the server named on the command line."""
    with sync_playwright() as playwright:
        path = shutil.which("chromium")
        arguments = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        viewport = {"width": 360, "height": 640}
        measure(browser.new_context(base_url=sys.argv[1], viewport=viewport).new_page())
        browser.close()


if __name__ == "__main__":
    main()
