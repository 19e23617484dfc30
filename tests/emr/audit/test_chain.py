"""A changed, removed, inserted audit line or a cut end is found."""

from pathlib import Path

import psycopg
import pytest
from django.db import ProgrammingError, connection, transaction
from pytest_django import Settings

from emr.audit.models import SHARDS, AuditEvent, AuditLink
from emr.audit.selectors import breaches
from emr.audit.services import Line, link_all, record, record_many
from tests.emr.people import make_an
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def home(settings: Settings, tmp_path: Path) -> None:
    settings.EMR_HOME = tmp_path


@pytest.fixture
def chain(home: None) -> list[int]:
    """Three links of four events."""
    an = make_an()
    for _ in range(3):
        for number in range(4):
            record("patient.read", by=an, detail={"number": number})
        link_all()
    return list(AuditEvent.objects.order_by("id").values_list("id", flat=True))


def test_an_untouched_chain_is_whole(chain: list[int]) -> None:
    assert list(breaches()) == []
    assert AuditLink.objects.count() == 3


def test_many_lines_at_once_are_the_lines_that_one_by_one_writes(django_assert_num_queries: object) -> None:
    """In their order, chained, with what was quoted of a stranger."""
    an, patient = make_an(), make_patient()
    told = [
        Line(action="patient.update", of=patient, patient=patient, detail={"fields": [f"a{n}", 'x"\x00ở']})
        for n in range(5)
    ]
    told.append(Line(action="user.resume", of=an))
    for line in told:
        record(line.action, by=an, of=line.of, patient=line.patient, detail=line.detail)
    with django_assert_num_queries(1):  # type: ignore[operator]
        record_many(told, by=an)
    record_many([], by=an)
    differs = {"id", "recorded_at", "transaction_id"}
    rows = [
        {name: value for name, value in row.items() if name not in differs}
        for row in AuditEvent.objects.filter(agent_id=an.pk).order_by("id").values()
    ]
    assert len(rows) == 12
    assert rows[:6] == rows[6:]
    link_all()
    assert list(breaches()) == []


def _as_owner(sql: psycopg.Connection, statement: str, *arguments: object) -> None:
    sql.execute("SET session_replication_role = replica")
    sql.execute(statement, arguments)


def test_a_changed_event_is_found(chain: list[int], owner_sql: psycopg.Connection) -> None:
    _as_owner(owner_sql, "UPDATE audit_event SET agent_name = 'chi' WHERE id = %s", chain[5])
    (breach,) = breaches()
    assert breach.reason == "an event was changed"
    assert chain[5] in breach.event_ids


def test_a_removed_event_is_found(chain: list[int], owner_sql: psycopg.Connection) -> None:
    _as_owner(owner_sql, "DELETE FROM audit_event WHERE id = %s", chain[2])
    assert [b.event_ids for b in breaches()] == [(chain[2],)]


def test_an_event_inserted_behind_the_chain_is_found(chain: list[int], owner_sql: psycopg.Connection) -> None:
    _as_owner(
        owner_sql,
        "INSERT INTO audit_event (action, outcome, recorded_at)"
        " VALUES ('patient.read', 'success', now() - interval '2 hours')",
    )
    assert [b.reason for b in breaches()] == ["an event was inserted behind the chain's back"]


def test_a_cut_tail_is_found_by_the_head_outside(chain: list[int], owner_sql: psycopg.Connection) -> None:
    last = AuditLink.objects.order_by("-id").first()
    assert last is not None
    _as_owner(owner_sql, "DELETE FROM audit_event WHERE id = ANY(%s)", last.event_ids)
    _as_owner(owner_sql, "DELETE FROM audit_auditlink WHERE id = %s", last.pk)
    assert [b.reason for b in breaches()] == ["the end of the chain was cut off"]


def test_a_chain_rebuilt_by_the_database_administrator_differs_from_the_head(
    chain: list[int], owner_sql: psycopg.Connection
) -> None:
    _as_owner(owner_sql, "UPDATE audit_auditlink SET hash = repeat('a', 64) WHERE sequence = 3")
    reasons = [b.reason for b in breaches()]
    assert "the link differs from the head kept outside the database" in reasons


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET action = 'x'",
        "DELETE FROM audit_event",
        "UPDATE audit_auditlink SET hash = 'x'",
        "DELETE FROM audit_rowhistory",
        "INSERT INTO audit_event (action, outcome, recorded_at) VALUES ('a', 'success', now() - interval '1 day')",
        "INSERT INTO audit_pending (event_id, recorded_at, shard) VALUES (1, now(), 0)",
        "TRUNCATE audit_event",
        "ALTER TABLE audit_event DISABLE TRIGGER ALL",
    ],
)
def test_the_application_may_only_append(chain: list[int], statement: str) -> None:
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert AuditEvent.objects.count() == len(chain)


def test_what_is_rolled_back_leaves_no_line() -> None:
    an = make_an()
    with pytest.raises(RuntimeError), transaction.atomic():
        record("patient.read", by=an)
        raise RuntimeError
    assert not AuditEvent.objects.exists()


def test_writers_are_spread_over_shards() -> None:
    assert SHARDS == 4
    record("patient.read")
    event = AuditEvent.objects.get()
    assert 0 <= event.shard < SHARDS
