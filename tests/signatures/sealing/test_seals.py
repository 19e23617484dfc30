"""The log's days are sealed; a log rewritten as a whole, with its files, is still found out."""

import datetime as dt
import json
from io import StringIO
from pathlib import Path

import psycopg
import pytest
from django.core.management import call_command
from django.db import ProgrammingError, connection
from pytest_django.fixtures import Settings

from emr.audit import chain
from emr.audit.models import SHARDS, AuditEvent, AuditLink
from emr.audit.selectors import breaches
from emr.audit.services import link_all, record
from emr.common import health, wall
from emr.common.clock import local_today, now
from signatures.certificates import services as certificates
from signatures.certificates.selectors import seal_of
from signatures.providers.services import issue_demo_seal
from signatures.sealing.models import AuditSeal, AuditSealTimestamp
from signatures.sealing.selectors import seals_file
from signatures.sealing.services import seal_days, stamp_seals
from tests.emr.people import make_an, make_facility
from tests.signatures import tsa

pytestmark = pytest.mark.django_db(transaction=True)


def _days_ago(days: int) -> dt.datetime:
    return now() - dt.timedelta(days=days)


def _write_days(days: int, sql: psycopg.Connection) -> None:
    """Lines on each of the last days, linked on their day as if it had been so."""
    an = make_an()
    sql.execute("SET session_replication_role = replica")
    for ago in range(days, 0, -1):
        record("patient.read", by=an, detail={"day": ago})
        sql.execute(
            "UPDATE audit_event SET recorded_at = %s WHERE detail ->> 'day' = %s", [_days_ago(ago), str(ago)]
        )
        sql.execute(
            "UPDATE audit_pending p SET recorded_at = e.recorded_at FROM audit_event e WHERE e.id = p.event_id"
        )
        link_all()
        sql.execute(
            "UPDATE audit_auditlink SET linked_at = first_recorded_at WHERE id = (SELECT max(id) FROM audit_auditlink)"
        )


@pytest.fixture
def sealed(owner_sql: psycopg.Connection) -> list[AuditSeal]:
    """Five days of lines, each sealed."""
    issue_demo_seal(facility=make_facility())
    link_all()
    owner_sql.execute("SET session_replication_role = replica")
    owner_sql.execute("TRUNCATE audit_event, audit_auditlink, audit_pending")
    for file in chain.head_folder().glob("heads-*.jsonl"):
        file.unlink()
    _write_days(5, owner_sql)
    with wall.nowhere():  # the clock's work is no facility's
        assert seal_days() == 5
    link_all()
    return list(AuditSeal.objects.order_by("day"))


def test_every_day_that_is_over_is_sealed_once_and_the_chain_is_whole(sealed: list[AuditSeal]) -> None:
    today = local_today()
    assert [seal.day for seal in sealed] == [today - dt.timedelta(days=ago) for ago in range(5, 0, -1)]
    assert seal_days() == 0
    assert list(breaches()) == []
    assert len({seal.sha256 for seal in sealed}) == 5
    assert AuditEvent.objects.filter(action="audit.seal").count() == 5


def test_missed_days_are_caught_up_in_order(sealed: list[AuditSeal], owner_sql: psycopg.Connection) -> None:
    owner_sql.execute("DELETE FROM sealing_auditseal WHERE day >= %s", [sealed[3].day])
    seals_file().unlink()
    assert seal_days() == 2
    assert list(breaches()) == []
    written = StringIO()
    call_command("verify_audit", stdout=written)
    assert f"NOTE {sealed[0].day} was sealed only at" in written.getvalue()


def _rewrite_everything(sql: psycopg.Connection, event_id: int) -> None:
    """What a database administrator with the server's files could do: change a line, make all links and heads anew."""
    sql.execute("SET session_replication_role = replica")
    sql.execute("UPDATE audit_event SET agent_name = 'chi' WHERE id = %s", [event_id])
    lines = []
    for shard in range(SHARDS):
        before = chain.GENESIS
        for link in AuditLink.objects.filter(shard=shard).order_by("sequence"):
            rows = {row["id"]: row for row in AuditEvent.objects.filter(id__in=link.event_ids).values()}
            digests = [chain.event_digest(rows[one]) for one in link.event_ids]
            made = chain.link_hash(shard, link.sequence, before, digests)
            sql.execute(
                "UPDATE audit_auditlink SET hash = %s, previous_hash = %s WHERE id = %s",
                [made, before, link.pk],
            )
            lines.append(json.dumps({"shard": shard, "sequence": link.sequence, "hash": made}))
            before = made
    for file in chain.head_folder().glob("heads-*.jsonl"):
        file.unlink()
    (chain.head_folder() / "heads-2026-01.jsonl").write_text("\n".join(lines) + "\n")


def test_a_log_rewritten_with_its_chain_and_heads_is_found_and_the_first_day_named(
    sealed: list[AuditSeal], owner_sql: psycopg.Connection
) -> None:
    """S-56: the owner of the database recomputes everything and still can't make the seal's signature again."""
    changed = AuditEvent.objects.filter(action="patient.read").order_by("recorded_at")[2]
    _rewrite_everything(owner_sql, changed.pk)
    found = list(breaches())
    assert {breach.reason for breach in found} == {"the log was rewritten after this day was sealed"}
    assert found[0].day == sealed[2].day.isoformat()
    written = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("verify_audit", stdout=written)
    assert ended.value.code == 1
    assert written.getvalue().startswith(f"BROKEN {sealed[2].day}")


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("DELETE FROM sealing_auditseal WHERE day = %s", "a day's seal is missing"),
        ("UPDATE sealing_auditseal SET signature = 'x' WHERE day = %s", "can't be read"),
        (
            "UPDATE sealing_auditseal SET statement = convert_to(replace(convert_from(statement, 'UTF8'),"
            " 'heads', 'Heads'), 'UTF8') WHERE day = %s",
            "the seal's statement can't be read",
        ),
        (
            "UPDATE sealing_auditseal SET signature = (SELECT signature FROM sealing_auditseal ORDER BY day LIMIT 1)"
            " WHERE day = %s",
            "the seal's signature doesn't hold",
        ),
    ],
)
def test_a_seal_taken_out_or_changed_is_found(
    sealed: list[AuditSeal], owner_sql: psycopg.Connection, statement: str, reason: str
) -> None:
    owner_sql.execute(statement, [sealed[2].day])
    found = [breach for breach in breaches() if reason in breach.reason]
    assert found
    assert found[0].day == sealed[2].day.isoformat()


def test_the_last_seals_taken_out_are_missed_by_the_file(
    sealed: list[AuditSeal], owner_sql: psycopg.Connection
) -> None:
    owner_sql.execute("DELETE FROM sealing_auditseal WHERE day >= %s", [sealed[3].day])
    assert {breach.reason for breach in breaches()} == {"the day's seal was removed"}


def test_without_a_usable_seal_nothing_is_sealed_and_the_health_page_says_so(
    sealed: list[AuditSeal], owner_sql: psycopg.Connection
) -> None:
    with connection.cursor() as cursor, pytest.raises(ProgrammingError):
        cursor.execute("DELETE FROM sealing_auditseal")
    assert health.readiness()[1]["audit_seal"]["ok"]
    owner_sql.execute("DELETE FROM sealing_auditseal WHERE day >= %s", [sealed[3].day])
    seal = seal_of(make_facility())
    assert seal is not None
    certificates.set_status(certificate=seal, status="suspended", reason="thử", by=None)
    assert seal_days() == 0
    said = health.readiness()[1]["audit_seal"]
    assert not said["ok"]
    assert sealed[3].day.isoformat() in str(said["reason"])


@pytest.mark.peer
def test_a_timestamp_that_was_missing_is_fetched_later_and_checked(
    sealed: list[AuditSeal], settings: Settings, tmp_path: Path, owner_sql: psycopg.Connection
) -> None:
    assert stamp_seals() == 0
    with tsa.running(tmp_path) as (address, _root):
        settings.EMR_TSA_URL, settings.EMR_TRUST_ROOTS = address, str(tmp_path / "roots")
        assert stamp_seals() == 5
    assert stamp_seals() == 0
    assert list(breaches()) == []
    first, second = AuditSealTimestamp.objects.order_by("pk")[:2]
    owner_sql.execute(
        "UPDATE sealing_auditsealtimestamp SET token = (SELECT token FROM sealing_auditsealtimestamp WHERE id = %s)"
        " WHERE id = %s",
        [first.pk, second.pk],
    )
    assert [breach.reason for breach in breaches()] == ["the timestamp doesn't hold"]
