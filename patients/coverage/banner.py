"""Insurance on the banner and on the chart's first page."""

from typing import Any

from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.common.clock import local_today
from patients.coverage.models import Coverage
from patients.coverage.selectors import coverages_of
from patients.registry.banner import Part
from patients.registry.models import Patient

_SOON = 30


def _rows(patient: Patient) -> list[Coverage]:
    kept: list[Coverage] | None = patient.__dict__.get("_coverages")
    if kept is None:
        kept = patient.__dict__["_coverages"] = coverages_of(patient)
    return kept


def present(rows: list[Coverage]) -> Coverage | None:
    """The row to show: valid today, an insurance card first; else the card that ended last."""
    today = local_today()
    active = [row for row in rows if row.is_active]
    return min(
        active,
        key=lambda row: (not row.is_valid_on(today), row.payer != Coverage.Payer.INSURANCE),
        default=None,
    )


def payer_parts(patient: Patient, _encounter: Any) -> list[Part]:
    """Kind of payer, card number, last day; a warning when it has ended or soon will."""
    row = present(_rows(patient))
    if row is None:
        return [Part("payer", _("payer unknown"), label=_("Insurance"))]
    if row.payer != Coverage.Payer.INSURANCE:
        return [Part("payer", row.get_payer_display(), label=_("Payer"))]
    until = f"{row.valid_until:%d/%m/%Y}" if row.valid_until else ""
    parts = [Part("payer", row.card_number, label=_("Insurance"))]
    if not row.is_valid_on():
        parts.append(Part("payer", _("not valid today"), kind="danger", icon="calendar-x"))
    elif row.valid_until and (row.valid_until - local_today()).days <= _SOON:
        parts.append(Part("payer", _("ends %s") % until, kind="warning", icon="calendar-event"))
    elif until:
        parts.append(Part("payer", until, label=_("until")))
    return parts


def panel_facts(patient: Patient, _user: User) -> dict[str, Any]:
    """What the chart's panel shows."""
    rows = _rows(patient)
    return {"present": present(rows), "others": sum(row.is_active for row in rows) - 1}
