"""Actions of a citizen on the question page and in the widget, and HTML that must never run there."""

import re

from playwright.sync_api import Locator, Page, expect

from kb.answers import Contact
from kb.faq.models import FaqEntry

ANSWERERS = "街道要安排几名政策解答员？"
ANSWER = "1-2名政策解答员"
REFUSED = "带状疱疹疫苗打一针要多少钱？"

XSS = '"><img src=x onerror=window.hacked=1><script>window.hacked=1</script>'
XSS_TITLE = f"关于白鹿洞路夜间停车的通知{XSS}"
XSS_DOCUMENT = (
    f"# {XSS_TITLE}\n\n第一条 白鹿洞路夜间停车{XSS}，每车每次收费三元。\n\n第二条 本通知自发布之日起施行。\n"
)
XSS_FAQ = FaqEntry(
    id="xss",
    variants=("甘棠湖公园晚上几点关门？",),
    question=f"甘棠湖公园晚上几点关门{XSS}？",
    answer=f"甘棠湖公园每晚十点关门{XSS}。",
    department="区司法局",
)
XSS_CONTACT = Contact(department="区司法局", name=f"王解答{XSS}", phone=f"0792-8123456{XSS}")


def ask(page: Page, question: str) -> Locator:
    """Type a question and press Enter; return its turn once the answer is complete."""
    turns = page.locator(".turn").count()
    page.locator("textarea#question").fill(question)
    page.locator("textarea#question").press("Enter")
    expect(page.locator(".turn")).to_have_count(turns + 1)
    finished(page)
    return page.locator(".turn").last


def finished(page: Page) -> None:
    """Wait until no answer is being fetched."""
    expect(page.locator("#send")).to_have_text(re.compile("^提[问問]$"))
    expect(page.locator(".reply.waiting")).to_have_count(0)


def open_widget(page: Page) -> None:
    """Open the panel with the floating button."""
    page.locator("button.launch").click()
    expect(page.locator(".panel")).to_be_visible()


def scrolls_sideways(page: Page) -> bool:
    """Whether the page is wider than the window."""
    is_wide: bool = page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
    return is_wide
