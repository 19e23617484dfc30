"""What the owner's role does by approved minutes: a record's files lose their keys, its rows go, a tombstone stays (R-48).

Whatever hangs on the stay is found by the foreign keys of the models themselves, so a room that is written tomorrow is no
exception. One record is one transaction: killed at any moment, a record is there whole or gone whole, and the next run
goes on. The application's role can do none of it: it may delete neither what is append-only nor a key.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from django.db import DatabaseError, connections, models, transaction
from psycopg import sql

from emr.audit.models import AuditEvent, RowVersion
from emr.audit.services import record
from emr.common.clock import local_today
from emr.common.errors import DomainError
from emr.storage.models import Attachment, AttachmentKey
from emr.storage.stores import store
from encounters.bundles.models import Bundle
from encounters.records.models import GUARD, DisposalMinutes, Keeping, Tombstone
from encounters.visits.models import Encounter

OWNER = "owner"
Model = type[models.Model]


class NotDue(DomainError):
    """This record may not go now, though minutes name it."""


@dataclass(slots=True)
class Holding:
    """All that hangs on one stay: {model: keys}, and links of other stays' rows that are cut: (model, column, keys)."""

    rows: dict[Model, set[Any]] = field(default_factory=dict)
    cut: list[tuple[Model, str, list[Any]]] = field(default_factory=list)
    files: dict[int, str] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many rows."""
        return sum(len(keys) for keys in self.rows.values())


def _children(model: Model) -> Iterator[tuple[Model, "models.ForeignKey[Any, Any]"]]:
    """(model, foreign key) of whatever points to this one."""
    relations: list[Any] = list(model._meta.get_fields(include_hidden=True))
    for relation in relations:
        if relation.auto_created and not relation.concrete and (relation.one_to_many or relation.one_to_one):
            child = relation.related_model
            if child._meta.managed and not child._meta.proxy:
                yield child, relation.field


def _of_another_stay(child: Model, stay_id: int) -> models.Q:
    """Rows that say themselves to which other stay they belong."""
    others = models.Q(pk__in=[])
    for own in child._meta.concrete_fields:
        if own.related_model is Encounter:
            others |= models.Q(**{f"{own.name}__isnull": False}) & ~models.Q(**{own.name: stay_id})
    return others


def holding_of(stay_id: int) -> Holding:
    """What a stay holds, read as the owner."""
    found = Holding(rows={Encounter: {stay_id}})
    todo: list[tuple[Model, set[Any]]] = [(Encounter, {stay_id})]
    while todo:
        model, keys = todo.pop()
        for child, link in _children(model):
            rows = child._base_manager.using(OWNER).filter(**{f"{link.name}__in": keys})
            if model is not Encounter:
                rows = rows.exclude(_of_another_stay(child, stay_id))
            known = found.rows.setdefault(child, set())
            if new := set(rows.values_list("pk", flat=True)) - known:
                known |= new
                todo.append((child, new))
    found.rows = {model: keys for model, keys in found.rows.items() if keys}
    for model, keys in found.rows.items():
        for child, link in _children(model):
            rows = child._base_manager.using(OWNER).filter(**{f"{link.name}__in": keys})
            foreign = sorted(set(rows.values_list("pk", flat=True)) - found.rows.get(child, set()))
            if foreign:
                found.cut.append((child, link.column, foreign))
                if not link.null:
                    raise NotDue(f"another record's {child._meta.label} hangs on it", code="shared")
        for own in model._meta.concrete_fields:
            if own.related_model is Attachment:
                held = model._base_manager.using(OWNER).filter(pk__in=keys)
                ids = [pk for pk in held.values_list(own.attname, flat=True) if pk]
                named = Attachment.objects.using(OWNER).filter(pk__in=ids)
                found.files |= dict(named.values_list("pk", "stored_sha256"))
    return found


def why_not(minutes: DisposalMinutes, keeping: Keeping) -> str:
    """Why this record may not go; "" when it may. The database says the same of what it is asked to write."""
    if minutes.status != DisposalMinutes.Status.APPROVED:
        return "the minutes aren't approved by two"
    if keeping.is_held:
        return "a legal hold forbids it"
    if keeping.encounter.record_state != Encounter.RecordState.ARCHIVED:
        return "the record isn't archived any more"
    if keeping.retained_until is None or keeping.retained_until >= local_today():
        return f"it is kept until {keeping.retained_until or 'for ever'}"
    return ""


def lines(minutes: DisposalMinutes) -> list[Keeping]:
    """The records that wait on these minutes, by archive number."""
    return list(
        Keeping.objects.using(OWNER)
        .filter(encounter__disposal_line__minutes=minutes.pk)
        .select_related("encounter__patient")
        .order_by("encounter__archive_number")
    )


def dispose_of(minutes: DisposalMinutes, keeping: Keeping) -> Tombstone:
    """Let one record go: one transaction of the owner's. Raises NotDue, and then nothing has happened."""
    connection = connections[OWNER]
    try:
        with transaction.atomic(using=OWNER), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '10s'")
            stay = Encounter.objects.using(OWNER).select_for_update().get(pk=keeping.encounter_id)
            row = Keeping.objects.using(OWNER).select_for_update().get(pk=keeping.pk)
            fresh = DisposalMinutes.objects.using(OWNER).get(pk=minutes.pk)
            if reason := why_not(fresh, row):
                raise NotDue(reason, code="not_due")
            held = holding_of(stay.pk)
            stone = _tombstone(fresh, row, stay, held)
            stone.save(using=OWNER, force_insert=True)
            _let_go(cursor, held)
    except DatabaseError as error:
        raise NotDue(f"the database refuses: {str(error).splitlines()[0]}", code="refused") from error
    return stone


def _tombstone(minutes: DisposalMinutes, keeping: Keeping, stay: Encounter, held: Holding) -> Tombstone:
    newest = (
        Bundle.objects.using(OWNER)
        .filter(encounter=stay.pk, extract=None, status="ready")
        .select_related("attachment")
        .order_by("-pk")
        .first()
    )
    return Tombstone(
        facility_id=stay.facility_id,
        minutes_id=minutes.pk,
        patient_id=stay.patient_id,
        stay_id=stay.pk,
        stay_uuid=stay.uuid,
        identifier=stay.identifier,
        admission_number=stay.admission_number,
        archive_number=stay.archive_number,
        started_at=stay.started_at,
        ended_at=stay.ended_at,
        retention_class=keeping.retention_class,
        retained_until=cast("dt.date", keeping.retained_until),  # what is kept for ever isn't due
        bundle_sha256=newest.attachment.sha256 if newest and newest.attachment else "",
        row_count=held.count,
        file_names=sorted(held.files.values()),
    )


def _let_go(cursor: Any, held: Holding) -> None:
    tables = [model._meta.db_table for model in held.rows]
    tables += [model._meta.db_table for model, _column, _keys in held.cut]
    tables += [Attachment._meta.db_table, AttachmentKey._meta.db_table, RowVersion._meta.db_table]
    aside = _triggers_of(cursor, tables)
    for table, trigger in aside:
        cursor.execute(_alter("DISABLE", table, trigger))
    for model, column, keys in held.cut:
        statement = sql.SQL("UPDATE {table} SET {link} = NULL WHERE {key} = ANY(%s)").format(
            table=sql.Identifier(model._meta.db_table), link=sql.Identifier(column), key=_key_of(model)
        )
        cursor.execute(statement, [keys])
    for model, found in held.rows.items():
        _delete(cursor, model, found)
    shared = _still_named(list(held.files))
    gone = [pk for pk in held.files if pk not in shared]
    _delete(cursor, AttachmentKey, gone)
    _delete(cursor, Attachment, gone)
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for table, trigger in aside:
        cursor.execute(_alter("ENABLE", table, trigger))


def _delete(cursor: Any, model: Model, keys: "set[Any] | Sequence[Any]") -> None:
    """The rows, and what they were before."""
    table = model._meta.db_table
    statement = sql.SQL("DELETE FROM {table} WHERE {key} = ANY(%s)")
    named = statement.format(table=sql.Identifier(table), key=_key_of(model))
    cursor.execute(named, [list(keys)])
    cursor.execute(
        "DELETE FROM audit_rowhistory WHERE table_name = %s AND row_id = ANY(%s)", [table, list(keys)]
    )


def _key_of(model: Model) -> sql.Identifier:
    return sql.Identifier(str(model._meta.pk.column))


def _triggers_of(cursor: Any, tables: Sequence[str]) -> list[tuple[str, str]]:
    """(table, trigger) of what the owner sets aside for this transaction: all but the guard of the date."""
    cursor.execute(
        "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND t.tgenabled = 'O' AND c.relnamespace = 'public'::regnamespace"
        " AND c.relname = ANY(%s) AND strpos(t.tgname, %s) = 0 ORDER BY 1, 2",
        [list(tables), GUARD],
    )
    return list(cursor.fetchall())


def _alter(verb: str, table: str, trigger: str) -> sql.Composed:
    return sql.SQL("ALTER TABLE {table} {verb} TRIGGER {trigger}").format(
        table=sql.Identifier(table), verb=sql.SQL(verb), trigger=sql.Identifier(trigger)
    )


def _still_named(ids: list[int]) -> set[int]:
    """Which of these files something else names still."""
    found: set[int] = set()
    for child, link in _children(Attachment):
        if child is not AttachmentKey:
            rows = child._base_manager.using(OWNER).filter(**{f"{link.name}__in": ids})
            found |= set(rows.values_list(link.attname, flat=True))
    return found


def finish(minutes: DisposalMinutes) -> None:
    """What a run does last, and a run after a killed one again: lines of the log, encrypted files without a key, and what
    stays had once held and lost long before.
    """
    stones = list(Tombstone.objects.filter(minutes=minutes.pk).select_related("patient"))
    told = set(
        AuditEvent.objects.filter(
            action="record.dispose", entity_id__in=[stone.pk for stone in stones]
        ).values_list("entity_id", flat=True)
    )
    known = store()
    for stone in stones:
        left = set(Attachment.objects.filter(stored_sha256__in=stone.file_names).values_list("stored_sha256"))
        for name in stone.file_names:
            if (name,) not in left:
                known.remove(name)
        if stone.pk not in told:
            detail = {
                "minutes": minutes.number,
                "archive_number": stone.archive_number,
                "rows": stone.row_count,
                "files": len(stone.file_names),
                "bundle": stone.bundle_sha256,
            }
            record("record.dispose", of=stone, patient=stone.patient, detail=detail)
    _forget_history([stone.stay_id for stone in stones])


def _forget_history(stays: list[int]) -> None:
    """Earlier states of rows that went before their record did: drafts thrown away, orders struck."""
    with transaction.atomic(using=OWNER), connections[OWNER].cursor() as cursor:
        aside = _triggers_of(cursor, [RowVersion._meta.db_table])
        for table, trigger in aside:
            cursor.execute(_alter("DISABLE", table, trigger))
        cursor.execute(
            "DELETE FROM audit_rowhistory WHERE (row ->> 'encounter_id')::bigint = ANY(%s)"
            " AND table_name <> 'records_disposalline'",
            [stays],
        )
        for table, trigger in aside:
            cursor.execute(_alter("ENABLE", table, trigger))
