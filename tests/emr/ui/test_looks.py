"""What the eye and assistive technology meet: axe, contrast, sizes, the policy, in today's browser and in Chromium 109."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from emr.accounts import roles
from emr.accounts.models import User
from emr.ui import navigation
from emr.ui.navigation import Link
from tests.emr.people import make_an
from tests.emr.ui.conftest import AXE, open_page, sign_in

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page
    from pytest_django.live_server_helper import LiveServer

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.emr.ui.bench_urls"),
]
TABLET = {"width": 820, "height": 1180}
WARD_PC = {"width": 1366, "height": 768}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def serious(page: Page) -> list[str]:
    """What axe-core calls serious or critical, one line each."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate("tags => axe.run(document, {runOnly: tags})", TAGS)
    return [
        f"{violation['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for violation in found["violations"]
        if violation["impact"] in {"serious", "critical"}
        for node in violation["nodes"]
    ]


@pytest.mark.usefixtures("bench_server")
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("address", ["/styleguide/", "/sign-in/", "/bench/chart/", "/nothing/"])
def test_axe_finds_nothing_serious(
    chromium: Browser,
    live_server: LiveServer,
    screenshots: Path,
    address: str,
    theme: str,
) -> None:
    context = chromium.new_context(
        viewport=WARD_PC, color_scheme=theme, locale="vi-VN", base_url=live_server.url, bypass_csp=True
    )  # type: ignore[arg-type]
    if address != "/sign-in/":
        sign_in(context, live_server, make_an())
    page = open_page(context)
    page.goto(address)
    assert page.locator("html").get_attribute("data-bs-theme") == theme
    page.wait_for_timeout(300)
    page.screenshot(path=screenshots / f"kit{address.replace('/', '-')}{theme}.png", full_page=True)
    assert serious(page) == []
    context.close()


def test_axe_would_notice(chromium: Browser, live_server: LiveServer) -> None:
    """The control: a page spoilt on purpose fails."""
    context = chromium.new_context(base_url=live_server.url, bypass_csp=True)
    page = open_page(context)
    page.goto("/sign-in/")
    page.evaluate("document.querySelector('label').remove()")
    assert any(line.startswith("label") for line in serious(page))
    context.close()


@pytest.mark.parametrize("size", [WARD_PC, TABLET], ids=["ward-pc", "tablet"])
@pytest.mark.parametrize("address", ["/styleguide/", "/sign-in/", "/bench/chart/"])
def test_nothing_sticks_out_sideways(
    chromium: Browser, live_server: LiveServer, screenshots: Path, address: str, size: dict[str, int]
) -> None:
    tablet = size is TABLET
    context = chromium.new_context(
        viewport=size, has_touch=tablet, is_mobile=tablet, locale="vi-VN", base_url=live_server.url
    )  # type: ignore[arg-type]
    sign_in(context, live_server, make_an())
    page = open_page(context)
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    page.screenshot(path=screenshots / f"kit{address.replace('/', '-')}{size['width']}.png")
    if tablet:
        small = page.evaluate(
            """[...document.querySelectorAll('.btn, .form-control, .form-select, .chip, .bar-button')]
               .filter(e => e.getClientRects().length && e.getBoundingClientRect().height < 43.5)
               .map(e => e.outerHTML.slice(0, 120))"""
        )
        assert small == [], "targets for a gloved finger are 44 px high"
    assert not page.trouble  # type: ignore[attr-defined]
    context.close()


def test_the_policy_is_honoured_and_bites(ward_page: Page) -> None:
    for address in ("/styleguide/", "/bench/chart/", "/bench/form/", "/"):
        ward_page.goto(address)
        ward_page.wait_for_timeout(200)
    assert not ward_page.trouble  # type: ignore[attr-defined]
    ward_page.evaluate(
        """() => { const inline = document.createElement('script');
        inline.textContent = 'window.executed = 1'; document.body.append(inline); }"""
    )
    assert ward_page.evaluate("window.executed") is None
    assert ward_page.trouble  # type: ignore[attr-defined]
    ward_page.trouble.clear()  # type: ignore[attr-defined]


def test_the_banner_never_scrolls_away(ward_page: Page) -> None:
    ward_page.goto("/bench/chart/")
    banner = ward_page.locator("#patient-banner")
    ward_page.mouse.wheel(0, 3000)
    ward_page.wait_for_timeout(300)
    assert ward_page.evaluate("window.scrollY") > 500
    box = banner.bounding_box()
    assert box is not None
    assert 0 <= box["y"] < 80
    assert box["height"] < 80, "two lines, not more"
    assert ward_page.locator(".chart-panel").bounding_box()["y"] < 300  # type: ignore[index]


def is_inside(page: Page, name: str) -> bool:
    """Whether the link ends before what stands to the right of the menu."""
    link = page.locator("#main-nav a", has_text=name).bounding_box()
    search = page.get_by_role("searchbox").bounding_box()
    assert link is not None
    assert search is not None
    return link["x"] + link["width"] <= search["x"]


def test_links_of_the_menu_that_do_not_fit_go_under_a_button_those_that_count_last(
    ward_page: Page, screenshots: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [
        "Người bệnh",
        "Buồng bệnh",
        "Chờ ký",
        "Kết quả",
        "Y lệnh",
        "Hồ sơ bệnh án",
        "Tích hợp",
        "Quản trị",
    ]
    monkeypatch.setattr(navigation, "_entries", {})
    monkeypatch.setattr(User, "has_right", lambda *_: True)
    monkeypatch.setattr(User, "departments_for", lambda *_: roles.EVERYWHERE)
    # Of the bar's own addresses the bench has none: what loads itself would load the whole page.
    ours = {f"to{order}" for order in range(len(names))} | {"patients:registry:search", "count"}
    monkeypatch.setattr(
        navigation, "address", lambda name, *_: f"/bench/form/?{name}" if name in ours else ""
    )
    ward_page.route("**/?count", lambda route: route.fulfill(body='<span class="badge badge-count">3</span>'))
    for order, name in enumerate(names):
        navigation.register(
            # The search box is for who has the patients' link.
            Link(
                name,
                f"to{order}" if order else "patients:registry:search",
                right="bench.see",
                icon="people",
                order=order,
                key="bcdefgi"[order:],
                badge="count" if name == "Kết quả" else "",
            )
        )
    ward_page.goto("/bench/form/")
    search = ward_page.get_by_role("searchbox")
    more = ward_page.get_by_role("button", name="Thêm")
    fitting = []
    for width in (1900, 1366, 1100, 820, 390):
        ward_page.set_viewport_size({"width": width, "height": 768})
        ward_page.wait_for_timeout(150)
        ward_page.screenshot(path=screenshots / f"kit-menu-{width}.png")
        assert ward_page.evaluate("document.documentElement.scrollWidth") <= width
        assert search.is_visible()
        links = [ward_page.locator("#main-nav a", has_text=name) for name in names]
        shown = [name for name, link in zip(names, links, strict=True) if link.is_visible()]
        assert more.is_visible() is (len(shown) < len(names))
        assert all(is_inside(ward_page, name) for name in shown)
        fitting.append(len(shown))
    assert fitting[0] == len(names)
    assert fitting == sorted(fitting, reverse=True)
    assert 0 < fitting[3] < len(names)
    ward_page.set_viewport_size({"width": 820, "height": 768})
    expect(ward_page.get_by_role("link", name="Tích hợp")).to_be_hidden()
    expect(ward_page.get_by_role("link", name="Kết quả")).to_be_visible()
    more.click()
    expect(ward_page.get_by_role("link", name="Tích hợp")).to_be_visible()
    ward_page.keyboard.press("Escape")
    expect(ward_page.get_by_role("link", name="Tích hợp")).to_be_hidden()
    ward_page.keyboard.press("F3")
    expect(search).to_be_focused()
    ward_page.keyboard.press("Control+k")
    expect(search).to_be_focused()


def test_the_work_panel_stays_small(ward_page: Page) -> None:
    ward_page.goto("/bench/chart/")
    ward_page.locator("[data-panel-toggle]").click()
    assert ward_page.locator("#work-panel").is_hidden()
    ward_page.reload()
    assert ward_page.locator("#work-panel").is_hidden()
    ward_page.locator("[data-panel-toggle]").click()
    assert ward_page.locator("#work-panel").is_visible()
