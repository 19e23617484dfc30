import datetime as dt
import pytest
from emr.watching import pulses, services
from emr.tls.services import Files, make_root
from emr.common.clock import now
from tests.emr.people import make_department, make_facility, make_user
from tests.emr.ui.conftest import open_page, sign_in
from tests.support.browser import WARD_PC
pytestmark = pytest.mark.django_db(transaction=True)
def test_shot(chromium, live_server, settings, tmp_path):
    settings.EMR_HOME = tmp_path
    make_root(files=Files.here(), facility="Trung tâm Y tế", domains=["benhvien.local"], password="on paper only")
    admin = make_user("quantri2", "Phạm Văn Ai", "admin", make_department(make_facility()))
    for n in pulses.EXPECTED[:3]:
        pulses.beat(n)
    pulses.beat("worker", said_at=now() - dt.timedelta(seconds=200))
    services.look_around()
    c = chromium.new_context(viewport=WARD_PC, locale="vi-VN", base_url=live_server.url)
    sign_in(c, live_server, admin)
    p = open_page(c)
    p.set_default_timeout(60000)
    for name, a in (("status", "/administration/status/"), ("trust", "/trust/"), ("home", "/")):
        p.goto(a); p.wait_for_function("!document.querySelector('[aria-busy=true], .htmx-request')")
        p.screenshot(path=f"/tmp/watch-{name}.png", full_page=True)
    assert p.trouble == []
