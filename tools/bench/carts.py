"""(x) thirty carts whose network comes back: two hundred acts each, told at once to the stack as `make run` starts it.

Doses given, skipped, rounds of vital signs, fifty a request; each act is a transaction with its audit, history, outbox. The
floor is one INSERT of an act's bytes and one COMMIT, one after the other, on the same running stack. Meanwhile somebody
opens pages; their slowest twentieth is compared with that of a quiet time before.
"""

import datetime as dt
import http.client
import json
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.conf import settings
from django.test import Client
from django.utils import timezone

from emr.accounts.models import User
from emr.local.instance import Instance
from emr.local.postgres import OWNER
from encounters.documents import services as documents
from encounters.medicines.models import DueDose
from encounters.orders.models import MedicationRequest
from encounters.visits import services as visits
from encounters.visits.models import Encounter
from patients.registry.models import Patient
from tools.bench.pages import TOKEN
from tools.bench.report import Report
from tools.bench.stack import BASE, running, sign_in

CARTS, ACTS, A_REQUEST = 30, 200, 50
AT_LEAST, PAGES_MOST = 0.2, 1.5
# Of ten acts: six doses given, one skipped, three rounds of vital signs.
_ROUND = (
    "give",
    "give",
    "vital-signs",
    "give",
    "give",
    "vital-signs",
    "give",
    "not-given",
    "give",
    "vital-signs",
)
_ORDERS = 7
Act = dict[str, Any]


@dataclass(frozen=True)
class Night:
    """What each cart has kept, and the pages that somebody opens meanwhile."""

    carts: tuple[tuple[Act, ...], ...]
    cookies: tuple[str, ...]
    pages: tuple[str, ...]


def prepare(doctor: User, nurse: User) -> Night:
    """Thirty patients of the nurse's ward with orders and due doses, and what thirty carts have to tell of them."""
    ward = nurse.current_roles[0].department
    stays = [_stay(number, doctor, ward) for number in range(CARTS)]
    carts = tuple(_acts(stay, _doses(stay, doctor)) for stay in stays)
    pages = ("/medicines/", f"/medicines/stays/{stays[0].uuid}/", f"/encounters/{stays[1].uuid}/")
    return Night(carts, tuple(_signed_in(nurse) for _cart in carts), pages)


def _signed_in(nurse: User) -> str:
    """The cookies of a session of its own."""
    client = Client()
    client.force_login(nurse, backend="emr.accounts.backends.StaffBackend")
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    return f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={TOKEN}"


def _stay(number: int, doctor: User, ward: Any) -> Encounter:
    patient = Patient.objects.create(
        facility=doctor.facility,
        full_name=f"Xe Tiêm Thứ {number}",
        sex="female",
        birth_date=dt.date(1961, 1, 1),
    )
    at = timezone.now() - dt.timedelta(hours=9)
    return visits.admit(patient=patient, department=ward, by=doctor, attending=doctor, at=at)


def _doses(stay: Encounter, doctor: User) -> list[DueDose]:
    entry = documents.begin_document(encounter=stay, code="36/BV2", by=doctor)
    moment = timezone.now() - dt.timedelta(hours=2)
    whose = {"facility_id": stay.facility_id, "patient_id": stay.patient_id, "encounter": stay}
    orders = [
        MedicationRequest.objects.create(
            **whose, entry=entry, position=n, text=f"Thuốc {n}", route="PO", dose=1, dose_unit="vien", times_per_day=4,
            status="active", requester=doctor, confirmed_by=doctor, confirmed_at=moment,
            placer_number=f"X{stay.pk}-{n}",
        )
        for n in range(1, _ORDERS + 1)
    ]  # fmt: skip
    wanted = sum(kind != "vital-signs" for kind in _ROUND) * ACTS // len(_ROUND)
    return DueDose.objects.bulk_create(
        [
            DueDose(
                **whose, order=orders[n % _ORDERS], slot=f"bench {n}", planned_at=moment, due_at=moment, amount=1,
                unit="vien",
            )
            for n in range(wanted)
        ]
    )  # fmt: skip


def _acts(stay: Encounter, doses: Sequence[DueDose]) -> tuple[Act, ...]:
    waiting = iter(doses)
    begins = timezone.now() - dt.timedelta(minutes=110)
    acts: list[Act] = []
    for number in range(ACTS):
        kind = _ROUND[number % len(_ROUND)]
        at = begins + dt.timedelta(seconds=30 * number)
        act: Act = {
            "key": str(uuid.uuid4()),
            "kind": kind,
            "happened_at": at.isoformat(),
            "stay": str(stay.uuid),
        }
        if kind == "vital-signs":
            act["values"] = {"pulse": 70 + number % 20, "temperature": "37.1"}
        else:
            act["dose"] = str(next(waiting).uuid)
        if kind == "not-given":
            act["reason"] = "refused"
        acts.append(act)
    return tuple(acts)


@dataclass
class Told:
    """Answers by status, and what went wrong."""

    done: int = 0
    again: int = 0
    failures: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


def measure(report: Report, instance: Instance, night: Night) -> None:
    """Start the stack, look at a quiet time, let all carts tell at once, look meanwhile."""
    with running(instance.home.root):
        reader = sign_in("dieuduong")
        _open_pages(reader, night.pages, lambda: len(night.pages) * 5, None)  # warm
        quiet = _open_pages(reader, night.pages, lambda: 60, None)
        floor = _floor(instance.postgres.url(OWNER), night)
        told, over = Told(), threading.Event()
        slow: list[float] = []
        watcher = threading.Thread(
            target=lambda: slow.extend(_open_pages(reader, night.pages, lambda: 10**9, over))
        )
        watcher.start()
        began = time.perf_counter()
        threads = [
            threading.Thread(target=_tell, args=(cookies, acts, told))
            for cookies, acts in zip(night.cookies, night.carts, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(600)
        spent = time.perf_counter() - began
        over.set()
        watcher.join(60)
    if told.failures or told.done != CARTS * ACTS:
        raise RuntimeError(f"{told.done} of {CARTS * ACTS} acts were kept: {told.failures[:3]}")
    rate, busy, calm = told.done / spent, _late(slow), _late(quiet)
    report.add(
        "x", f"acts of {CARTS} carts applied", f"{rate:.0f}/s", f"{floor:.0f}/s INSERT + COMMIT", rate / floor, AT_LEAST,
        at_least=True,
    )  # fmt: skip
    report.add(
        "x",
        "pages meanwhile, p95",
        f"{1000 * busy:.0f} ms",
        f"{1000 * calm:.0f} ms quiet",
        busy / calm,
        PAGES_MOST,
    )
    report.note(
        f"(x): {told.done} acts in {spent:.1f} s, {told.again} requests sent again; {len(slow)} pages opened meanwhile."
    )


def _late(seconds: Sequence[float]) -> float:
    ordered = sorted(seconds)
    return ordered[int(0.95 * len(ordered))]


def _open_pages(
    opener: urllib.request.OpenerDirector,
    pages: Sequence[str],
    count: Callable[[], int],
    over: threading.Event | None,
) -> list[float]:
    """How long each page took, one after the other with a breath between, until so many were opened or it is over."""
    found: list[float] = []
    while len(found) < count() and not (over is not None and over.is_set()):
        began = time.perf_counter()
        with opener.open(BASE + pages[len(found) % len(pages)], timeout=60) as answer:
            answer.read()
        found.append(time.perf_counter() - began)
        time.sleep(0.05)
    return found


def _floor(owner_url: str, night: Night) -> float:
    """Bare INSERT and COMMIT of the same bytes a second."""
    acts = [json.dumps(act) for cart in night.carts[:5] for act in cart]
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS bench_acts (id bigserial PRIMARY KEY, raw text)")
        began = time.perf_counter()
        for act in acts:
            connection.execute("INSERT INTO bench_acts (raw) VALUES (%s)", [act])
        return len(acts) / (time.perf_counter() - began)


def _tell(cookies: str, acts: Sequence[Act], told: Told) -> None:
    try:
        for start in range(0, len(acts), A_REQUEST):
            waiting = list(acts[start : start + A_REQUEST])
            while waiting:
                answers = _send(cookies, waiting)
                kept = {answer["key"] for answer in answers if answer["status"] == "done"}
                odd = [answer for answer in answers if answer["status"] not in {"done", "retry"}]
                with told.lock:
                    told.done += len(kept)
                    told.again += bool(len(waiting) - len(kept))
                    told.failures += [str(answer) for answer in odd]
                if odd:
                    return
                waiting = [act for act in waiting if act["key"] not in kept]
    except (OSError, http.client.HTTPException) as error:
        told.failures.append(repr(error))


def _send(cookies: str, acts: list[Act]) -> list[dict[str, str]]:
    """The answers; none where the server asks to come again."""
    body = json.dumps({"device": "bench", "sent_at": timezone.now().isoformat(), "events": acts}).encode()
    asked = urllib.request.Request(  # noqa: S310  our own address
        f"{BASE}/api/medicines/events",
        body,
        {"Content-Type": "application/json", "X-CSRFToken": TOKEN, "Cookie": cookies},
    )
    try:
        with urllib.request.urlopen(asked, timeout=300) as answer:  # noqa: S310  our own address
            found: list[dict[str, str]] = json.loads(answer.read())["answers"]
            return found
    except urllib.error.HTTPError as refusal:
        if refusal.code not in {429, 503}:
            raise
        time.sleep(float(refusal.headers.get("Retry-After", "1")))
        return []
