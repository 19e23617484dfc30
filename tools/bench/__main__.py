"""`python -m tools.bench`: a hospital of its own in EMR_HOME/bench, measured and thrown away."""

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from emr.local.home import Home
from emr.local.instance import Instance
from tools.bench.report import Report

if TYPE_CHECKING:
    from tools.bench.carts import Night
    from tools.bench.charts import Charts
    from tools.bench.messages import Rates

PARTS = "abcdefhijkwxy"


def main() -> None:
    """Measure what is asked for; a whole run writes docs/benchmarks.md."""
    options = argparse.ArgumentParser(prog="make bench")
    options.add_argument("--patients", type=int, default=1_000_000)
    options.add_argument("--small", type=int, default=20_000)
    options.add_argument("--minutes", type=float, default=10.0, help="of load, for (f)")
    options.add_argument("--messages", type=int, default=250, help="of each of eight senders, for (e)")
    options.add_argument("--audit-lines", type=int, default=10_000_000, help="of the log, for (h)")
    options.add_argument("--parts", default=PARTS, help="letters of those wanted; (c) comes with (a) and (b)")
    options.add_argument("--keep", action="store_true", help="leave the hospital where it is")
    asked = options.parse_args()
    home = Home(Path(os.environ["EMR_HOME"]) / "bench")
    shutil.rmtree(home.root, ignore_errors=True)
    report = Report()
    try:
        home.create("demo")
        measure(report, Instance(home), asked)
    finally:
        if not asked.keep:
            shutil.rmtree(home.root, ignore_errors=True)


def measure(report: Report, instance: Instance, asked: argparse.Namespace) -> None:
    """All parts, on one hospital that grows."""
    with instance.database_for_a_command(), _broker(instance):
        os.environ |= instance.environment(as_owner=True)
        subprocess.run(
            [sys.executable, "-m", "emr.local.prepare"], env=os.environ, check=True, stdout=subprocess.DEVNULL
        )
        import django  # noqa: PLC0415

        os.environ["EMR_DATABASE_POOL"] = "20"  # (h) has sixteen writers in this process
        django.setup()
        del os.environ["EMR_DATABASE_POOL"]
        patient, postgres, charts = _measure_inside(report, instance, asked)
        night = _night() if "x" in asked.parts else None
    if "k" in asked.parts:
        from tools.bench import lasting, levels  # noqa: PLC0415

        levels.measure(report)
        lasting.measure(report)
    if "j" in asked.parts:
        from tools.bench import bundles  # noqa: PLC0415

        bundles.measure(report)
    if night is not None:
        from tools.bench import carts  # noqa: PLC0415

        carts.measure(report, instance, night)
    if "e" in asked.parts:
        from tools.bench import charts as open_charts  # noqa: PLC0415

        open_charts.measure(report, instance.home.root, charts)
    if "f" in asked.parts:
        from tools.bench import memory  # noqa: PLC0415

        memory.measure(report, instance.home.root, asked.minutes, patient)
    if set(asked.parts) == set(PARTS):
        report.write(postgres)


def _measure_inside(
    report: Report, instance: Instance, asked: argparse.Namespace
) -> tuple[str, str, "Charts"]:
    """(the heavy patient's public id, which PostgreSQL, which charts somebody will have open)."""
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    from emr.accounts.models import User  # noqa: PLC0415
    from emr.common import wall  # noqa: PLC0415
    from encounters.documents.models import Document  # noqa: PLC0415
    from integrations.demo.services import DEMO_PIN  # noqa: PLC0415
    from tools.bench import auditing, charts, messages, reading, signing, walled, ward, years  # noqa: PLC0415

    people = {user.username: user for user in User.objects.filter(username__in=["bacsi", "tiepdon"])}
    clerk, doctor = people["tiepdon"], people["bacsi"]
    wall.enter(doctor.facility_id)  # what is measured by hand is work of the demo hospital, as each page's is
    patient = reading.heavy_patient(doctor.facility, doctor)
    watched = charts.choose(doctor)

    def feed() -> "dict[str, Rates]":
        numbers = messages.own_numbers(doctor.facility_id, 400)
        return messages.measure(instance, numbers, asked.messages)

    fed: dict[str, Rates] | None = None
    if set(asked.parts) & set("abc"):
        began = time.monotonic()
        call_command("populate", "--patients", str(asked.small), "--seed", "1")
        small = reading.read(clerk, doctor, patient)
        reading.tell(report, asked.small, small)
        few = feed() if "e" in asked.parts else None
        call_command("populate", "--patients", str(asked.patients - asked.small), "--seed", "2")
        report.note(f"{asked.patients:,} patients were there after {time.monotonic() - began:.0f} s.")
        large = reading.read(clerk, doctor, patient)
        reading.tell(report, asked.patients, large)
        reading.tell_growth(report, small, large)
        if few is not None:
            fed = feed()
            messages.tell_growth(report, few, fed, (asked.small, asked.patients))
    if "i" in asked.parts:
        walled.measure(report, clerk, doctor, patient)
    if "w" in asked.parts:
        ward.measure(report, doctor, patient)
    if "y" in asked.parts:
        years.measure(report, doctor)
    if "d" in asked.parts:
        entries = Document.objects.filter(status="final").order_by("-pk")
        signing.measure(report, list(entries.values_list("pk", flat=True)), DEMO_PIN)
    if "e" in asked.parts:
        messages.tell(report, fed or feed())
    if "h" in asked.parts:
        auditing.measure(report, doctor, asked.audit_lines)
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        version = cursor.fetchone()[0]
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
    return str(patient.uuid), f"PostgreSQL {version}", watched


def _night() -> "Night":
    """What thirty carts of the demo hospital's ward have kept."""
    from django.db import connection  # noqa: PLC0415

    from emr.accounts.models import User  # noqa: PLC0415
    from tools.bench import carts  # noqa: PLC0415

    people = {user.username: user for user in User.objects.filter(username__in=["bacsi", "dieuduong"])}
    found = carts.prepare(people["bacsi"], people["dieuduong"])
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
    return found


@contextmanager
def _broker(instance: Instance) -> Iterator[None]:
    broker = instance.broker
    broker.prepare()
    process = subprocess.Popen(broker.command(), stdout=subprocess.DEVNULL)
    try:
        while not broker.answers():
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(20)


if __name__ == "__main__":
    main()
