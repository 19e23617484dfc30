"""AL1 onto the patient's allergies: what the HIS states, unverified until a clinician here confirms it.

AL1 is sent as a snapshot (HL7 v2.5.1, 2.10.4): its segments are the HIS's whole list and replace its former one. No AL1
says nothing; AL1-3 `""` takes everything back that the HIS said. What a person here wrote, confirmed or ended stays.
"""

from django.utils.translation import gettext as _

from emr.common.masters import ALLERGIES
from emr.common.vietnamese import fold
from emr.terminology.selectors import displays
from integrations.his.models import Freshness
from integrations.his.reading import Adt
from integrations.his.services.freshness import is_news, stamp
from integrations.hl7v2.segments import Al1
from integrations.transport.codes import ours
from patients.history.models import AllergyIntolerance
from patients.history.services import AllergyDetails, ToldAllergy, take_told_allergies
from patients.registry.access import same_person
from patients.registry.models import Patient

Category, Criticality = AllergyIntolerance.Category, AllergyIntolerance.Criticality
# HL7 table 0127. What is "miscellaneous" there has no kind here.
_CATEGORIES = {
    "DA": Category.MEDICATION, "FA": Category.FOOD, "EA": Category.ENVIRONMENT, "AA": Category.ENVIRONMENT,
    "PA": Category.ENVIRONMENT, "LA": Category.ENVIRONMENT,
}  # fmt: skip
# HL7 table 0128. "Moderate" says how bad it was, not whether the next time may kill.
_CRITICALITIES = {"SV": Criticality.HIGH, "MI": Criticality.LOW}
# That none is known, as HISs write it; NKDA speaks of medicines alone and 716186003 is SNOMED CT's code of it.
_NONE_KNOWN = {
    "nka", "716186003", "none", "no known allergies", "no known allergy", "khong", "khong co", "khong di ung",
    "khong co di ung", "khong co tien su di ung", "khong ghi nhan di ung", "khong phat hien di ung",
}  # fmt: skip
# Words that say nothing: nobody has asked there, or about medicines alone.
_NOTHING_SAID = {
    "nkda", "unknown", "unk", "chua ro", "khong ro", "chua biet", "chua ghi nhan", "chua khai thac", "khong khai thac duoc",
}  # fmt: skip


def keep_allergies(adt: Adt, patient: Patient) -> bool:
    """Take the HIS's list over unless newer news is there or the EMR keeps allergies; whether anything changed."""
    sent = adt.allergies()
    if not sent:
        return False
    is_deleted = any(al1.is_null for al1 in sent)
    told, says_none = _told(adt, [al1 for al1 in sent if not al1.is_null])
    if not told and not says_none and not is_deleted:
        return False  # nothing but "not asked"
    source = adt.channel.neighbour[0][:60]
    group = f"AL1:{source}"[:20]  # another neighbour's list is another list
    if not is_news(Freshness.Subject.PATIENT, patient.pk, group, adt.described_at):
        adt.remark("partly_older", groups="AL1")
        return False
    if adt.keeps_here(ALLERGIES):
        if _adds(patient, told):
            adt.left_alone(ALLERGIES, "AL1")
        return False
    changed, left = take_told_allergies(
        patient=patient,
        source=source,
        told=told,
        is_none_known=says_none and not told,
        by=adt.account,
    )
    if left:
        adt.remark("allergies_left_alone", substances=", ".join(left))
    stamp(Freshness.Subject.PATIENT, patient.pk, group, adt.described_at, adt.message)
    return changed


def _told(adt: Adt, sent: list[Al1]) -> tuple[list[ToldAllergy], bool]:
    """(the allergies, whether it is said that none is known)."""
    medicines = _medicines(adt, sent)
    told, says_none = [], False
    for al1 in sent:
        code, words = al1.allergen_code.identifier, al1.allergen_code.text
        known = {fold(code), fold(words)} - {""}
        if known & _NONE_KNOWN:
            says_none = True
        elif known & _NOTHING_SAID:
            adt.remark("left_out", text=f"AL1-3 ({(words or code)[:40]})")
        elif known:
            our_code, title = (
                medicines.get(code[:40], ("", "")) if al1.allergen_type_code in {"", "DA"} else ("", "")
            )
            details: AllergyDetails = {
                "substance_code": our_code,
                "category": str(
                    _CATEGORIES.get(al1.allergen_type_code, Category.MEDICATION if our_code else "")
                ),
                "criticality": str(_CRITICALITIES.get(al1.allergy_severity_code, Criticality.UNKNOWN)),
                "reaction": al1.allergy_reaction_code[:200],
                "note": _since(al1),
            }
            told.append(ToldAllergy((words or title or code)[:200], details))
    return told, says_none


def _since(al1: Al1) -> str:
    at = al1.identification_date
    if at is None:
        return ""
    return _("Known since %(day)s") % {"day": f"{at.on:%d/%m/%Y}" if at.has_day else at.on.year}


def _medicines(adt: Adt, sent: list[Al1]) -> dict[str, tuple[str, str]]:
    """{their code: (our code, its title)} of the medicines among the allergens."""
    codes = {al1.allergen_code.identifier[:40] for al1 in sent} - {""}
    mapped = {code: code for code in codes} | ours(adt.channel, "medicine", codes)
    titles = displays(("medicine", code) for code in mapped.values())
    return {
        theirs: (our, titles["medicine", our])
        for theirs, our in mapped.items()
        if ("medicine", our) in titles
    }


def _adds(patient: Patient, told: list[ToldAllergy]) -> bool:
    """Whether the message states an allergy that isn't on the list here."""
    rows = AllergyIntolerance.objects.filter(patient__in=same_person(patient), status="active")
    held = {fold(substance) for substance in rows.values_list("substance", flat=True)}
    return any(fold(one.substance) not in held for one in told)
