"""(y) the table over ten years and 200 tests (48,000 findings), and lists that stand open.

The table's rows are compared with statements written by hand that bring the same cells home; its page and what an open
page asks every 1.5 seconds with the bare view's CPU. A poll's CPU times the open pages, divided by their interval, is the
part of a core that they cost. The targets were set before a first whole run.
"""

import datetime as dt
import re
import uuid
from html import unescape

from django.db import connection
from django.db.models import Q
from django.test import override_settings
from django.utils import timezone

from emr.accounts.models import User
from encounters.results.models import DiagnosticReport, Finding
from encounters.results.selectors.through_time import Asked, Table, findings_of, table_of
from integrations.demo.population import copy_rows
from patients.registry.models import CareContext, Patient
from tools.bench.pages import Browser, bare_site, queries_of, request
from tools.bench.reading import run
from tools.bench.report import Report, costs_in_turn

YEARS, TESTS, A_YEAR = 10, 200, 24
OPEN, INTERVAL = 300, 1.5
ROWS_TARGET, PAGE_TARGET, BYTES_TARGET, QUERIES_TARGET, POLL_TARGET = 3.0, 120.0, 500.0, 40.0, 6.0

_HELD = (
    "held AS MATERIALIZED (SELECT r.id FROM results_diagnosticreport r WHERE r.patient_id = %s"
    " AND r.status NOT IN ('cancelled', 'entered-in-error')"
    " AND NOT EXISTS (SELECT FROM results_diagnosticreport n WHERE n.replaces_id = r.id))"
)
_COLUMNS = "f.series, f.title, f.unit, f.ucum, f.number, f.low, f.high, f.flag, f.effective_at, r.id, r.uuid, r.status"
_OF_ALL = "FROM results_finding f JOIN held ON held.id = f.report_id JOIN results_diagnosticreport r ON r.id = held.id"
_MINE = " WHERE f.patient_id = %s"
_BY_HAND = (
    f"WITH {_HELD} SELECT DISTINCT date_trunc('minute', f.effective_at) AS minute {_OF_ALL}{_MINE}"
    " ORDER BY minute DESC LIMIT 13",
    f"WITH {_HELD} SELECT DISTINCT ON (f.series, f.unit, f.ucum) {_COLUMNS} {_OF_ALL}{_MINE}"
    " ORDER BY f.series, f.unit, f.ucum, f.effective_at DESC, f.id DESC",
    f"WITH {_HELD} SELECT * FROM (SELECT {_COLUMNS}, row_number() OVER (PARTITION BY f.series, f.unit, f.ucum"  # noqa: S608  our own
    f" ORDER BY f.effective_at DESC, f.id DESC) AS place {_OF_ALL}{_MINE} AND f.series = ANY(%s)) ranked"
    " WHERE place <= 24",
    f"WITH {_HELD} SELECT {_COLUMNS} {_OF_ALL}{_MINE} AND f.series = ANY(%s) AND f.effective_at >= %s",
)


def measure(report: Report, doctor: User) -> None:
    """Fill ten years, then the table, its page, and open pages."""
    patient = long_patient(doctor)
    table = _ours(patient)
    series = [row.series for _name, rows in table.groups for row in rows]

    def by_hand() -> None:
        both: list[object] = [patient.pk, patient.pk]
        run(_BY_HAND[0], both)
        run(_BY_HAND[1], both)
        run(_BY_HAND[2], [*both, series])
        run(_BY_HAND[3], [*both, series, table.columns[-1]])

    ours, floor = costs_in_turn(lambda: _ours(patient), by_hand, times=15, warm=3)
    report.add(
        "y", f"table of {YEARS * A_YEAR * TESTS:,} findings, its rows", f"{ours.wall:.0f} ms",
        f"{floor.wall:.0f} ms by hand", ours.wall / floor.wall, ROWS_TARGET,
    )  # fmt: skip
    browser, bare = Browser(doctor), bare_site()
    pages = {
        "table": f"/patients/{patient.uuid}/results/table/",
        "list": f"/patients/{patient.uuid}/results/",
    }
    with override_settings(EMR_RATE_LIMITS=False):
        page, nothing = costs_in_turn(
            lambda: browser.get(pages["table"]),
            lambda: request(bare, "GET", f"/bare/{patient.pk}/"),
            times=15,
            warm=3,
        )
        size = len(browser.get(pages["table"])) / 1000
        queries = queries_of(lambda: browser.get(pages["table"]))
        report.add(
            "y",
            "its page",
            f"{page.cpu:.0f} ms CPU",
            f"{nothing.cpu:.2f} ms CPU",
            page.cpu / nothing.cpu,
            PAGE_TARGET,
        )
        report.add("y", "its bytes, in thousands", f"{size:.0f} kB", "", size, BYTES_TARGET)
        report.add("y", "its queries", str(queries), "", float(queries), QUERIES_TARGET)
        for name, address in pages.items():
            asks = _asks(browser.get(address).decode())
            poll, nothing = costs_in_turn(
                lambda asks=asks: browser.get(asks, HTTP_HX_REQUEST="true"),
                lambda: request(bare, "GET", f"/bare/{patient.pk}/"),
                times=60, warm=10,
            )  # fmt: skip
            report.add(
                "y", f"an open {name} asks, nothing is new", f"{poll.cpu:.2f} ms CPU", f"{nothing.cpu:.2f} ms CPU",
                poll.cpu / nothing.cpu, POLL_TARGET,
            )  # fmt: skip
            report.note(
                f"(y): {OPEN} open {name}s cost {OPEN / INTERVAL * poll.cpu / 1000:.2f} of a core, asking every"
                f" {INTERVAL:g} s."
            )


def _ours(patient: Patient) -> Table:
    return table_of(findings_of(patient, Asked(), Q()))


def _asks(html: str) -> str:
    found = re.search(r'hx-get="([^"]+)" hx-trigger="every 1500ms"', html)
    if found is None:
        raise RuntimeError("the page doesn't ask by itself")
    return unescape(found[1])


def long_patient(doctor: User) -> Patient:
    """Somebody with 24 reports a year of 200 tests each, over ten years, in the doctor's ward."""
    patient = Patient.objects.create(
        facility=doctor.facility, full_name="Lường Văn Dai Dẳng", sex="male", birth_date=dt.date(1948, 5, 6)
    )
    department = next(role.department for role in doctor.current_roles)
    own = {"facility_id": doctor.facility_id, "patient_id": patient.pk}
    CareContext.objects.create(facility=doctor.facility, patient=patient, department=department)
    step = dt.timedelta(days=365) / A_YEAR
    times = [timezone.now() - (number + 1) * step for number in range(YEARS * A_YEAR)]
    copy_rows(
        DiagnosticReport,
        (
            own
            | {
                "uuid": uuid.uuid4(),
                "status": "final",
                "category": "laboratory",
                "title": "Tổng quát",
                "source": "bench",
                "filler_number": f"Y{number}",
                "version_key": "1",
                "digest": "0" * 64,
                "effective_at": at,
                "issued_at": at,
            }
            for number, at in enumerate(times)
        ),
    )
    reports = DiagnosticReport.objects.filter(patient=patient).values_list("pk", "effective_at")
    copy_rows(
        Finding,
        (
            own
            | {
                "uuid": uuid.uuid4(),
                "report_id": pk,
                "effective_at": at,
                "position": test,
                "series": f"{test}-1",
                "title": f"Xét nghiệm số {test:03}",
                "loinc": f"{test}-1",
                "number": 4 + (pk + test) % 7,
                "unit": "mmol/L",
                "ucum": "mmol/L",
                "low": 4,
                "high": 8,
                "flag": "H" if (pk + test) % 7 > 4 else "N",
                "is_abnormal": (pk + test) % 7 > 4,
            }
            for pk, at in reports.order_by("pk")
            for test in range(TESTS)
        ),
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE results_finding, results_diagnosticreport")
    return patient
