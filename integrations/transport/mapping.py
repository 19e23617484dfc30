"""The mapping tables: what a person says a neighbour's code means, one by one or from a file.

A mapping frees the dead letters that lay there for want of it, and no others.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from emr.accounts.models import Organization, User
from emr.audit.services import record
from emr.common.errors import DomainError
from emr.common.sheets import Cell
from integrations.transport.catalogues import catalogue_of
from integrations.transport.codes import missing_in, neighbour_channels, neighbour_codes
from integrations.transport.models import Channel, DeadLetter, NeighbourCode
from integrations.transport.services import replay

# Of the file, in this order; the last three are for the reader and are not taken in.
COLUMNS = ("kind", "application", "facility", "code", "mapped_to", "words", "seen_count", "last_seen_at")
_TAKEN = COLUMNS[:5]
LARGEST_FILE = 1024 * 1024
MOST_ROWS = 10_000
_LONGEST_CODE, _LONGEST_OURS = 200, 60


@transaction.atomic
def map_code(row: NeighbourCode, *, mapped_to: str, by: User) -> int:
    """Say which of our codes a neighbour's code means; "" takes the mapping away. Answers how many messages are freed.

    Raises DomainError (field mapped_to) for a code that isn't ours.
    """
    row = NeighbourCode.objects.select_for_update(of=("self",)).select_related("channel").get(pk=row.pk)
    wanted = mapped_to.strip()
    if problem := _problem(row.facility_id, row.kind, row.code, wanted):
        raise DomainError(problem, code="not_ours", field="mapped_to")
    return _put(row, wanted, by)


def _put(row: NeighbourCode, mapped_to: str, by: User) -> int:
    row.mapped_to = mapped_to
    row.save(update_fields=["mapped_to"])
    record("unmapped_code.mapped", by=by, of=row, detail={"kind": row.kind, "mapped_to": mapped_to})
    return _free(row, by) if mapped_to else 0


def _problem(facility_id: int, kind: str, code: str, mapped_to: str) -> str:
    """Why the code can't be one of ours; "" when it can, and for an empty one."""
    if len(mapped_to) > _LONGEST_OURS:
        return _("Our codes have at most %(count)d characters.") % {"count": _LONGEST_OURS}
    catalogue = catalogue_of(kind)
    if not mapped_to or catalogue is None:
        return ""
    if (catalogue.takes_as_sent and mapped_to == code) or mapped_to in catalogue.known(
        facility_id, [mapped_to]
    ):
        return ""
    return _("“%(code)s” is no code of ours.") % {"code": mapped_to}


def letters_waiting_for(row: NeighbourCode) -> QuerySet[DeadLetter]:
    """The open dead letters of the neighbour that lack this code, oldest message first."""
    named = Q(reason=f"unmapped_{row.kind}", detail__sent=row.code, detail__missing__isnull=True)
    # [[kind, code, words], …]: an array holds another when each of the other's entries is in one of its own.
    listed = Q(detail__missing__contains=[[row.kind, row.code]])
    return DeadLetter.objects.filter(
        named | listed, resolution="", message__channel__in=neighbour_channels(row.channel).values("pk")
    ).order_by("message_id")


def _free(row: NeighbourCode, by: User) -> int:
    """Try again what waited for this code and lacks no other."""
    count = 0
    mapped = set(neighbour_codes(row.channel).exclude(mapped_to="").values_list("kind", "code"))
    for letter in letters_waiting_for(row):
        if all((sent.kind, sent.code[:200]) in mapped for sent in missing_in(letter.reason, letter.detail)):
            replay(letter, by=by)
            count += 1
    return count


@transaction.atomic
def add_mapping(*, channel: Channel, kind: str, code: str, mapped_to: str, by: User) -> int:
    """Map a code before it is first seen; of a code that is listed already the mapping is changed."""
    code = code.strip()
    if not 0 < len(code) <= _LONGEST_CODE:
        raise DomainError(_("A code has 1 to %(count)d characters.") % {"count": _LONGEST_CODE}, field="code")
    if not mapped_to.strip():
        raise DomainError(_("Say which of our codes is meant."), field="mapped_to")
    if problem := _problem(channel.facility_id, kind, code, mapped_to.strip()):
        raise DomainError(problem, code="not_ours", field="mapped_to")
    return _put(_row(channel, kind, code), mapped_to.strip(), by)


def _row(channel: Channel, kind: str, code: str) -> NeighbourCode:
    """The neighbour's row for the code, made where there is none; locked."""
    rows = neighbour_codes(channel).select_for_update(of=("self",)).select_related("channel")
    if found := rows.filter(kind=kind, code=code).order_by("pk").first():
        return found
    made, _is_new = NeighbourCode.objects.get_or_create(
        channel=channel,
        kind=kind,
        code=code,
        defaults={"facility_id": channel.facility_id, "seen_count": 0},
    )
    return made


@dataclass(frozen=True, slots=True)
class Planned:
    """One line of a file: what it says, and what it would do ("new", "changed", "removed", "same")."""

    line: int
    channel: Channel
    kind: str
    code: str
    mapped_to: str
    before: str
    action: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file would do; with problems it does nothing."""

    rows: list[Planned]
    problems: list[str]

    def count(self, action: str) -> int:
        """How many lines would do this."""
        return sum(row.action == action for row in self.rows)

    @property
    def changes(self) -> list[Planned]:
        """The lines that would change something."""
        return [row for row in self.rows if row.action != "same"]


def plan_import(*, facility: Organization, content: str) -> Plan:
    """Read a file and say line by line what it would do; nothing is changed. Raises DomainError when it can't be read."""
    lines = _read(content)
    channels: dict[tuple[str, str], Channel] = {}
    for channel in Channel.objects.filter(facility=facility).order_by("-direction", "-pk"):
        channels[channel.neighbour] = channel  # the incoming one where there are both
    known = _known(facility)
    valid = _ours(facility, lines)
    rows: list[Planned] = []
    problems: list[str] = []
    seen: dict[tuple[str, str, tuple[str, str]], int] = {}
    for number, cells in lines:
        neighbour = (cells["application"], cells["facility"])
        key = (cells["kind"], cells["code"], neighbour)
        problem = _line_problem(cells, neighbour in channels, valid)
        if not problem and key in seen:
            problem = _("the code stands in line %(line)d already") % {"line": seen[key]}
        if problem:
            problems.append(_("Line %(line)d: %(what)s") % {"line": number, "what": problem})
            continue
        seen[key] = number
        before = known.get(key)
        after = cells["mapped_to"]
        action = (
            "same" if after == (before or "") else "new" if not before else "changed" if after else "removed"
        )
        rows.append(
            Planned(number, channels[neighbour], cells["kind"], cells["code"], after, before or "", action)
        )
    return Plan(rows, problems)


def _read(content: str) -> list[tuple[int, dict[str, str]]]:
    first = content.split("\n", 1)[0]
    reader = csv.DictReader(io.StringIO(content, newline=""), delimiter=max(";\t,", key=first.count))
    try:
        missing = [name for name in _TAKEN if name not in (reader.fieldnames or [])]
        if missing:
            raise DomainError(
                _("The file has no column %(names)s.") % {"names": ", ".join(missing)}, field="file"
            )
        lines = [(reader.line_num, {name: _undone(cells[name] or "") for name in _TAKEN}) for cells in reader]
    except csv.Error as error:
        raise DomainError(str(error), field="file") from error
    lines = [(number, cells) for number, cells in lines if any(cells.values())]
    if len(lines) > MOST_ROWS:
        raise DomainError(_("The file has more than %(count)d lines.") % {"count": MOST_ROWS}, field="file")
    return lines


def _undone(cell: str) -> str:
    """A cell as it was before `sheets` put an apostrophe before what a spreadsheet would take for a formula."""
    text = cell.strip()
    return text[1:] if text[:1] == "'" and text[1:2] in {"=", "+", "-", "@"} else text


def _known(facility: Organization) -> dict[tuple[str, str, tuple[str, str]], str]:
    rows = NeighbourCode.objects.filter(facility=facility).select_related("channel").order_by("-pk")
    return {(row.kind, row.code, row.channel.neighbour): row.mapped_to for row in rows}


def _ours(facility: Organization, lines: Sequence[tuple[int, dict[str, str]]]) -> dict[str, set[str]]:
    """{kind: those of the file's codes that are ours}: a question a kind, not one a line."""
    found: dict[str, set[str]] = {}
    for kind in {cells["kind"] for _number, cells in lines}:
        if (catalogue := catalogue_of(kind)) is not None:
            wanted = {cells["mapped_to"] for _number, cells in lines if cells["kind"] == kind}
            found[kind] = set(catalogue.known(facility.pk, sorted(wanted - {""})))
    return found


def _line_problem(cells: dict[str, str], is_neighbour: bool, valid: dict[str, set[str]]) -> str:
    if cells["kind"] not in NeighbourCode.Kind.values:
        return _("the kind is one of %(kinds)s") % {"kinds": ", ".join(NeighbourCode.Kind.values)}
    if not is_neighbour:
        name = f"{cells['application']} · {cells['facility']}"
        return _("no channel leads to the neighbour %(name)s") % {"name": name}
    return _code_problem(cells["kind"], cells["code"], cells["mapped_to"], valid)


def _code_problem(kind: str, code: str, mapped_to: str, valid: dict[str, set[str]]) -> str:
    if not 0 < len(code) <= _LONGEST_CODE:
        return _("a code has 1 to %(count)d characters") % {"count": _LONGEST_CODE}
    if len(mapped_to) > _LONGEST_OURS:
        return _("our codes have at most %(count)d characters") % {"count": _LONGEST_OURS}
    catalogue = catalogue_of(kind)
    if not mapped_to or catalogue is None or mapped_to in valid[kind]:
        return ""
    if catalogue.takes_as_sent and mapped_to == code:
        return ""
    return _("“%(code)s” is no code of ours") % {"code": mapped_to}


@transaction.atomic
def apply_import(*, facility: Organization, content: str, by: User) -> tuple[Plan, int]:
    """Take a file in: all of it, or nothing where a line is wrong. Answers the plan and how many messages are freed.

    The same file again changes nothing.
    """
    plan = plan_import(facility=facility, content=content)
    if plan.problems:
        return plan, 0
    freed = sum(_put(_row(row.channel, row.kind, row.code), row.mapped_to, by) for row in plan.changes)
    record("unmapped_code.import", by=by, detail={"rows": len(plan.rows), "changed": len(plan.changes)})
    return plan, freed


def as_cells(rows: Iterable[NeighbourCode]) -> Iterable[Sequence[Cell]]:
    """The lines of the file, under COLUMNS; the time in the file's own form."""
    for row in rows:
        application, facility = row.channel.neighbour
        last = f"{row.last_seen_at:%Y-%m-%d %H:%M}" if row.last_seen_at else ""
        yield (row.kind, application, facility, row.code, row.mapped_to, row.words, row.seen_count, last)
