"""What a facility asks of its records, from a day on."""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import Organization, User
from emr.audit.services import record
from emr.common.clock import local_today
from emr.common.errors import DomainError
from emr.common.vietnamese import tidy
from encounters.completeness.kinds import problem_of
from encounters.completeness.models import RuleVersion
from encounters.completeness.rules import CONDITIONS, OWNERS, delivered, read_rule
from encounters.visits import codes

_CODE = re.compile(r"[a-z][a-z0-9-]{2,39}")


@transaction.atomic
def set_rule(
    *,
    facility: Organization,
    code: str,
    content: Mapping[str, Any],
    begins_on: dt.date,
    reason: str,
    by: User,
    after: int | None = None,
) -> RuleVersion:
    """The facility's next version of a rule (`content`: as in `rules.json`), for stays that end on that day or later.

    `after`: the number of the version that was looked at; somebody else's in between is a refusal, and so is the same
    page sent twice. Raises DomainError for a day that is over (records closed by then were judged by what held), a rule
    that can't be run, one that was delivered as binding being loosened, or no reason.
    """
    Organization.objects.select_for_update().get(pk=facility.pk)
    if not _CODE.fullmatch(code):
        message = _("A code is 3 to 40 small letters, digits and hyphens.")
        raise DomainError(message, code="bad_code", field="code")
    if begins_on < local_today():
        message = _("A rule begins today or later: what was closed until now was judged by what held then.")
        raise DomainError(message, code="begun", field="begins_on")
    if len(reason := tidy(reason)) < 5:
        raise DomainError(_("Say why the rule is changed."), code="no_reason", field="reason")
    rule = read_rule(code, content, begins_on=begins_on)
    _refuse_unfit(code, content, rule.record_types)
    if problem := problem_of(rule):
        raise DomainError(problem, code="bad_rule")
    number = RuleVersion.objects.filter(facility=facility, code=code).count()
    if after is not None and after != number:
        message = _("Somebody has changed this rule since you opened it. Look at it again.")
        raise DomainError(message, code="changed")
    made = RuleVersion.objects.create(
        facility=facility,
        code=code,
        number=number + 1,
        begins_on=begins_on,
        content=rule.content(),
        reason=reason[:300],
        made_by=by,
    )
    told = {"code": code, "number": made.number, "begins_on": begins_on.isoformat()}
    record("completeness_rule.change", by=by, of=made, detail=told)
    return made


def _refuse_unfit(code: str, content: Mapping[str, Any], record_types: tuple[str, ...]) -> None:
    known = {
        "owner": set(OWNERS),
        "when": set(CONDITIONS),
        "classes": set(codes.EncounterClass.values),
    }
    said = {
        "owner": {content["owner"]},
        "when": set(content.get("when", ())),
        "classes": set(content.get("classes", ())),
    }
    if any(said[name] - known[name] for name in known) or not said["classes"] or not record_types:
        raise DomainError(_("Say of which stays it asks, and whose it is."), code="bad_rule")
    binding = [rule for rule in delivered() if rule.code == code and not rule.overridable]
    if binding and content.get("overridable", True):
        raise DomainError(
            _(
                "This rule was delivered as one that nobody sets aside; it may be switched off, with a reason."
            ),
            code="binding",
            field="overridable",
        )
