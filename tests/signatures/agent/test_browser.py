"""In Chromium, from an HTTPS page on another name: its local-network permission, pairing, the token's key, the desk."""

import copy
import os
import socket
import threading
import tty
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pkcs11
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.fixtures import Settings

from emr.audit.models import AuditEvent
from emr.common.clock import now
from signatures.certificates import authority
from signatures.certificates.services import demo_authority
from signatures.signing.models import Signature, SigningRequest
from tests.emr.people import make_an
from tests.emr.ui.test_looks import serious
from tests.signatures.agent.front import NAME, https_front
from tests.signatures.agent.program import RunningAgent
from tests.signatures.providers import softhsm
from tests.signatures.records import deliver_all, make_ready, make_version
from tests.support.browser import FLAGS, PATIENCE, WARD_PC
from tests.support.services import tool

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.peer]


@pytest.fixture
def front(home: Path, live_server: Any, settings: Settings) -> Iterator[int]:
    with https_front(home, live_server.url) as port:
        origin = f"https://{NAME}:{port}"
        settings.ALLOWED_HOSTS = ["*"]
        settings.CSRF_TRUSTED_ORIGINS = [origin]
        yield port


def _started(home: Path, front: int, settings: Settings, more: str = "") -> RunningAgent:
    running = RunningAgent.started(home / "agent", origin=f"https://{NAME}:{front}", more=more)
    policy = copy.deepcopy(settings.CONTENT_SECURITY_POLICY)
    policy["DIRECTIVES"]["connect-src"].append(f"http://127.0.0.1:{running.port}")
    settings.CONTENT_SECURITY_POLICY = policy
    settings.EMR_AGENT_PORT = running.port
    return running


@pytest.fixture
def agent(home: Path, front: int, settings: Settings) -> Iterator[RunningAgent]:
    softhsm.set_up(home, settings)
    (home / "services.toml").write_text('[token]\nkind = "agent"\nname = "USB token"\n')
    running = _started(home, front, settings)
    yield running
    running.stop()
    pkcs11.lib(softhsm.MODULE).finalize()


@pytest.fixture
def public_chromium(chromium: Browser, front: int) -> Iterator[Browser]:
    """A Chromium that takes the hospital's page for one of the public network, so that its local-network check applies."""
    program = tool("chromium-headless-shell", "chromium-headless-shell")
    flags = [
        f"--host-resolver-rules=MAP {NAME} 127.0.0.1",
        f"--ip-address-space-overrides=127.0.0.1:{front}=public",
    ]
    browser = chromium.browser_type.launch(executable_path=str(program), args=[*FLAGS, *flags])
    yield browser
    browser.close()


def _context(browser: Browser) -> BrowserContext:
    context = browser.new_context(viewport=WARD_PC, locale="vi-VN", ignore_https_errors=True)
    context.set_default_timeout(PATIENCE)
    return context


def _come_in(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.goto(address)
    page.fill("[name=username]", "an")
    page.fill("[name=password]", "benhanmo")
    page.press("[name=password]", "Enter")
    page.wait_for_load_state("networkidle")
    return page


def test_from_pairing_to_a_signed_batch(
    public_chromium: Browser, agent: RunningAgent, front: int, home: Path, screenshots: Path
) -> None:
    an, address = make_an(), f"https://{NAME}:{front}"
    issued = authority.issue(
        demo_authority(), common_name=an.full_name, identifier=an.staff_code, organization="TTYT", today=now()
    )
    softhsm.make_token(home, issued)

    stranger = _come_in(_context(public_chromium), address)
    stranger.goto(f"{address}/signing/key/")
    expect(stranger.locator("[data-agent-state=away]")).to_be_visible()
    assert agent.told("code") == [], "without the browser's permission the page reaches nothing"
    stranger.context.close()

    context = _context(public_chromium)
    context.grant_permissions(["local-network-access"], origin=address)
    page = _come_in(context, address)
    page.goto(f"{address}/signing/key/")
    page.click("[data-agent-act=pair]")
    page.wait_for_selector("[data-agent-code]:not([hidden])")
    page.fill("[name=agent_code]", agent.shown_code())
    page.screenshot(path=screenshots / "agent-pairing.png")
    assert serious(page) == []
    page.press("[name=agent_code]", "Enter")
    page.click("[data-agent-take] [type=submit]")
    expect(page.get_by_text("USB token", exact=True)).to_be_visible()
    page.screenshot(path=screenshots / "agent-key.png")
    assert serious(page) == []

    for text in ("Mạch 80", "Mạch 84"):
        make_ready(an, text=text)
    page.goto(f"{address}/signing/")
    expect(page.locator("#id_pin")).to_have_count(0)
    page.keyboard.press("Alt+a")
    page.screenshot(path=screenshots / "agent-tray.png")
    page.keyboard.press("F9")
    expect(page.locator("#tray .alert-done")).to_be_visible()
    assert Signature.objects.count() == 2
    assert len(agent.told("pin")) == 2 and "2 tài liệu" in agent.told("pin")[-1]
    deliver_all()
    assert set(SigningRequest.objects.values_list("status", flat=True)) == {"completed"}

    third = make_ready(an, text="Mạch 88")
    agent.stop()
    page.goto(f"{address}/signing/")
    page.keyboard.press("Alt+a")
    page.keyboard.press("F9")
    row = page.locator(f"#row-{third.uuid}")
    expect(row).to_contain_text("Chương trình ký trên máy này không trả lời")
    expect(row.locator("input")).to_be_checked()
    page.screenshot(path=screenshots / "agent-away.png")
    assert Signature.objects.count() == 2
    agent.start()
    page.keyboard.press("F9")
    expect(page.locator("#tray .alert-done")).to_be_visible()
    assert Signature.objects.count() == 3
    context.close()


def test_a_wristband_comes_out_and_a_scan_goes_in_without_a_dialogue(
    public_chromium: Browser, front: int, home: Path, settings: Settings, screenshots: Path
) -> None:
    """A ward's PC: its label printer, a raw socket, and its scanner, a serial port."""
    an, address = make_an(), f"https://{NAME}:{front}"
    stay = make_version(an).document.encounter
    came: list[bytes] = []
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    with socket.create_server(("127.0.0.1", 0)) as printer:

        def take() -> None:
            connection, _address = printer.accept()
            with connection:
                while part := connection.recv(4096):
                    came.append(part)

        paper = threading.Thread(target=take, daemon=True)
        paper.start()
        more = f'printers = {{ zebra = "socket://127.0.0.1:{printer.getsockname()[1]}" }}\n'
        more += f'serial = [{{ device = "{os.ttyname(theirs)}" }}]\n'
        agent = _started(home, front, settings, more)
        context = _context(public_chromium)
        context.grant_permissions(["local-network-access"], origin=address)
        try:
            page = _come_in(context, address)
            page.goto(f"{address}/this-pc/")
            page.click("[data-agent-act=pair]")
            page.wait_for_selector("[data-agent-code]:not([hidden])")
            page.fill("[name=agent_code]", agent.shown_code())
            page.press("[name=agent_code]", "Enter")
            with page.expect_response(lambda one: one.request.method == "PUT"):
                page.select_option("[name=wristband]", "zebra")
            assert serious(page) == []
            page.screenshot(path=screenshots / "this-pc.png")
            page.goto(f"{address}/encounters/{stay.uuid}/")
            page.locator("[data-agent-print=wristband]").dispatch_event("click")
            expect(page.locator("#messages")).to_contain_text("zebra")
            paper.join(10)
            assert b"^XA" in b"".join(came)
            assert AuditEvent.objects.filter(action="label.print").count() == 1
            page.wait_for_timeout(1000)
            with page.expect_navigation():
                os.write(ours, b"BN26999999\r\n")
            assert "/patients/" in page.url, "the scan was searched for, as a keyboard scanner's is"
        finally:
            context.close()
            agent.stop()
            os.close(ours)
            os.close(theirs)
