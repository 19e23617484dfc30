"""From a draft to a version in force. What is written on earlier versions stays as it is."""

import copy
import datetime as dt
from urllib.parse import quote

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import local_today, now
from emr.common.errors import Conflict, DomainError
from emr.common.vietnamese import tidy
from emr.outbox import publish
from encounters.designing.checks import findings
from encounters.designing.elements import Json
from encounters.designing.models import FormDraft
from encounters.designing.selectors import authors_of
from encounters.forms.engine.vocabulary import FORM_CODE
from encounters.forms.models import Questionnaire
from encounters.forms.services import load_questionnaire, retire_questionnaire

_SHORTEST = 5


@transaction.atomic
def publish_draft(
    *, draft: FormDraft, revision: int, begins_on: dt.date, note: str, by: User, in_spite: bool = False
) -> Questionnaire:
    """Put the draft in force from a day on, as the next version; sent twice, the second finds the first's.

    `in_spite`: the warnings were read. Raises Conflict when it was changed meanwhile, DomainError for who worked on it
    (two people see every version), a day that is over or before a version that is coming, no note, problems, and warnings
    that nobody has read.
    """
    draft = (
        FormDraft.objects.select_for_update(of=("self",))
        .select_related("facility", "based_on")
        .get(pk=draft.pk)
    )
    if draft.published_as is not None:
        return draft.published_as
    if not draft.is_open:
        raise Conflict(_("This draft was discarded."), code="discarded")
    if draft.revision != revision:
        raise Conflict(_("The form was changed after this page showed it. Look at it again."))
    if by.pk in authors_of(draft):
        message = _("You worked on this form: somebody else who may publish looks at it and publishes it.")
        raise DomainError(message, code="own_work")
    if len(note := tidy(note)[:300]) < _SHORTEST:
        raise DomainError(_("Say in a few words what is new."), code="no_note", field="note")
    _demand_day(draft, begins_on)
    found = findings(draft.resource, before=draft.based_on.resource if draft.based_on else None)
    if found.problems:
        raise DomainError(_("Something in the form is not right yet."), code="not_right")
    if found.warnings and not in_spite:
        message = _("Read the warnings and say that you have.")
        raise DomainError(message, code="warned", field="in_spite")
    version, _is_new = load_questionnaire(_as_version(draft, begins_on), facility=draft.facility)
    _close_earlier(draft, version)
    draft.status, draft.published_as, draft.published_by = FormDraft.Status.PUBLISHED, version, by
    draft.published_at, draft.note = now(), note
    draft.save(update_fields=["status", "published_as", "published_by", "published_at", "note"])
    detail = {"code": version.code, "version": version.version, "from": begins_on.isoformat()}
    record("form.publish", by=by, of=draft, detail=detail | {"warnings": len(found.warnings)})
    publish("form.published", order_key=f"form:{draft.facility_id}:{version.code}", form_draft_id=draft.pk)
    return version


def url_of(draft: FormDraft) -> str:
    """The canonical address of the house's own form of that code."""
    return f"urn:benhanmo:facility:{draft.facility.code}:questionnaire:{quote(draft.code, safe='-._')}"


def _demand_day(draft: FormDraft, begins_on: dt.date) -> None:
    if begins_on < local_today():
        message = _(
            "A version begins today or later: what was written until now was written on the one before."
        )
        raise DomainError(message, code="begun", field="begins_on")
    planned = _own(draft).aggregate(Max("effective_from"))["effective_from__max"]
    if planned is not None and begins_on < planned:
        message = _("A version from %(day)s on is there already: this one can't begin before it.")
        raise DomainError(message % {"day": f"{planned:%d/%m/%Y}"}, code="before_another", field="begins_on")


def _own(draft: FormDraft) -> QuerySet[Questionnaire]:
    return Questionnaire.objects.filter(facility=draft.facility_id, code=draft.code)


def _close_earlier(draft: FormDraft, version: Questionnaire) -> None:
    """The house's earlier versions end the day before, so that ending this one leads back to the delivered form."""
    day_before = version.effective_from - dt.timedelta(days=1)
    for earlier in _own(draft).exclude(pk=version.pk).filter(effective_to=None):
        retire_questionnaire(questionnaire=earlier, last_day=max(day_before, earlier.effective_from))


def _as_version(draft: FormDraft, begins_on: dt.date) -> Json:
    """The resource under the house's own address with the next number, from the day on."""
    url = url_of(draft)
    resource: Json = copy.deepcopy(draft.resource)
    numbers = Questionnaire.objects.filter(url=url).values_list("version", flat=True)
    number = max((int(one) for one in numbers if one.isdecimal()), default=0) + 1
    came_from = "|".join(part for part in (resource.get("url"), resource.get("version")) if part)
    if came_from and resource.get("url") != url:
        resource["derivedFrom"] = [came_from]
    others = [coding for coding in resource.get("code", []) if coding.get("system") != FORM_CODE]
    return resource | {
        "url": url,
        "version": str(number),
        "status": "active",
        "date": local_today().isoformat(),
        "effectivePeriod": {"start": begins_on.isoformat()},
        "code": [{"system": FORM_CODE, "code": draft.code, "display": draft.title}, *others],
    }


@transaction.atomic
def end_version(*, version: Questionnaire, last_day: dt.date, by: User) -> Questionnaire:
    """The last day on which a version of the house's own may be begun; then the delivered form counts again.

    Raises DomainError for a delivered version, and for a day that is over.
    """
    version = Questionnaire.objects.select_for_update(of=("self",)).get(pk=version.pk)
    if version.facility_id != by.facility_id:
        raise DomainError(_("A delivered form can't be ended here."), code="delivered")
    if last_day < local_today():
        raise DomainError(_("That day is over."), code="past", field="last_day")
    if version.effective_to == last_day:
        return version
    retire_questionnaire(questionnaire=version, last_day=last_day)
    detail = {"code": version.code, "version": version.version, "last_day": last_day.isoformat()}
    record("form.end", by=by, of=version, detail=detail)
    return version
