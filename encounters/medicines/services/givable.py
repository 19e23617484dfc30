"""Whether a dose may go in now, and how much of it: the rules of the moment, asked while its order is locked."""

import datetime as dt
from decimal import Decimal
from typing import cast

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.common.errors import DomainError
from encounters.medicines.models import DueDose, MedicationAdministration
from encounters.medicines.selectors.checking import demand_measured, demand_needed
from encounters.medicines.selectors.reactions import demand_tested
from encounters.medicines.selectors.regimens import by_scale, demand_not_held
from encounters.medicines.selectors.tables import is_high_alert, rules_in_force
from encounters.medicines.services.told import Given, NeedsWitness

_EARLY = dt.timedelta(hours=2)
_EARLY_BEFORE_EVENT = dt.timedelta(minutes=30)


def demand_givable(
    dose: DueDose, given: Given, at: dt.datetime, witness: User | None, by: User
) -> dict[str, object]:
    """What goes in, as fields of its row: the amount, and of a scale the value and the line that say it."""
    early = _EARLY_BEFORE_EVENT if dose.order.before_event else _EARLY
    if dose.kind == DueDose.Kind.SCHEDULED and dose.due_at - at > early:
        raise DomainError(
            _("This dose is due at %(time)s: it is too early.")
            % {"time": f"{timezone.localtime(dose.due_at):%H:%M %d/%m}"},
            code="early",
        )
    if given.how == MedicationAdministration.How.HAND and not given.hand_reason.strip():
        raise DomainError(_("Say why it wasn't scanned."), code="no_scan_reason", field="hand_reason")
    how_much = _amount_of(dose, given, at)
    amount = cast(Decimal, how_much["amount"])
    expires = given.expires_on or dose.expires_on
    if expires is not None and expires < timezone.localdate(at):
        raise DomainError(_("This medicine has expired: don't give it."), code="expired", field="expires_on")
    if dose.kind == DueDose.Kind.NEEDED:
        _one_at_a_time(dose)
        demand_needed(dose.order, at, amount)
    rules = list(rules_in_force(dose.facility_id))
    demand_measured(dose.order, at, rules)
    demand_not_held(dose.order, at)
    demand_tested(dose.order, at, rules)
    if witness is None and is_high_alert(dose.order, rules):
        words = _("%(name)s is a high-alert medicine: a second nurse checks it and identifies themselves.")
        said = [words % {"name": dose.order.text}, str(how_much.get("scale_line", ""))]
        raise NeedsWitness(" ".join(part for part in said if part), amount)
    if witness is not None and (witness.pk == by.pk or witness.facility_id != dose.facility_id):
        raise DomainError(_("The second nurse is somebody else."), code="same_person", field="witness")
    return how_much


def _one_at_a_time(dose: DueDose) -> None:
    """A patient's medicines when needed are counted by one at a time: the order's row holds only those of its own order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))", [f"needed:{dose.encounter_id}"]
        )


def _amount_of(dose: DueDose, given: Given, at: dt.datetime) -> dict[str, object]:
    if dose.order.scale:
        return _amount_by_scale(dose, given, at)
    amount = dose.amount if given.amount is None else given.amount
    if amount <= 0:
        raise DomainError(_("A dose is more than nothing."), code="invalid", field="amount")
    most = dose.order.most_per_dose or dose.amount
    if amount > most:
        raise DomainError(_("That is more than was ordered."), code="too_much", field="amount")
    return {"amount": amount}


def _amount_by_scale(dose: DueDose, given: Given, at: dt.datetime) -> dict[str, object]:
    said = by_scale(dose, at)
    if not said.amount:
        raise DomainError(
            _("%(line)s. Nothing is given: record it as left out by the scale.") % {"line": said.words},
            code="scale_none",
        )
    if given.amount is not None and given.amount != said.amount:
        raise DomainError(
            _("The scale says: %(line)s.") % {"line": said.words}, code="scale_says", field="amount"
        )
    return {"amount": said.amount, "observation": said.observation, "scale_line": said.words}
