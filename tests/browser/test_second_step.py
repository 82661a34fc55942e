"""Two-step sign-in in a browser: the QR code as a phone's camera reads it, on a phone and on a desktop."""

from collections.abc import Callable, Iterator

import cv2
import numpy as np
import pyotp
import pytest
from accessible import assert_accessible
from playwright.sync_api import Page, expect
from staffing import PASSWORD, make_staff

from kb.staff.permissions import Role

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
PHONE, DESKTOP = (390, 844), (1366, 768)
NAME = make_staff(Role.REVIEWER).name


@pytest.fixture
def admin(open_console: Open) -> Iterator[Page]:
    """The console of an administrator, who resets what the test has set up."""
    page = open_console(Role.ADMIN)
    yield page
    response = page.request.delete(f"/api/staff/users/{NAME}/second-step")
    assert response.ok


def give_password(page: Page) -> None:
    page.get_by_label("账号").fill(NAME)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()


def seen_by_camera(page: Page) -> str:
    """What the QR code on the page says."""
    picture = page.locator(".qr").screenshot()
    pixels = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_GRAYSCALE)
    enlarged = cv2.resize(pixels, None, fx=3, fy=3, interpolation=cv2.INTER_NEAREST)
    text, _, _ = cv2.QRCodeDetector().detectAndDecode(enlarged)
    return text


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_scanned_code_sets_up_and_signs_in(admin: Page, open_page: Open, size: tuple[int, int]):
    page = open_page("/login?next=/second-step", size)
    give_password(page)
    expect(page.get_by_role("heading", name="两步登录")).to_be_visible()
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    totp = pyotp.parse_uri(seen_by_camera(page))
    assert isinstance(totp, pyotp.TOTP)
    assert (totp.name, totp.issuer) == (NAME, "政策问答")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_label("验证码").fill(totp.now())
    page.get_by_role("button", name="开启两步登录").click()
    codes = page.locator(".recovery code")
    expect(codes).to_have_count(10)
    assert_accessible(page)
    recovery = codes.first.inner_text()
    page.goto("/second-step")
    expect(page.get_by_role("status")).to_contain_text("还有 10 个恢复码")
    assert_accessible(page)

    other = open_page("/login", size)
    give_password(other)
    expect(other.get_by_role("heading", name="输入验证码")).to_be_visible()
    other.get_by_label("验证码").fill("1")
    other.get_by_role("button", name="登录", exact=True).click()
    expect(other.get_by_role("alert")).to_contain_text("验证码不对")
    other.get_by_text("手机不在身边").click()
    assert_accessible(other)
    other.get_by_label("恢复码").fill(recovery)
    other.get_by_role("button", name="用恢复码登录").click()
    expect(other.locator(".who")).to_contain_text("审核")


def test_administrator_sees_and_requires_the_second_step(admin: Page, open_console: Open):
    reviewer = open_console(Role.REVIEWER)
    admin.get_by_role("tab", name="设置").click()
    admin.get_by_role("tab", name="登录安全").click()
    roles = admin.get_by_label("审核")
    expect(roles).to_be_visible()
    save = admin.get_by_role("button", name="保存", exact=True).filter(visible=True)
    try:
        roles.check()
        save.click()
        expect(admin.get_by_text("目前必须两步登录的角色：审核")).to_be_visible()
        reviewer.goto("/console/")
        expect(reviewer).to_have_url("/second-step")
        expect(reviewer.locator(".notice")).to_contain_text("您的角色须两步登录")
        admin.get_by_role("tab", name="账号").click()
        row = admin.locator("table.list tr", has_text=NAME)
        expect(row).to_contain_text("待设置两步登录")
        row.click()
        expect(admin.get_by_role("button", name="重置两步登录")).to_be_in_viewport()
        admin.get_by_role("button", name="关闭").click()
        admin.get_by_role("tab", name="设置").click()
    finally:
        admin.get_by_role("tab", name="登录安全").click()
        roles.uncheck()
        save.click()
        expect(admin.get_by_text("目前必须两步登录的角色：没有")).to_be_visible()
