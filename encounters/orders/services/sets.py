"""Panels and order sets: changed line by line, every state kept with its day."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from emr.accounts.models import Organization, User
from emr.audit.services import record
from emr.common.clock import local_today
from emr.common.errors import Conflict, DomainError
from emr.terminology.selectors import search_concepts
from emr.terminology.text import search_text
from encounters.orders.models import OrderSet, OrderSetLine, OrderSetVersion
from encounters.orders.oneline import parse_line
from encounters.orders.selectors.catalogue import services_by_code

MOST_LINES = 40
_LONGEST = 300
_OWN = ("laboratory", "imaging")
Line = tuple[str, str, str]  # category, code, text


@dataclass(frozen=True, slots=True)
class SetContent:
    """What a set holds: codes of the department and the beginning of an ICD-10 code, "" for every one."""

    name: str
    kind: str
    department: str
    diagnosis: str
    is_active: bool = True
    lines: Sequence[Line] = field(default_factory=tuple)

    def as_json(self) -> dict[str, Any]:
        """As a version keeps it."""
        return {
            "name": self.name,
            "kind": self.kind,
            "department": self.department,
            "diagnosis": self.diagnosis,
            "is_active": self.is_active,
            "lines": [list(line) for line in self.lines],
        }

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "SetContent":
        """A version's content again."""
        lines = [(str(category), str(code), str(text)) for category, code, text in content["lines"]]
        return cls(
            content["name"],
            content["kind"],
            content["department"],
            content["diagnosis"],
            is_active=bool(content["is_active"]),
            lines=lines,
        )


def content_of(found: OrderSet) -> SetContent:
    """The present state. One query."""
    lines = [(line.category, line.code, line.text) for line in found.lines.all()]
    return SetContent(
        found.name,
        found.kind,
        found.department_code,
        found.diagnosis,
        is_active=found.is_active,
        lines=lines,
    )


@transaction.atomic
def put_set(
    *, facility: Organization, code: str, content: SetContent, by: User | None, reason: str = ""
) -> bool:
    """Make the set of that code hold this, and keep what it held; False when that changes nothing. Lines aren't checked."""
    found = OrderSet.objects.select_for_update(of=("self",)).filter(facility=facility, code=code).first()
    before = content_of(found) if found is not None else None
    if before is not None and before.as_json() == content.as_json():
        return False
    wanted = {
        "name": content.name,
        "kind": content.kind,
        "department_code": content.department,
        "diagnosis": content.diagnosis,
        "search_text": search_text(code, content.name, "", content.diagnosis),
        "is_active": content.is_active,
    }
    if found is None:
        found = OrderSet.objects.create(facility=facility, code=code, **wanted)
    else:
        if before is not None and not found.versions.exists():
            # The state from before versions were kept.
            _keep(found, before, by=None, reason="", number=1, on=localdate(found.created_at))
        for name, value in wanted.items():
            setattr(found, name, value)
        found.save()
        found.lines.all().delete()
    OrderSetLine.objects.bulk_create(
        OrderSetLine(
            facility=facility, order_set=found, position=position, category=category, code=of, text=text
        )
        for position, (category, of, text) in enumerate(content.lines, start=1)
    )
    _keep(found, content, by=by, reason=reason, number=found.versions.count() + 1, on=local_today())
    return True


def _keep(
    found: OrderSet, content: SetContent, *, by: User | None, reason: str, number: int, on: Any
) -> None:
    OrderSetVersion.objects.create(
        facility_id=found.facility_id,
        order_set=found,
        number=number,
        valid_from=on,
        content=content.as_json(),
        changed_by=by,
        reason=reason.strip()[:200],
    )


def line_problem(facility: Organization, line: Line) -> str:
    """What is wrong with a line, or "": a medicine must be readable and known, a service in force."""
    category, code, text = line
    if category == "medication":
        parsed = parse_line(text)
        if parsed.problems:
            return " ".join(parsed.problems)
        if not search_concepts("medicine", parsed.name, limit=1):
            return _("No medicine is called “%(name)s”.") % {"name": parsed.name}
        return ""
    if category in _OWN and code not in services_by_code(facility.pk, [code]):
        return _("%(text)s can't be ordered today.") % {"text": text}
    return "" if text.strip() else _("Write what is ordered.")


@transaction.atomic
def edit_set(
    *,
    facility: Organization,
    code: str,
    content: SetContent,
    by: User,
    version: int | None = None,
    reason: str = "",
) -> OrderSet:
    """Change a set in the browser, or make one (`version` None). Every line is checked.

    `version`: the number of the state that the page showed; Conflict when somebody changed it since. Raises DomainError.
    """
    code = code.strip().upper()[:40]
    if not code or not content.name.strip():
        raise DomainError(_("A set has a code, a name and lines."), code="invalid", field="name")
    if content.kind not in OrderSet.Kind.values:
        raise DomainError(_("The kind is panel or set."), code="invalid", field="kind")
    if not content.lines or len(content.lines) > MOST_LINES:
        raise DomainError(
            _("A set has from 1 to %(most)d lines.") % {"most": MOST_LINES}, code="invalid", field="lines"
        )
    found = OrderSet.objects.select_for_update(of=("self",)).filter(facility=facility, code=code).first()
    if found is not None and version is None:
        raise DomainError(_("This code is taken."), code="taken", field="code")
    if found is not None and found.versions.count() != version:
        raise Conflict(_("Somebody changed this set meanwhile: read it again."))
    if content.is_active:
        for number, line in enumerate(content.lines, start=1):
            if problem := line_problem(facility, (line[0], line[1], line[2][:_LONGEST])):
                raise DomainError(
                    _("Line %(number)d: %(problem)s") % {"number": number, "problem": problem},
                    code="bad_line",
                    field="lines",
                )
    put_set(facility=facility, code=code, content=content, by=by, reason=reason)
    kept = OrderSet.objects.get(facility=facility, code=code)
    record("order_set.edit", by=by, of=kept)
    return kept


@transaction.atomic
def restore_version(*, version: OrderSetVersion, by: User) -> OrderSet:
    """Make the set hold what it held in that version; that is a new version again. Lines are checked as of today."""
    order_set = version.order_set
    return edit_set(
        facility=order_set.facility,
        code=order_set.code,
        content=SetContent.from_json(version.content),
        by=by,
        version=order_set.versions.count(),
        reason=_("As in version %(number)d") % {"number": version.number},
    )
