"""What the shell answers, without a browser."""

import datetime as dt
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.db import OperationalError
from django.test import Client, RequestFactory, override_settings
from django.utils import translation

from emr.settings import demo
from emr.ui import navigation
from emr.ui.navigation import Link, Panel
from emr.ui.templatetags.ui import day, moment
from tests.emr.people import make_an, make_binh, make_department, make_facility

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.emr.ui.bench_urls")]
TEMPLATES = Path(settings.BASE_DIR) / "templates"


def _home_of(client: Client, user: object) -> str:
    client.force_login(user, backend="emr.accounts.backends.StaffBackend")  # type: ignore[arg-type]
    return client.get("/").content.decode()


class Seer:
    """Somebody with the right "bench.see", as far as it reaches."""

    is_authenticated = True

    def __init__(self, reach: object = "everywhere") -> None:
        self.reach = reach

    def has_right(self, right: str) -> bool:
        return right == "bench.see"

    def departments_for(self, _right: str) -> object:
        return self.reach


@pytest.fixture
def bench_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(navigation, "_entries", {})
    navigation.register(Panel("Ward", "bench-panel", right="bench.see", order=1))
    navigation.register(Panel("Nowhere", "not:there", right="bench.see"))
    navigation.register(Link("Bench", "bench-panel", right="bench.see", key="b"))


def test_the_style_guide_shows_every_component(client: Client) -> None:
    shown = client.get("/styleguide/").content.decode()
    assert "<c-" not in shown
    used = set()
    for template in [
        *TEMPLATES.glob("emr/ui/**/*.html"),
        *TEMPLATES.glob("layouts/*.html"),
        *TEMPLATES.glob("cotton/*.html"),
    ]:
        used |= set(re.findall(r"<c-([a-z-]+)", template.read_text()))
    components = {template.stem.replace("_", "-") for template in (TEMPLATES / "cotton").glob("*.html")}
    assert components - used == {"pdf"}, "a component that no page of the kit shows"


def test_the_style_guide_is_for_demo_and_tests_alone(client: Client, settings: object) -> None:
    settings.EMR_STYLEGUIDE = False  # type: ignore[attr-defined]
    assert client.get("/styleguide/").status_code == 404


def test_every_page_forbids_inline_code(client: Client) -> None:
    answer = client.get("/styleguide/")
    policy = answer["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert {"script-src 'self'", "style-src 'self'", "default-src 'none'"} <= set(policy.split("; "))
    assert "style=" not in re.sub(r"data-[a-z-]*style=", "", answer.content.decode())


def test_no_template_holds_inline_code() -> None:
    for template in TEMPLATES.rglob("*.html"):
        if "print" in template.parts or template.name.startswith("print"):
            continue  # WeasyPrint's own
        source = template.read_text()
        assert not re.search(r"<script(?![^>]*\bsrc=)|\son[a-z]+=|\shx-on|javascript:", source), template
        assert not re.search(r"\sstyle=", source), template


def test_attributes_passed_on_are_escaped() -> None:
    """`:x="value"` on an attribute that the component doesn't declare goes into the page as it is: forbidden."""
    declared = {
        component.stem.replace("_", "-"): set(
            re.findall(
                r"[\s:]([a-z_]+)=", " ".join(re.findall(r"<c-vars(.*?)/>", component.read_text(), re.S))
            )
        )
        for component in (TEMPLATES / "cotton").glob("*.html")
    }
    for template in TEMPLATES.rglob("*.html"):
        for name, attributes in re.findall(
            r"<c-([a-z-]+)((?:[^>\"']|\"[^\"]*\"|'[^']*')*)>", template.read_text()
        ):
            if name in {"vars", "slot"}:
                continue
            dynamic = set(re.findall(r"\s:([a-zA-Z_-]+)=", attributes))
            assert dynamic <= declared[name], f"{template}: <c-{name}> passes on {dynamic - declared[name]}"


def test_home_shows_the_panels_of_the_persons_rights(
    client: Client, bench_entries: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    department = make_department(make_facility())
    an, binh = make_an(department), make_binh(department)
    monkeypatch.setattr(type(an), "has_right", lambda self, right, department=None: self.username == "an")
    monkeypatch.setattr(type(an), "departments_for", lambda self, right: "everywhere")
    home = _home_of(client, an)
    assert 'hx-get="/bench/panel/"' in home
    assert 'data-go="b"' in home
    assert "Nowhere" not in home
    assert 'hx-get="/bench/panel/"' not in _home_of(client, binh)


def test_home_asks_strangers_to_sign_in(client: Client) -> None:
    answer = client.get("/")
    assert answer.status_code == 302
    assert "/sign-in/" in answer["Location"]


def test_vietnamese_by_default_english_by_choice(client: Client) -> None:
    english_browser = {"HTTP_ACCEPT_LANGUAGE": "en-US,en;q=0.9"}
    assert "Đăng nhập" in client.get("/sign-in/", **english_browser).content.decode()
    client.post("/ui/language/", {"language": "en", "next": "/sign-in/"})
    assert "Sign in" in client.get("/sign-in/").content.decode()
    client.post("/ui/language/", {"language": "xx"})
    assert client.cookies[settings.LANGUAGE_COOKIE_NAME].value == "en"


def test_theme_is_remembered_and_never_leaves_the_site(client: Client) -> None:
    answer = client.post("/ui/theme/", {"theme": "dark", "next": "https://elsewhere.example/"})
    assert answer["Location"] == "/"
    assert 'data-bs-theme="dark"' in client.get("/sign-in/").content.decode()
    client.post("/ui/theme/", {"theme": "pink"})
    assert client.cookies["emr_theme"].value == "dark"


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [("/nothing/here/", 404, "Không có gì ở đây"), ("/bench/broken/", 500, "Hệ thống gặp lỗi")],
)
def test_error_pages_say_what_to_do_and_give_a_reference(
    client: Client, address: str, status: int, words: str
) -> None:
    client.force_login(make_an(), backend="emr.accounts.backends.StaffBackend")
    client.raise_request_exception = False
    for headers in ({}, {"HX-Request": "true"}):
        answer = client.get(address, headers=headers)
        page = answer.content.decode()
        assert answer.status_code == status
        assert words in page
        assert answer["X-Request-ID"] in page
        assert "Ngọc Ánh" not in page
        assert "Traceback" not in page
    assert "<html" not in page


def test_dates_read_the_same_in_both_languages() -> None:
    at = dt.datetime(2026, 11, 22, 7, 5, tzinfo=dt.UTC)
    for language in ("vi", "en"):
        with translation.override(language):
            assert moment(at) == "22/11/2026 14:05"
            assert day(at) == "22/11/2026"
    assert moment(None) == day(None) == ""


def test_modules_import_each_other_by_hashed_names(tmp_path: Path) -> None:
    storage = {"BACKEND": "emr.ui.staticfiles.HashedFiles"}
    with override_settings(
        STATIC_ROOT=tmp_path,
        STORAGES={**settings.STORAGES, "staticfiles": storage},
        WHITENOISE_SKIP_COMPRESS_EXTENSIONS=demo.WHITENOISE_SKIP_COMPRESS_EXTENSIONS,  # compressing takes half a minute
    ):
        call_command("collectstatic", interactive=False, verbosity=0)
    (page,) = tmp_path.glob("js/page.????????????.js")
    wanted = re.findall(r'import\s*"\./([^"]+)"', page.read_text())
    assert len(wanted) >= 11
    for name in wanted:
        assert re.fullmatch(r"[a-z-]+\.[0-9a-f]{12}\.js", name)
        assert (tmp_path / "js" / name).exists()


def test_a_database_that_does_not_answer_gives_503(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even the question who is signed in can't be answered then; the page needs none of it."""

    def no_answer(*_: object) -> None:
        raise OperationalError("connection refused: secret-host")

    client.raise_request_exception = False
    client.cookies["emr_theme"] = "dark"
    client.cookies["sessionid"] = "whatever"
    monkeypatch.setattr(SessionStore, "load", no_answer)
    answer = client.get("/bench/form/")
    page = answer.content.decode()
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    assert "tạm thời chưa truy cập được" in page
    assert 'data-bs-theme="dark"' in page
    assert "secret-host" not in page


def test_of_a_place_and_one_within_it_the_inner_one_is_here(
    monkeypatch: pytest.MonkeyPatch, rf: RequestFactory
) -> None:
    monkeypatch.setattr(navigation, "_entries", {})
    monkeypatch.setattr(navigation, "address", {"outer": "/patients/", "inner": "/patients/register/"}.get)
    for name in ("outer", "inner"):
        navigation.register(Link(name, name, right="bench.see"))
    for path, here in (("/patients/register/scan/", "inner"), ("/patients/", "outer"), ("/beds/", "")):
        request = rf.get(path)
        request.user = Seer()
        current = [link.url_name for link, _url, is_here in navigation.links(request) if is_here]
        assert current == ([here] if here else []), path


@pytest.mark.parametrize(
    ("reach", "seen"), [(frozenset({1}), ["any", "department"]), ("everywhere", ["any", "facility"])]
)
def test_an_entry_is_for_whom_its_reach_says(
    monkeypatch: pytest.MonkeyPatch, rf: RequestFactory, reach: object, seen: list[str]
) -> None:
    monkeypatch.setattr(navigation, "_entries", {})
    monkeypatch.setattr(navigation, "address", lambda name: f"/{name}/")
    for name in ("any", "department", "facility"):
        navigation.register(Panel(name, name, right="bench.see", reach=name))
    request = rf.get("/")
    request.user = Seer(reach)
    assert [panel.url_name for panel, _url in navigation.panels(request)] == seen
