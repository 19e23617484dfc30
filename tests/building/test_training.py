"""A training copy can't be mistaken for the real one, works on nobody's data, and reaches nobody (docs/operator.md)."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pypdfium2
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.template.loader import get_template
from django.test import Client
from pytest_django import Settings

from emr.accounts.demo_data import refuse_demo_data
from emr.accounts.models import Organization
from emr.common.errors import DomainError
from emr.common.training import ON_PAPER, demand_real
from emr.local.home import CHECKOUT
from encounters.bedside.sealing import derive, make_salt, seal
from encounters.documents.rendering import render_pdf
from encounters.visits.labels import label_of, label_pdf
from integrations.hl7v2 import fetching
from integrations.hl7v2 import services as hl7v2
from integrations.transport.demo import load as load_channels
from tests.emr.people import make_department, make_facility, make_user
from tests.encounters.visits.ward import admit
from tests.integrations.neighbour import listening_neighbour
from tests.integrations.transport.test_sending import make_channel, order, state, work_off

ON_SCREEN = "BẢN TẬP HUẤN – KHÔNG DÙNG CHO NGƯỜI BỆNH THẬT"
ENVIRONMENT = {
    "EMR_SETTINGS": "training",
    "EMR_SECRET_KEY": "kT7qv0mZ2xWc9LrB4yNs8HdJ1fGp6AeU3oXiQ5tVaYbMnCwEzK",
    "EMR_FILE_KEY": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "DATABASE_URL": "postgresql://emr_app:x@127.0.0.1:1/emr",
    "EMR_OWNER_DATABASE_URL": "postgresql://emr_owner:x@127.0.0.1:1/emr",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "EMR_SMTP_HOST": "mail.benhvien.vn",
    "EMR_SMS_URL": "https://sms.benhvien.vn/",
    "EMR_CHAT_URL": "https://chat.benhvien.vn/",
    "EMR_TSA_URL": "https://tsa.example.vn/",
    "EMR_KEY_SERVICES": "/etc/benhanmo/keys.toml",
    "EMR_S3_BUCKET": "benhan",
    "EMR_OIDC_ISSUER": "https://sso.benhvien.vn",
    "EMR_LDAP_URL": "ldaps://dc1.benhvien.vn",
    "EMR_LDAP_BIND": "{username}@benhvien.vn",
    "EMR_LDAP_BASE": "dc=benhvien,dc=vn",
}
# Every setting that names somebody outside; a new one is looked at here.
OUTWARD = (
    "EMAIL_HOST", "EMR_SMS_URL", "EMR_CHAT_URL", "EMR_TSA_URL", "EMR_KEY_SERVICES", "EMR_S3_BUCKET", "EMR_OIDC_ISSUER",
    "EMR_LDAP_URL",
)  # fmt: skip
COOKIES = ("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "LANGUAGE_COOKIE_NAME")


@pytest.fixture
def training(settings: Settings) -> Iterator[None]:
    """This process as a training copy's."""
    settings.EMR_TRAINING = True
    return


def settings_of(module: str) -> dict[str, str]:
    """The settings that a process of that module has, whatever the environment wishes."""
    names = ["EMR_TRAINING", *COOKIES, *OUTWARD]
    script = (
        f"from django.conf import settings as s\nfor n in {names!r}: print(n, repr(getattr(s, n)), sep='=')"
    )
    environment = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    environment |= ENVIRONMENT | {
        "DJANGO_SETTINGS_MODULE": f"emr.settings.{module}",
        "PYTHONPATH": str(CHECKOUT),
    }
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return dict(line.split("=", 1) for line in done.stdout.splitlines())


def test_what_reaches_out_is_empty_whatever_the_environment_says() -> None:
    found = settings_of("training")
    assert {name: found[name] for name in OUTWARD} == dict.fromkeys(OUTWARD, "''")
    assert found["EMR_TRAINING"] == "True"
    other = settings_of("demo")
    assert other["EMAIL_HOST"] == "'mail.benhvien.vn'", "the environment was read"
    assert other["EMR_TRAINING"] == "False"
    assert all(found[name] != other[name] for name in COOKIES), (
        "one host, two ports: cookies don't know ports"
    )


# Whose data


@pytest.mark.django_db
def test_a_real_hospitals_database_is_refused(training: None) -> None:
    del training
    refuse_demo_data()  # an empty one
    make_user("bacsi", "Nguyễn Văn An", "doctor", make_department(make_facility("99999")))
    refuse_demo_data()  # the demo's
    real = make_facility("01234", "Bệnh viện thật")
    with pytest.raises(ImproperlyConfigured, match="real hospital"):
        refuse_demo_data()
    with pytest.raises(ImproperlyConfigured):
        call_command("demo")
    assert not Organization.objects.filter(parent=real).exists()


@pytest.mark.django_db
def test_the_demos_code_alone_makes_no_demo(training: None) -> None:
    del training
    make_user("nguyenvanan", "Nguyễn Văn An", "doctor", make_department(make_facility("99999")))
    with pytest.raises(ImproperlyConfigured, match="real hospital"):
        refuse_demo_data()


# What is seen


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/sign-in/", "/verify/", "/no-such-page/"])
def test_every_page_says_so(training: None, client: Client, address: str) -> None:
    del training
    body = client.get(address).content.decode()
    assert f'class="training-strip" role="note">{ON_SCREEN}' in body
    assert re.search(r"<title>\s*TẬP HUẤN · ", body)
    assert "img/mark-training.svg" in body
    assert "css/training.css" in body
    assert "<body data-training" in body


@pytest.mark.django_db
def test_no_page_of_a_real_instance_says_so(client: Client) -> None:
    body = client.get("/sign-in/").content.decode()
    assert "training" not in body.replace("mark-training", "training")


def test_every_page_with_a_head_of_its_own_is_a_print_or_says_so() -> None:
    """Pages extend the base; prints go through render_pdf or the labels' words; the pack puts it in by itself."""
    heads = {
        str(path.relative_to(CHECKOUT / "templates"))
        for path in (CHECKOUT / "templates").rglob("*.html")
        if "<html" in path.read_text(encoding="utf-8")
    }
    others = {name for name in heads if not re.search(r"print|sheets|cover", name)}
    assert others == {"layouts/base.html"}
    assert "training-strip" in get_template("layouts/base.html").template.source  # type: ignore[attr-defined]


def words_of(pdf: bytes) -> list[str]:
    return [page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(pdf)]


def tinted(pdf: bytes) -> int:
    """Pixels of the first page in the watermark's colour."""
    picture = pypdfium2.PdfDocument(pdf)[0].render(scale=1).to_pil().convert("RGB")
    return sum(count for count, (red, _green, blue) in picture.getcolors(2**24) or [] if red - blue > 25)


def test_every_page_of_a_print_says_so(settings: Settings) -> None:
    html = "<html lang='vi'><head><title>x</title></head><body>" + "<p>Dòng</p>" * 200 + "</body></html>"
    plain_pdf = render_pdf(html, identifier=b"x" * 16)
    plain = words_of(plain_pdf)
    assert len(plain) > 1
    assert not any("TẬP HUẤN" in text for text in plain)
    settings.EMR_TRAINING = True
    marked = render_pdf(html, identifier=b"x" * 16)
    pages = words_of(marked)
    assert len(pages) == len(plain), "the words take no room"
    assert all(ON_PAPER in " ".join(text.split()) for text in pages)
    assert tinted(marked) > 20 * tinted(plain_pdf) + 1000, "and lie all over the page"


@pytest.mark.django_db
def test_every_label_says_so(settings: Settings) -> None:
    stay = admit()
    assert "TẬP" not in words_of(label_pdf(label_of(stay), "wristband"))[0]
    settings.EMR_TRAINING = True
    assert label_of(stay).name == "TẬP HUẤN: NGUYỄN THỊ ĐÀO"
    assert "TẬP HUẤN" in words_of(label_pdf(label_of(stay), "wristband"))[0]


def test_a_wards_pack_says_so(settings: Settings) -> None:
    salt = make_salt()
    told = {"key": derive("AAAA", salt), "salt": salt, "ward": "Khoa Nội", "made_at": "2026-11-29T00:00:00Z"}
    assert ON_PAPER not in seal("<p>x</p>", **told)  # type: ignore[arg-type]
    settings.EMR_TRAINING = True
    assert ON_PAPER in seal("<p>x</p>", **told)  # type: ignore[arg-type]


# Whom it reaches


@pytest.mark.django_db
def test_it_takes_nothing_in(settings: Settings) -> None:
    load_channels(make_facility())
    assert hl7v2.admits("127.0.0.1")
    demand_real()
    settings.EMR_TRAINING = True
    assert not hl7v2.admits("127.0.0.1")
    assert fetching.fetch_all() == 0
    with pytest.raises(DomainError, match="tập huấn"):
        demand_real()


@pytest.mark.django_db
def test_what_is_queued_for_a_neighbour_stays_queued(settings: Settings) -> None:
    facility = make_facility()
    load_channels(facility)
    with listening_neighbour() as neighbour:
        message = order(make_channel(facility, neighbour), "A1")
        settings.EMR_TRAINING = True
        work_off(3)
        assert neighbour.received == []
        assert state(message) == "queued"
        settings.EMR_TRAINING = False
        work_off()
        assert len(neighbour.received) == 1
