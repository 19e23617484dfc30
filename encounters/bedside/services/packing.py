"""Packs for when the server is away (R-22, F-33): made by the clock, sealed with the ward's code, the newest alone kept."""

import logging

import segno
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.translation import override

from emr.accounts.models import Organization, User
from emr.audit.services import record
from emr.common import wall
from emr.common.clock import now
from emr.storage import keys
from encounters.bedside import sealing
from encounters.bedside.models import WardCode, WardPack
from encounters.bedside.selectors.packs import PackRow, pack_rows
from encounters.documents.marks import OUTAGE_SHEET, form_mark

logger = logging.getLogger(__name__)


@transaction.atomic
def set_ward_code(*, department: Organization, by: User) -> tuple[WardCode, str]:
    """A new code for the ward's packs, told this once; packs made before open with the old code alone.

    Returns (the row, the code). The code is stored nowhere: the key that it gives is, wrapped as file keys are.
    """
    code, salt = sealing.make_code(), sealing.make_salt()
    wrapped, fingerprint = keys.wrap(sealing.derive(code, salt))
    row, _is_new = WardCode.objects.update_or_create(
        department=department,
        defaults={
            "facility_id": department.facility_id,
            "salt": salt,
            "wrapped_key": wrapped,
            "wrapped_by": fingerprint,
            "set_at": now(),
            "set_by": by,
        },
    )
    record("ward_pack.issue", by=by, of=row, detail={"department": department.code})
    make_pack(code=row)
    return row, code


@transaction.atomic
def make_pack(*, code: WardCode) -> WardPack:
    """The ward as it is now, sealed, in place of the pack before."""
    department, moment = code.department, now()
    with override("vi"):
        rows = pack_rows(department)
        page = render_to_string(
            "encounters/bedside/pack.html",
            {
                "ward": department,
                "made_at": moment,
                "rows": [(row, _qr(row.code), _qr(_sheet_mark(row))) for row in rows],
            },
        )
    closed = sealing.seal(
        page,
        key=keys.unwrap(bytes(code.wrapped_key), code.wrapped_by),
        salt=bytes(code.salt),
        ward=department.name,
        made_at=moment.isoformat(timespec="seconds"),
    )
    pack, _is_new = WardPack.objects.update_or_create(
        code=code,
        defaults={
            "facility_id": code.facility_id,
            "content": closed.encode(),
            "made_at": moment,
            "patient_count": len(rows),
        },
    )
    record("ward_pack.make", of=pack, detail={"department": department.code, "count": len(rows)})
    return pack


def _sheet_mark(row: PackRow) -> str:
    """The code by which the sheet files itself when it is scanned afterwards."""
    return form_mark(row.place.encounter.uuid, OUTAGE_SHEET)


def _qr(text: str) -> str:
    return segno.make(text, error="m", micro=False).svg_data_uri(scale=3, border=2)


def make_all_packs() -> int:
    """Every ward's pack, facility by facility; one that fails is told and stops no other. Returns how many were made."""
    count = 0
    for facility_id in Organization.objects.filter(kind=Organization.Kind.FACILITY).values_list(
        "pk", flat=True
    ):
        with wall.within(facility_id):
            for code in list(WardCode.objects.filter(facility=facility_id).select_related("department")):
                try:
                    make_pack(code=code)
                    count += 1
                except Exception:
                    logger.exception("no pack of ward %s", code.department_id)
    return count
