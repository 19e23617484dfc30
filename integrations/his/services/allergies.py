"""AL1 and IAM onto the patient's allergies: what the HIS states, unverified until a clinician here confirms it.

AL1 is sent as a snapshot (HL7 v2.5.1, 2.10.4): its segments are the HIS's whole list and replace its former one. No AL1
says nothing; AL1-3 `""` takes everything back that the HIS said. IAM (A60) without action codes is such a list too; with
them (IAM-6: A, U, D) each segment changes its own substance, and its news is told apart from the others'. What a person
here wrote, confirmed or ended stays.
"""

import hashlib

from django.utils.translation import gettext as _

from emr.common.masters import ALLERGIES
from emr.common.vietnamese import fold
from emr.terminology.selectors import displays
from integrations.his.models import Freshness
from integrations.his.reading import Adt
from integrations.his.services.freshness import is_news, news_of, stamp, stamp_many
from integrations.hl7v2.segments import Al1, Iam
from integrations.transport.codes import ours
from patients.history.models import AllergyIntolerance
from patients.history.services import AllergyDetails, ToldAllergy, take_told_allergies
from patients.registry.access import same_person
from patients.registry.models import Patient

# IAM-6, HL7 table 0323.
_ACTIONS = {"A", "U", "D"}
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
    sent, reactions = adt.allergies(), adt.reactions()
    if not sent and any(reaction.action_code in _ACTIONS for reaction in reactions):
        return _keep_changes(adt, patient, reactions)
    if not sent and not reactions:
        return False
    listed = sent or [reaction.allergy for reaction in reactions if reaction.stands]
    # A list of nothing but what is in error or over is a list of nothing.
    is_deleted = any(al1.is_null for al1 in listed) or not listed
    told, says_none = _told(adt, [al1 for al1 in listed if not al1.is_null])
    if not told and not says_none and not is_deleted:
        return False  # nothing but "not asked"
    source, segment = adt.channel.neighbour[0][:60], "AL1" if sent else "IAM"
    group = _list_group(source)
    if not is_news(Freshness.Subject.PATIENT, patient.pk, group, adt.described_at):
        adt.remark("partly_older", groups=segment)
        return False
    if adt.keeps_here(ALLERGIES):
        if _adds(patient, told):
            adt.left_alone(ALLERGIES, segment)
        return False
    told = _with_newer(adt, patient, source, told)
    changed = _take(adt, patient, source, told, is_none_known=says_none and not told)
    stamp(Freshness.Subject.PATIENT, patient.pk, group, adt.described_at, adt.message)
    return changed


def _take(adt: Adt, patient: Patient, source: str, told: list[ToldAllergy], *, is_none_known: bool) -> bool:
    changed, left = take_told_allergies(
        patient=patient, source=source, told=told, is_none_known=is_none_known, by=adt.account
    )
    if left:
        adt.remark("allergies_left_alone", substances=", ".join(left))
    return changed


def _list_group(source: str) -> str:
    """Another neighbour's list is another list."""
    return f"AL1:{source}"[:20]


def _substance_group(source: str, substance: str) -> str:
    return f"IAM:{hashlib.sha256(f'{source}|{fold(substance)}'.encode()).hexdigest()[:16]}"


def _held(patient: Patient, source: str) -> dict[str, ToldAllergy]:
    """{folded substance: what the source states of it now}."""
    rows = AllergyIntolerance.objects.filter(
        patient__in=same_person(patient), source=source, status="active", is_none_known=False
    )
    return {
        fold(row.substance): ToldAllergy(
            row.substance,
            {
                "substance_code": row.substance_code,
                "category": row.category,
                "criticality": row.criticality,
                "reaction": row.reaction,
                "note": row.note,
            },
        )
        for row in rows.order_by("pk")
    }


def _with_newer(adt: Adt, patient: Patient, source: str, told: list[ToldAllergy]) -> list[ToldAllergy]:
    """A list that is older than what was said of single substances since: of those the newer word counts."""
    held = _held(patient, source)
    groups = {key: _substance_group(source, key) for key in {*held, *(fold(one.substance) for one in told)}}
    fresh = news_of(Freshness.Subject.PATIENT, patient.pk, groups.values(), adt.described_at)
    newer = {key for key, group in groups.items() if group not in fresh}
    return [one for one in told if fold(one.substance) not in newer] + [
        held[key] for key in held if key in newer
    ]


def _keep_changes(adt: Adt, patient: Patient, reactions: list[Iam]) -> bool:
    """IAM with action codes: each changes what the HIS says of its substance; the others stay as they are."""
    source = adt.channel.neighbour[0][:60]
    said = [(reaction, *_told(adt, [reaction.allergy])) for reaction in reactions]
    if adt.keeps_here(ALLERGIES):
        if _adds(patient, [one for reaction, told, _none in said if reaction.stands for one in told]):
            adt.left_alone(ALLERGIES, "IAM")
        return False
    held, says_none = _held(patient, source), False
    groups = {_substance_group(source, one.substance) for _reaction, told, _none in said for one in told}
    listed = _list_group(source)
    fresh = news_of(Freshness.Subject.PATIENT, patient.pk, {*groups, listed}, adt.described_at)
    taken: set[str] = set()
    for reaction, told, is_none in said:
        says_none |= is_none and reaction.stands
        for one in told:
            group = _substance_group(source, one.substance)
            if not {group, listed} <= fresh:
                adt.remark("partly_older", groups="IAM")
            elif reaction.stands:
                held[fold(one.substance)] = one
                taken.add(group)
            else:
                held.pop(fold(one.substance), None)
                taken.add(group)
    if not taken and not says_none:
        return False
    changed = _take(adt, patient, source, list(held.values()), is_none_known=says_none and not held)
    stamp_many(Freshness.Subject.PATIENT, patient.pk, taken, adt.described_at, adt.message)
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
