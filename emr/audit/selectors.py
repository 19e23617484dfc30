"""Questions to the log."""

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.db import connection
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from emr.audit.chain import GENESIS, event_digest, head_folder, link_hash
from emr.audit.models import LEAST_YEARS, SHARDS, AuditDisposal, AuditEvent, AuditLink
from emr.audit.subjects import find_people, find_subjects
from emr.common.clock import years_before

_GRACE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Breach:
    """A place where the log isn't what it was."""

    shard: int
    sequence: int
    reason: str
    event_ids: tuple[int, ...] = ()
    day: str = ""


# A room above walks what it has put on the chain: its seals. Notes are no breach, but an auditor should know.
Walk = Callable[[], Iterator[Breach]]
Notes = Callable[[], Iterator[str]]
_walks: dict[str, tuple[Walk, Notes]] = {}


def register_walk(name: str, walk: Walk, notes: Notes) -> None:
    """Let `verify_audit` walk this too."""
    _walks[name] = (walk, notes)


def notes() -> Iterator[str]:
    """What isn't broken and still worth a look."""
    for _walk, noted in _walks.values():
        yield from noted()


def _kept_heads() -> dict[int, dict[int, str]]:
    heads: dict[int, dict[int, str]] = {}
    for path in sorted(head_folder().glob("heads-*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                entry = json.loads(line)
            except ValueError:  # the power failed in the middle of a line; the link itself is in the database
                continue
            heads.setdefault(entry["shard"], {})[entry["sequence"]] = entry["hash"]
    return heads


def is_disposed(first: dt.datetime, last: dt.datetime) -> bool:
    """Whether a month that the instants touch was let go lawfully: an old one, with its disposal on record."""
    gone = AuditDisposal.objects.filter(first_at__lte=last, until_at__gt=first)
    return any(disposal.until_at <= years_before(disposal.disposed_at, LEAST_YEARS) for disposal in gone)


def _walk_shard(shard: int, kept: dict[int, str]) -> Iterator[Breach]:
    previous, expected = GENESIS, 1
    for link in AuditLink.objects.filter(shard=shard).order_by("sequence").iterator(chunk_size=500):
        day = timezone.localtime(link.first_recorded_at).date().isoformat()
        if link.sequence != expected or link.previous_hash != previous:
            yield Breach(shard, expected, "a link is missing", day=day)
            expected = link.sequence
        rows = AuditEvent.objects.filter(
            id__in=link.event_ids, recorded_at__range=(link.first_recorded_at, link.last_recorded_at)
        ).values()
        digests = {row["id"]: event_digest(row) for row in rows}
        if gone := [event_id for event_id in link.event_ids if event_id not in digests]:
            if not is_disposed(link.first_recorded_at, link.last_recorded_at):
                yield Breach(shard, link.sequence, "events were removed", tuple(gone), day)
        elif (
            link_hash(shard, link.sequence, link.previous_hash, [digests[i] for i in link.event_ids])
            != link.hash
        ):
            yield Breach(shard, link.sequence, "an event was changed", tuple(link.event_ids), day)
        if kept.get(link.sequence, link.hash) != link.hash:
            reason = "the link differs from the head kept outside the database"
            yield Breach(shard, link.sequence, reason, day=day)
        previous, expected = link.hash, link.sequence + 1
    if kept and max(kept) >= expected:
        yield Breach(shard, expected, "the end of the chain was cut off")


def breaches() -> Iterator[Breach]:
    """Walk the whole chain; yields every place that was changed, removed, inserted or cut off. Nothing means intact."""
    kept = _kept_heads()
    for shard in range(SHARDS):
        yield from _walk_shard(shard, kept.get(shard, {}))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.shard, e.id, e.recorded_at FROM audit_event e"
            " WHERE e.recorded_at < now() - make_interval(secs => %s)"
            " AND NOT EXISTS (SELECT 1 FROM audit_pending p WHERE p.event_id = e.id)"
            " AND e.id NOT IN (SELECT unnest(event_ids) FROM audit_auditlink) ORDER BY e.id LIMIT 100",
            [_GRACE_SECONDS],
        )
        for shard, event_id, at in cursor.fetchall():
            day = timezone.localtime(at).date().isoformat()
            yield Breach(shard, 0, "an event was inserted behind the chain's back", (event_id,), day)
    for walk, _noted in _walks.values():
        yield from walk()


def unlinked_count() -> int:
    """How many events wait to be linked."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM audit_pending")
        return int(cursor.fetchone()[0])


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the log: local days, both included; the rest "" for any. `patients`, `agents`: None for any.

    `agent_name`: the name as it stands in lines of nobody's account (a wrong username at the door).
    """

    since: dt.date
    until: dt.date
    agents: tuple[int, ...] | None = None
    agent_name: str = ""
    patients: tuple[int, ...] | None = None
    about: str = ""
    action: str = ""
    outcome: str = ""
    address: str = ""
    device: str = ""

    def as_json(self) -> dict[str, object]:
        """The question as it is kept and written down: ids and days, no names of patients."""
        return {
            name: value.isoformat() if isinstance(value, dt.date) else value
            for name, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Question":
        """The question as it was kept."""
        days = {name: dt.date.fromisoformat(kept[name]) for name in ("since", "until")}
        ids = {name: None if kept[name] is None else tuple(kept[name]) for name in ("agents", "patients")}
        return cls(**{**kept, **days, **ids})


def question_of(facility_id: int, asked: Mapping[str, Any]) -> Question:
    """The cleaned form as a question; names and numbers become ids, and nobody's name an empty answer."""
    person, patient = asked["person"].strip(), asked["patient"].strip()
    agents = tuple(find_people(facility_id, person)) if person else None
    return Question(
        since=asked["since"],
        until=asked["until"],
        agents=agents,
        agent_name=person if agents == () else "",
        patients=tuple(find_subjects(facility_id, patient)) if patient else None,
        about=asked["about"],
        action=asked["action"].strip(),
        outcome=asked["outcome"],
        address=asked["address"].strip(),
        device=asked["device"].strip(),
    )


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))


def events_of(facility_id: int, question: Question) -> QuerySet[AuditEvent]:
    """The lines that fit, newest first; those of the house itself (no facility) stand among them."""
    events = AuditEvent.objects.filter(
        Q(facility_id=facility_id) | Q(facility_id=None),
        recorded_at__gte=_midnight(question.since),
        recorded_at__lt=_midnight(question.until + dt.timedelta(days=1)),
    )
    if question.agents:
        events = events.filter(agent_id__in=question.agents)
    elif question.agents is not None:
        events = events.filter(agent_id=None, agent_name__iexact=question.agent_name)
    if question.patients is not None:
        events = events.filter(patient_id__in=question.patients)
    for beginning in (question.action, question.about and f"{question.about}."):
        if beginning:
            events = events.filter(action__startswith=beginning)
    for column in ("outcome", "address"):
        if wanted := getattr(question, column):
            events = events.filter(**{column: wanted})
    if question.outcome and question.outcome != AuditEvent.Outcome.SUCCESS:
        events = events.exclude(outcome=AuditEvent.Outcome.SUCCESS)  # the words of the small index
    if question.device:
        events = events.filter(device__icontains=question.device)
    return events.order_by("-recorded_at", "-id")


def page_of(
    events: QuerySet[AuditEvent], before: tuple[dt.datetime, int] | None, size: int
) -> tuple[list[AuditEvent], bool]:
    """(up to `size` lines older than that one, whether there are more). Never counts: the log is long."""
    if before is not None:
        at, pk = before
        # The first condition is what indexes and partitions understand; the second settles one instant's lines.
        events = events.filter(Q(recorded_at__lt=at) | Q(recorded_at=at, id__lt=pk), recorded_at__lte=at)
    rows = list(events[: size + 1])
    return rows[:size], len(rows) > size


def counts_on(facility_id: int, day: dt.date) -> dict[str, int]:
    """The day's lines by outcome, and how many people wrote them."""
    events = events_of(facility_id, Question(day, day)).order_by()
    return events.aggregate(
        all=Count("id"),
        denied=Count("id", filter=Q(outcome=AuditEvent.Outcome.DENIED)),
        failed=Count("id", filter=Q(outcome=AuditEvent.Outcome.FAILURE)),
        people=Count("agent_id", distinct=True),
    )
