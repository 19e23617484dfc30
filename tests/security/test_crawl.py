"""A walk through every address: what each answer carries, what it may not do, and what stays out of the log."""

import logging
import re
from collections.abc import Iterator
from http.cookies import Morsel
from io import StringIO
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponseBase
from django.test import Client

from emr.accounts.models import User
from emr.common.logs import OneLineFormatter, RequestFilter
from emr.local.home import CHECKOUT
from tests.journeys.test_every_page import people  # noqa: F401 (a fixture)
from tests.security.walk import clients, doors

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]

# What looking may write: that somebody looked (of a result: seen, never acknowledged), and sessions.
WRITTEN_BY_LOOKING = re.compile(r"^(audit_|django_session$|axes_|outbox_|watching_|results_reportreading$)")
POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "object-src 'none'",
    "form-action 'self'",
}
NAMES = ("Nguyễn Thị Đào", "Lê Văn Hùng", "Nguyễn Văn Sáu", "CN4380200123456", "Penicillin")
# A number, the person's own, kept by their browser for a minute at most; of the bell, its emptiness alone.
COUNTS = {
    "signatures:signing:count",
    "notices:bell",
    "encounters:results:badge",
    "integrations:lis:identity_badge",
}
ODD = ("'\"><script>", "\x00", "-1", "99999999999999999999", "password__startswith", "[]{}|\\", "Ạ" * 400)
# What comes with its own proof instead of our token, by POST alone, and how it is refused without: a signed link of the HIS,
# a neighbour's message with its channel's token.
OWN_PROOF = {"integrations:launch:receive": 403, "integrations:hl7v2:receive": 401}
HOUSES = ("emr", "patients", "encounters", "signatures", "integrations")
PARAMETER = re.compile(r"""request\.(?:GET|POST)(?:\.get\(|\.getlist\(|\[)\s*["'](\w+)["']""")


@pytest.fixture
def written() -> Iterator[StringIO]:
    """Everything that is logged, in the form that production writes."""
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(OneLineFormatter())
    handler.addFilter(RequestFilter())
    root = logging.getLogger()
    root.addHandler(handler)
    yield stream
    root.removeHandler(handler)


def counts() -> dict[str, int]:
    """Rows of each table, and how often a kept row was changed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
        )
        tables = [name for (name,) in cursor.fetchall() if not WRITTEN_BY_LOOKING.match(name)]
        found = {}
        for name in tables:
            cursor.execute(f'SELECT count(*) FROM "{name}"')  # noqa: S608 (names of our own catalogue)
            found[name] = cursor.fetchone()[0]
        cursor.execute("SELECT count(*) FROM audit_rowhistory")
        found["audit_rowhistory"] = cursor.fetchone()[0]
        cursor.execute("SELECT count(*) FROM results_reportreading WHERE kind = 'acknowledged'")
        found["results acknowledged"] = cursor.fetchone()[0]
    return found


def faults_of(answer: HttpResponseBase) -> Iterator[str]:
    """What this answer lacks, or carries and shouldn't."""
    policy = {part.strip() for part in answer.headers.get("Content-Security-Policy", "").split(";")}
    # Stricter: a file in an origin of its own, without scripts, forms or plugins.
    is_sandboxed = "sandbox" in policy and policy <= {"sandbox", "default-src 'none'"}
    is_sandboxed &= answer.headers["Content-Type"] in {"application/pdf", "image/png", "image/jpeg"}
    if not is_sandboxed and (missing := POLICY - policy):
        yield f"policy lacks {sorted(missing)}"
    if any("unsafe" in part for part in policy):
        yield "policy has unsafe"
    if answer.headers.get("X-Content-Type-Options") != "nosniff":
        yield "no nosniff"
    if answer.headers.get("X-Frame-Options") != "DENY":
        yield "may be framed"
    if answer.headers.get("Referrer-Policy") != "same-origin":
        yield "tells referrers"
    if any(name.lower().startswith("access-control-") for name in answer.headers):
        yield "lets other origins in"
    if not answer.headers.get("X-Request-ID"):
        yield "no reference"
    for name, cookie in answer.cookies.items():
        yield from (f"cookie {name}: {fault}" for fault in _faults_of_cookie(name, cookie))


def _faults_of_cookie(name: str, cookie: "Morsel[str]") -> Iterator[str]:
    if not cookie["samesite"]:
        yield "SameSite"
    if "session" in name and not cookie["httponly"]:
        yield "HttpOnly"
    if cookie["domain"]:
        yield "a domain"


def test_a_walk_through_every_address(people: dict[str, User], written: StringIO) -> None:  # noqa: F811
    """S-15, S-23, S-24, S-25, S-55: three times round, with one hospital, since making it costs more than the walk."""
    look_everywhere(people, written)
    change_without_a_token(people)
    ask_for_nonsense(people)


def look_everywhere(people: dict[str, User], written: StringIO) -> None:  # noqa: F811
    """Headers on all answers, signed out and in; no row changed by GET; no name in log or address."""
    everybody = clients(people)
    before = counts()
    trouble: list[str] = []
    seen = 0
    for door in doors(people):
        for username in {"", door.username}:
            answer = everybody[username].get(door.address)
            seen += 1
            trouble += [f"{door.name} ({username or 'signed out'}): {fault}" for fault in faults_of(answer)]
            if answer.status_code >= 500 and door.name != "health:ready":
                trouble.append(f"{door.name}: {answer.status_code}")
            cache = answer.headers.get("Cache-Control", "")
            if username and door.right != "public" and "no-store" not in cache and door.name not in COUNTS:
                trouble.append(f"{door.name}: may be cached")
            if any(name in answer.headers.get("Location", "") for name in NAMES):
                trouble.append(f"{door.name}: a name in the address")
        if any(name in door.address for name in NAMES):
            trouble.append(f"{door.name}: a name in the address")
    assert seen > 120
    assert trouble == []
    after = counts()
    assert {name: (before[name], after[name]) for name in before if before[name] != after[name]} == {}
    log = written.getvalue()
    assert log.count("emr.request") >= seen
    assert [name for name in NAMES if name in log] == []


def change_without_a_token(people: dict[str, User]) -> None:  # noqa: F811
    """Every address, by every unsafe method, signed out and in; and from another origin with a good token."""
    everybody = clients(people, enforce_csrf_checks=True)
    before = counts()
    for number, door in enumerate(doors(people)):
        for username in {"", door.username}:
            for method in ("post", ("put", "patch", "delete")[number % 3]):
                answer = getattr(everybody[username], method)(door.address)
                refused = 403
                if door.name in OWN_PROOF:
                    refused = OWN_PROOF[door.name] if method == "post" else 405
                assert answer.status_code == refused, (door.name, username, method)
    client = everybody["tiepdon"]
    client.get("/patients/")
    token = client.cookies["csrftoken"].value if "csrftoken" in client.cookies else ""
    stolen = client.post(
        "/patients/", {"q": "", "csrfmiddlewaretoken": token}, headers={"Origin": "https://evil.example"}
    )
    assert stolen.status_code == 403
    assert counts() == before


def parameters() -> list[str]:
    """Every name that some view reads out of a request, and some that a stranger would try."""
    names = {"sort", "order", "order_by", "fields", "filter", "group", "page", "limit", "format", "next"}
    for house in HOUSES:
        for path in (CHECKOUT / house).rglob("*.py"):
            names |= set(PARAMETER.findall(path.read_text(encoding="utf-8")))
    return sorted(names - {"password", "pin"})


def ask_for_nonsense(people: dict[str, User]) -> None:  # noqa: F811
    """Sorting, filtering and paging by nonsense gives a page or a refusal, never a fault."""
    everybody = clients(people)
    names = parameters()
    assert {"page", "before", "q"} <= set(names)
    trouble = []
    lists = [door for door in doors(people) if door.address.count("-") < 4]  # others are one row's page
    for number, door in enumerate(lists):
        client: Client = everybody[door.username]
        for odd in {"\x00", ODD[number % len(ODD)]}:
            asked: dict[str, Any] = dict.fromkeys(names, odd)
            for method in ("get", "post"):
                answer = getattr(client, method)(door.address, asked)
                if answer.status_code >= 500 and door.name != "health:ready":
                    trouble.append(f"{method} {door.name} {odd[:12]!r}: {answer.status_code}")
        if door.name == "signin:sign_out":
            client.force_login(people[door.username], backend="emr.accounts.backends.StaffBackend")
    assert trouble == []
