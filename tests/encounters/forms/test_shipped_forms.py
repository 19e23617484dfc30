"""The two forms that ship: every field that the regulation names (R-03), in two languages."""

import json
from pathlib import Path
from typing import Any

import pytest

from encounters.forms.engine import Form, initial_response, parse, validate
from encounters.forms.management.commands.load_questionnaires import SHIPPED
from encounters.forms.services import asked_of_providers

FORMS = {
    path.stem: parse(json.loads(path.read_text(encoding="utf-8"))) for path in sorted(SHIPPED.glob("*.json"))
}
RECORD, ENTRY = FORMS["01-BV1"], FORMS["36-BV2"]

# 01/BV1, number by number as printed (circular 32/2023, annex XXVIII).
FIELDS = {
    "header": "authority facility department bed archive_number myt mrn encounter admission_number",
    "admin": """name birth_date age sex occupation ethnic_group nationality address.house address.street address.commune
        address.district address.province workplace payer insurance.from insurance.to insurance.number contact.name
        contact.relationship contact.citizen_number contact.address contact.phone""",
    "stay": """admitted_at source referral times first.department first.at first.days transfers.department transfers.at
        transfers.days referral_out referral_out_to discharged_at disposition days""",
    "diagnosis": """referral.code referral.text arrival.code arrival.text department.code department.text procedure surgery
        discharge.main.code discharge.main.text discharge.secondary.code discharge.secondary.text
        discharge.adverse_event discharge.complication""",
    "outcome": """result pathology death.at death.kind death.timing cause.code cause.text autopsy autopsy_diagnosis.code
        autopsy_diagnosis.text""",
    "case": """reason.text reason.day history.course history.past.own history.past.family exam.general exam.vitals.pulse
        exam.vitals.temperature exam.vitals.systolic exam.vitals.diastolic exam.vitals.respiration exam.vitals.weight
        exam.vitals.height exam.vitals.bmi exam.organs.circulation exam.organs.respiration exam.organs.digestion
        exam.organs.urogenital exam.organs.nervous exam.organs.locomotor exam.organs.ent exam.organs.dental exam.organs.eye
        exam.organs.endocrine exam.tests exam.summary diagnosis.main.code diagnosis.main.text diagnosis.secondary.code
        diagnosis.secondary.text diagnosis.differential prognosis plan written_on doctor""",
    "summary": """course results treatment state plan handover.xray handover.ct handover.ultrasound handover.laboratory
        handover.other handover.total handed_by received_by written_on doctor""",
    "history.habits": " ".join(
        f"{habit}.yes {habit}.months {habit}.detail"
        for habit in ("allergy", "drugs", "alcohol", "tobacco", "pipe", "other")
    ),
}


def test_the_record_has_every_field_of_01_bv1() -> None:
    wanted = {f"{part}.{name}" for part, names in FIELDS.items() for name in names.split()}
    assert wanted == {item.link_id for item in RECORD.walk() if item.is_question}
    numbers = [
        item.prefix
        for item in RECORD.walk()
        if item.prefix.rstrip(".").isdigit()
        and item.link_id.startswith(("admin.", "stay.", "diagnosis.", "outcome."))
    ]
    assert numbers == [f"{number}." for number in range(1, 30)]


def test_the_entry_has_every_field_of_36_bv2_and_no_answers_for_orders() -> None:
    questions = {
        item.link_id for item in ENTRY.walk() if item.is_question and not item.link_id.startswith("header.")
    }
    assert questions == {
        "when.at",
        "when.day",
        "course.text",
        "course.diagnosis.code",
        "course.diagnosis.text",
        "course.comorbidities.code",
        "course.comorbidities.text",
        "course.round.opinion",
        "course.round.by",
    }
    orders = ENTRY.by_link_id["orders"]
    assert (orders.section, orders.items) == ("orders", ())


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_every_word_is_in_two_languages(form: Form) -> None:
    texts = [item.text for item in form.walk()] + [o.label for item in form.walk() for o in item.options]
    texts += [item.help for item in form.walk() if item.help] + [form.title]
    assert all(text.text and dict(text.translations).get("en") for text in texts)
    assert form.language == "vi"


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_nothing_in_a_shipped_form_is_left_aside(form: Form) -> None:
    assert form.notes == ()
    assert form.status == "active"
    assert {path.split(".")[0] for path in asked_of_providers(form)} <= {
        "facility", "author", "patient", "coverage", "encounter", "diagnoses", "vital_signs", "history", "paper",
    }  # fmt: skip


def problems(form: Form, **variables: Any) -> set[str]:
    found = initial_response(form, variables=variables, now="2026-11-22T09:30:00+07:00")
    return {problem.link_id for problem in validate(form, found)}


def test_the_closing_summary_is_asked_once_the_patient_has_left() -> None:
    staying = problems(RECORD, encounter={"admitted_at": "2026-11-15T08:30:00+07:00"})
    assert not {link for link in staying if link.startswith("summary")}
    left = problems(
        RECORD,
        encounter={
            "admitted_at": "2026-11-15T08:30:00+07:00",
            "discharged_at": "2026-11-22T10:00:00+07:00",
            "outcome": "5",
        },
    )
    assert {
        "summary.course",
        "summary.doctor",
        "stay.disposition",
        "outcome.death.at",
        "outcome.cause.code",
    } <= left
    assert "outcome.result" not in left


@pytest.mark.parametrize(
    ("admitted", "discharged", "days"),
    [
        ("2026-11-15T08:30:00+07:00", "2026-11-22T10:00:00+07:00", 7),
        ("2026-11-15T08:30:00+07:00", "2026-11-15T16:00:00+07:00", 1),
        ("2026-11-14T23:30:00Z", "2026-11-15T20:00:00Z", 1),
        ("2026-11-22T08:30:00+07:00", "2026-11-15T16:00:00+07:00", None),
    ],
)
def test_the_days_of_treatment_are_counted(admitted: str, discharged: str, days: int | None) -> None:
    found = initial_response(
        RECORD, variables={"encounter": {"admitted_at": admitted, "discharged_at": discharged}}
    )
    stay = next(entry for entry in found.items if entry.link_id == "stay")
    assert [e.answers[0].value for e in stay.items if e.link_id == "stay.days"] == (
        [] if days is None else [days]
    )


def test_the_files_are_plain_json_of_fhir() -> None:
    consents = {f"{number}-BV2.json" for number in ("01", "40", "41", "45", "46", "48", "49")}
    prescriptions = {"DON-THUOC.json", "DON-THUOC-N.json", "DON-THUOC-H.json"}
    papers = {f"TT25-{number}.json" for number in ("02", "03", "04", "05", "06", "07", "11")}
    papers |= {"TT01-V.json", "TT01-VI.json"}
    assert {path.name for path in SHIPPED.glob("*")} == {
        "01-BV1.json",
        "36-BV2.json",
    } | prescriptions | consents | papers
    assert all(isinstance(path, Path) for path in SHIPPED.glob("*"))
    assert (RECORD.code, ENTRY.code) == ("01/BV1", "36/BV2")
