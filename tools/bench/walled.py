"""(i) what PostgreSQL's wall between facilities costs: the same scoped work with its policies in force and without.

Taken in turns, so that a busy machine is as unfair to both.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from time import perf_counter

from django.db import connections, transaction
from django.test import override_settings

from emr.accounts.models import User
from emr.common.policies import put_in_force, wanted_policies
from encounters.visits.models import Encounter
from patients.registry.models import Patient
from tools.bench.pages import Browser
from tools.bench.reading import observe, our_query, run
from tools.bench.report import Report

TARGET = 1.2
_ROUNDS, _TIMES, _WARM = 4, 25, 4


def measure(report: Report, clerk: User, doctor: User, patient: Patient) -> None:
    """List, chart and write, each beside itself without the wall."""
    desk, ward = Browser(clerk), Browser(doctor)
    stay = Encounter.objects.filter(patient=patient).latest("pk")
    statement = our_query(clerk, "nguyen thi")
    address = f"/patients/{patient.uuid}/"
    works: dict[str, Callable[[], object]] = {
        "query of a list": lambda: run(*statement),
        "page of a list": lambda: desk.post("/patients/", {"q": "nguyen thi"}, HTTP_HX_REQUEST="true"),
        "page by a number": lambda: desk.post("/patients/", {"q": "00004711"}, HTTP_HX_REQUEST="true"),
        "chart and its parts": lambda: ward.open(address),
        "two measurements written": lambda: _write(stay, doctor),
    }
    for what, work in works.items():
        with override_settings(EMR_RATE_LIMITS=False):
            walled, open_field = _in_turns(work)
        floor = f"{open_field:.2f} ms without it"
        report.add("i", f"{what}, walled", f"{walled:.2f} ms", floor, walled / open_field, TARGET)


def _write(stay: Encounter, author: User) -> None:
    with transaction.atomic():
        observe([stay], author)
        transaction.set_rollback(True)


def _in_turns(work: Callable[[], object]) -> tuple[float, float]:
    """(milliseconds with the wall, without): medians of single calls."""
    walled: list[float] = []
    open_field: list[float] = []
    for _round in range(_ROUNDS):
        walled += _times(work)
        with _no_wall():
            open_field += _times(work)
    return median(walled), median(open_field)


def _times(work: Callable[[], object]) -> list[float]:
    taken = []
    for count in range(_WARM + _TIMES):
        began = perf_counter()
        work()
        if count >= _WARM:
            taken.append((perf_counter() - began) * 1000)
    return taken


@contextmanager
def _no_wall() -> Iterator[None]:
    """No policy is in force."""
    tables = sorted(wanted_policies())
    put_in_force(connections["owner"], tables, up=False)
    try:
        yield
    finally:
        put_in_force(connections["owner"], tables, up=True)
