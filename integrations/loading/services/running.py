"""A file taken in, checked and applied in pieces, each a transaction: killed anywhere, the next worker goes on there."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from django.db import connection, transaction
from django.utils.translation import gettext as _

from emr.accounts.access import demand
from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.context import acting, acting_as
from emr.common.errors import Conflict, DomainError
from emr.outbox import publish
from emr.storage.services import read_bytes, store_bytes
from emr.terminology.files.tables import Unreadable
from encounters.visits.models import Encounter
from integrations.loading import permissions, reading
from integrations.loading.models import FirstLoad, LoadLine
from integrations.loading.services.applying import apply_lines
from integrations.loading.services.checking import Plan, plans_of

Status, Result = FirstLoad.Status, LoadLine.Result
CHECKED_AT_ONCE, APPLIED_AT_ONCE = 5000, 250
# A case of the insurance file may be large: fewer of them are in memory together.
CASES_AT_ONCE = 100
_NOT_LISTED_SHOWN = 200


@transaction.atomic
def take_file(
    *, kind: str, file_name: str, data: bytes, by: User, cutover_at: dt.datetime | None = None
) -> FirstLoad:
    """Keep the file and have it checked; nothing is changed by that. Raises DomainError."""
    demand(by, permissions.LOAD)
    if kind == FirstLoad.Kind.STAYS and cutover_at is None:
        raise DomainError(_("Name the cut-over hour."), code="no_cutover", field="cutover_at")
    if cutover_at is not None and cutover_at > now():
        raise DomainError(_("The cut-over hour lies in the future."), code="future", field="cutover_at")
    if not data:
        raise DomainError(_("The file is empty."), code="empty", field="file")
    load = FirstLoad.objects.create(
        facility_id=by.facility_id,
        kind=kind,
        file_name=file_name[-200:],
        file=store_bytes(data, content_type="application/octet-stream", facility=by.facility),
        cutover_at=cutover_at if kind == FirstLoad.Kind.STAYS else None,
        by=by,
    )
    record("first_load.check", by=by, of=load, detail={"kind": kind, "bytes": len(data)})
    publish("first_load.received", order_key=f"first-load:{load.pk}", first_load_id=load.pk)
    return load


def _locked(load_id: int) -> FirstLoad:
    rows = FirstLoad.objects.select_for_update(of=("self",)).select_related(
        "facility", "by__facility", "file"
    )
    return rows.get(pk=load_id)


@transaction.atomic
def check_next(*, first_load_id: int, lines: int = CHECKED_AT_ONCE) -> bool:
    """Check the next lines of the file; answers whether more are left."""
    load = _locked(first_load_id)
    if load.status != Status.READING:
        return False
    done = LoadLine.objects.filter(load=load)
    last = done.order_by("-line").values_list("line", flat=True).first() or 0
    try:
        source = reading.read(load, read_bytes(load.file))
        piece = list(islice((line for line in source if line.line > last), lines))
    except Unreadable as problem:
        _unreadable(load, str(problem))
        return False
    if not piece:
        if not last:
            _unreadable(load, _("The file has no rows."))
            return False
        load.status, load.line_count = Status.CHECKED, done.count()
        load.not_listed = _not_listed(load)
        load.save(update_fields=["status", "line_count", "not_listed"])
        return False
    keys = {line.key for line in piece}
    seen = dict(done.filter(key__in=keys).order_by("-line").values_list("key", "line"))
    plans = plans_of(load, piece, seen)
    LoadLine.objects.bulk_create(
        LoadLine(
            facility_id=load.facility_id,
            load=load,
            line=line.line,
            key=line.key,
            values={} if plan.result == Result.ERROR else line.values,
            planned=plan.result,
            remarks=[list(remark) for remark in plan.remarks],
            result=Result.ERROR if plan.result == Result.ERROR else "",
        )
        for line, plan in zip(piece, plans, strict=True)
    )
    load.line_count = (load.line_count or 0) + len(piece)
    load.save(update_fields=["line_count"])
    return True


def _unreadable(load: FirstLoad, words: str) -> None:
    load.status, load.problem = Status.UNREADABLE, words[:300]
    load.save(update_fields=["status", "problem"])


def note_unreadable(*, first_load_id: int) -> None:
    """Reading failed in a way that nobody foresaw, again and again."""
    FirstLoad.objects.filter(pk=first_load_id, status=Status.READING).update(
        status=Status.UNREADABLE, problem=_("Something went wrong inside; tell the system's administrator.")
    )


def _not_listed(load: FirstLoad) -> list[str]:
    """Numbers of stays that are open here since before the cut-over hour and that the list hasn't."""
    if load.kind != FirstLoad.Kind.STAYS:
        return []
    listed = LoadLine.objects.filter(load=load).values("key")
    here = Encounter.objects.filter(
        facility_id=load.facility_id, status=Encounter.Status.IN_PROGRESS, started_at__lte=load.cutover_at
    )
    found = here.exclude(identifier__in=listed).order_by("identifier")
    return list(found.values_list("identifier", flat=True)[:_NOT_LISTED_SHOWN])


@transaction.atomic
def start(*, load: FirstLoad, by: User) -> FirstLoad:
    """Have the good lines applied, or go on where it was stopped. Twice equals once."""
    demand(by, permissions.LOAD)
    found = _locked(load.pk)
    if found.status == Status.RUNNING:
        return found
    if not found.may_start:
        raise Conflict(_("This list can't be applied now."))
    found.status, found.by, found.started_at = Status.RUNNING, by, found.started_at or now()
    found.save(update_fields=["status", "by", "started_at"])
    record("first_load.apply", by=by, of=found, detail={"kind": found.kind, "lines": found.line_count})
    publish("first_load.requested", order_key=f"first-load:{found.pk}", first_load_id=found.pk)
    return found


@transaction.atomic
def stop(*, load: FirstLoad, by: User) -> FirstLoad:
    """Stop after the lines that are being applied; what is applied stays."""
    demand(by, permissions.LOAD)
    found = _locked(load.pk)
    if found.status == Status.RUNNING:
        found.status = Status.STOPPED
        found.save(update_fields=["status"])
        record("first_load.stop", by=by, of=found, detail={"done": found.done_count})
    return found


@transaction.atomic
def apply_next(*, first_load_id: int, lines: int | None = None) -> bool:
    """Apply the next lines; answers whether more are left. What a killed worker left undone is begun anew."""
    load = _locked(first_load_id)
    if load.status != Status.RUNNING:
        return False
    if not load.by.is_active or not load.by.has_right(permissions.LOAD):
        load.status = Status.STOPPED  # who began it may no longer: somebody else goes on, or nobody
        load.save(update_fields=["status"])
        return False
    lines = lines or (CASES_AT_ONCE if load.kind == FirstLoad.Kind.HISTORY else APPLIED_AT_ONCE)
    piece = list(LoadLine.objects.filter(load=load, result="").order_by("line")[:lines])
    if not piece:
        load.status, load.ended_at = Status.DONE, now()
        load.done_count = LoadLine.objects.filter(load=load).exclude(result=Result.ERROR).count()
        load.save(update_fields=["status", "ended_at", "done_count"])
        record("first_load.completed", by=load.by, of=load, detail={"lines": load.done_count})
        return False
    # In the name of the system whose list it is: what it keeps (`emr.common.masters`) its own list may say.
    with acting_as(replace(acting(), origin=f"first-load:{load.pk}")):
        plans = apply_lines(load, piece)
    _note(piece, plans)
    load.done_count += len(piece)
    load.save(update_fields=["done_count"])
    return True


# What a line says of a person goes: it stands in the record now, and the file itself is kept sealed.
_NOTE = """
UPDATE loading_loadline SET result = told.result, remarks = told.remarks, "values" = '{}'
FROM jsonb_to_recordset(%s) AS told (id bigint, result text, remarks jsonb) WHERE loading_loadline.id = told.id
"""


def _note(lines: Sequence[LoadLine], plans: Sequence[Plan]) -> None:
    told = [
        {"id": line.pk, "result": plan.result, "remarks": plan.remarks}
        for line, plan in zip(lines, plans, strict=True)
    ]
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, [json.dumps(told, default=str)])
