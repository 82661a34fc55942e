"""Sign-on in a browser: the way there and back over another site ends in the console, signed in."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from accessible import assert_accessible
from district_sign_on import CLIENT_ID, CLIENT_SECRET, MOCK_IS_OLD, openid_provider
from playwright.sync_api import Browser, Page, expect
from serving import serving
from sign_on_house import house_with

from app import create_app, listen
from kb.knowledge_base import KnowledgeBase
from kb.settings import Settings

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings(MOCK_IS_OLD)]

LOG_OUT = "<form method=post action=/logout><button>退出</button></form>"  # as in the console's head
WANG = {"name": "王芳", "preferred_username": "wangfang", "roles": ["gkk"]}


@pytest.fixture
def address(kb: KnowledgeBase, tmp_path: Path) -> Iterator[str]:
    """The service at 127.0.0.1 with a provider at localhost, which is another site."""
    with listen(Settings(port=0)) as free:
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    with openid_provider({"s-wang": WANG}) as issuer:
        settings = {
            "sign_on": "oidc",
            "sign_on_url": issuer,
            "sign_on_client_id": CLIENT_ID,
            "sign_on_client_secret": CLIENT_SECRET,
            "public_url": address,
            "port": port,
        }
        with house_with(kb, tmp_path, **settings) as house, serving(create_app(house), house.settings):
            yield address


def test_button_leads_over_the_provider_into_the_console_and_out_again(browser: Browser, address: str):
    context = browser.new_context()
    page: Page = context.new_page()
    page.goto(f"{address}/console/")
    expect(page.get_by_role("heading", name="登录")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="用统一身份认证登录").click()
    page.get_by_role("button", name="s-wang").click()
    page.wait_for_url(f"{address}/console**")
    assert page.request.get(f"{address}/api/staff/me").json()["title"] == "王芳"
    answer = page.evaluate("fetch('/api/staff/me').then(answer => answer.status)")
    assert answer == 200
    page.goto(f"{address}/password")
    expect(page.get_by_text("在本系统没有密码")).to_be_visible()
    page.evaluate("form => document.body.insertAdjacentHTML('beforeend', form)", LOG_OUT)
    page.get_by_role("button", name="退出").click()
    page.wait_for_url("http://localhost:*/oauth2/end_session**")
    assert page.request.get(f"{address}/api/staff/me").status == 401
    context.close()
