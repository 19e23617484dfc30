"""What the form fills in, what a page posts, what differs."""

from decimal import Decimal
from typing import Any

import pytest

from encounters.forms.engine import (
    Answer,
    Coding,
    Response,
    calculate,
    carry_over,
    decode,
    difference,
    encode,
    initial_response,
    keep_read_only,
    next_row,
    prune,
    read_response,
    refresh,
    typed,
    validate,
    write_response,
)
from tests.encounters.forms.factories import EVERYTHING, ICD, expression, form, options, q, response

NOW = "2026-11-22T09:30:00+07:00"


def answers(found: Response, link_id: str) -> list[Any]:
    return [
        answer.value if answer.value is not None else answer.typed
        for entry in found.items
        if entry.link_id == link_id
        for answer in entry.answers
    ]


def posted(item: dict[str, Any], **fields: str) -> list[Answer]:
    decoded = decode(form(item), {name.replace("__", "/"): [text] for name, text in fields.items()})
    return [answer for entry in decoded.response.items for answer in entry.answers]


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("integer", " 12 ", 12),
        ("integer", "12.5", None),
        ("decimal", "37,5", Decimal("37.5")),
        ("decimal", "37.50", Decimal("37.5")),
        ("decimal", "1e5", None),
        ("decimal", "0.12345678901234567", None),
        ("date", "221126", "2026-11-22"),
        ("date", "22/11/2026", "2026-11-22"),
        ("date", "5/3/60", "1960-03-05"),
        ("date", "11/2026", "2026-11"),
        ("date", "1960", "1960"),
        ("date", "31/02/2026", None),
        ("date", "२२/11/2026", None),
        ("dateTime", "221126 1430", "2026-11-22T14:30:00+07:00"),
        ("dateTime", "22/11/2026 8h05", "2026-11-22T08:05:00+07:00"),
        ("dateTime", "2026-11-22T14:30", "2026-11-22T14:30:00+07:00"),
        ("dateTime", "2026-11-22T14:30:00Z", "2026-11-22T14:30:00Z"),
        ("dateTime", "221126 2530", None),
        ("time", "14h30", "14:30:00"),
        ("time", "1430", "14:30:00"),
        ("time", "24:00", None),
        ("boolean", "true", True),
        ("boolean", "perhaps", None),
        ("string", "  as typed ", "  as typed "),
    ],
)
def test_what_is_typed_is_read_or_kept(kind: str, text: str, value: Any) -> None:
    (answer,) = posted(q("a", kind), a__a__0=text)
    assert answer.value == value
    assert answer.typed == ("" if value is not None else text)


def test_a_draft_keeps_nonsense_through_json() -> None:
    weight = form(q("weight", "decimal"))
    kept = write_response(decode(weight, {"a/weight/0": ["sixty"]}).response)
    again, problems = read_response(kept)
    assert encode(weight, again) == {"a/weight/0": ["sixty"]}
    assert not problems
    assert [problem.code for problem in validate(weight, kept, complete=False)] == ["not-a-value"]


def test_a_code_goes_with_its_words_alone() -> None:
    item = q("dx", "choice", answerValueSet=f"{ICD}?fhir_vs")
    fields = {"a__dx__0": "J18.9", "a__dx__0__chosen": "Viêm phổi", "a__dx__0__shown": "Viêm phổi"}
    assert posted(item, **fields)[0].value == Coding("J18.9", ICD, "Viêm phổi")
    # Typed on after choosing (a browser without our script doesn't empty the hidden code): the code is not trusted.
    (answer,) = posted(item, **{**fields, "a__dx__0__shown": "Viêm phế quản"})
    assert (answer.value, answer.typed) == (None, "Viêm phế quản")
    (answer,) = posted({**item, "type": "open-choice"}, **{**fields, "a__dx__0__shown": "Viêm phế quản"})
    assert answer.value == "Viêm phế quản"


def test_rows_taken_away_leave_no_gap_and_empty_ones_vanish() -> None:
    fields = {
        "a/ward/0.0": ["Nội"],
        "a/ward/3.0": ["Ngoại"],
        "a/ward/4.0": [" "],
        "a/bed/3.7": ["5"],
        "other": ["x"],
    }
    decoded = decode(EVERYTHING, fields)
    assert encode(EVERYTHING, decoded.response) == {
        "a/ward/0.0": ["Nội"],
        "a/ward/1.0": ["Ngoại"],
        "a/bed/1.0": ["5"],
    }
    assert decoded.unknown == ()
    assert next_row(EVERYTHING, fields, EVERYTHING.by_link_id["stays"], ()) == 5
    assert next_row(EVERYTHING, fields, EVERYTHING.by_link_id["visits"], (3,)) == 0


def test_names_that_the_form_doesn_t_know_are_told() -> None:
    names = ["a/nobody/0", "a/ward/0", "a/name/0.0", "a/name/x", "a/name/0/evil", "a/stays/0"]
    assert set(decode(EVERYTHING, {name: ["x"] for name in names}).unknown) == set(names)


HEIGHT = "%resource.item.where(linkId='h').answer.value"
BMI = f"(%resource.item.where(linkId='w').answer.value / ({HEIGHT} / 100).power(2)).round(1)"
BODY = form(
    q("w", "decimal"),
    q("h", "decimal"),
    q("bmi", "decimal", readOnly=True, extension=[expression("calculatedExpression", BMI)]),
    q(
        "fat",
        "boolean",
        extension=[
            expression("calculatedExpression", "%resource.item.where(linkId='bmi').answer.value > 30")
        ],
    ),
)


def test_a_calculated_value_follows_what_it_is_made_of() -> None:
    first = calculate(BODY, decode(BODY, {"a/w/0": ["60"], "a/h/0": ["155"]}).response)
    assert (answers(first, "bmi"), answers(first, "fat")) == ([Decimal(25)], [False])
    # What was calculated before, or posted by a page that lies, doesn't count.
    heavier = decode(BODY, {"a/w/0": ["90"], "a/h/0": ["155"], "a/bmi/0": ["1"]}).response
    assert answers(calculate(BODY, heavier), "bmi") == [Decimal("37.5")]
    gone = decode(BODY, {"a/w/0": ["60"], "a/bmi/0": ["25"]}).response
    assert answers(calculate(BODY, gone), "bmi") == []


ENTRY = form(
    q("at", "dateTime", extension=[expression("initialExpression", "now()")]),
    q("course", "text", extension=[expression("initialExpression", "'stable'")][:0]),
    q("mood", "choice", answerOption=[{**options("calm")[0], "initialSelected": True}, *options("upset")]),
    q(
        "sex",
        "choice",
        readOnly=True,
        answerOption=options("male", "female"),
        extension=[expression("initialExpression", "%patient.sex")],
    ),
    q(
        "also",
        "group",
        repeats=True,
        extension=[
            {
                "url": "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-itemPopulationContext",
                "valueExpression": {
                    "name": "other",
                    "language": "text/fhirpath",
                    "expression": "%diagnoses.others",
                },
            }
        ],
        item=[
            q(
                "code",
                "choice",
                answerValueSet=f"{ICD}?fhir_vs",
                extension=[expression("initialExpression", "%other.code")],
            ),
            q("text", extension=[expression("initialExpression", "%other.text")]),
        ],
    ),
)
KNOWN = {
    "patient": {"sex": "female"},
    "diagnoses": {
        "others": [{"code": {"system": ICD, "code": "I10", "display": "THA"}, "text": ""}, {"text": "Gout"}]
    },
}


def test_a_new_response_is_prefilled() -> None:
    found = initial_response(ENTRY, variables=KNOWN, now=NOW)
    assert answers(found, "at") == [NOW]
    assert answers(found, "mood") == [Coding("calm", "urn:test", "CALM")]
    assert answers(found, "sex") == [Coding("female", "urn:test", "FEMALE")]
    rows = [encode(ENTRY, found)[name] for name in ("a/code/0.0", "a/text/1.0")]
    assert rows == [["I10"], ["Gout"]]
    # Providers that know nothing leave nothing.
    assert encode(ENTRY, initial_response(ENTRY)) == {"a/mood/0": ["urn:test|calm"]}


def test_yesterday_s_entry_is_carried_on_with_today_s_time() -> None:
    yesterday = decode(
        ENTRY, {"a/at/0": ["21/11/2026 0830"], "a/course/0": ["Ho nhiều"], "a/mood/0": ["urn:test|upset"]}
    ).response
    today = carry_over(ENTRY, yesterday, variables=KNOWN, now=NOW)
    assert answers(today, "at") == [NOW]
    assert answers(today, "course") == ["Ho nhiều"]
    assert answers(today, "mood") == [Coding("upset", "urn:test", "UPSET")]
    changes = difference(ENTRY, yesterday, today)
    assert [(change.link_id, change.kind) for change in changes] == [
        ("at", "changed"),
        ("sex", "added"),
        ("code", "added"),
        ("text", "added"),
    ]
    assert changes[0].before == ("21/11/2026 08:30",)
    assert changes[0].after == ("22/11/2026 09:30",)


def test_a_draft_opened_again_learns_what_is_known_meanwhile() -> None:
    draft = decode(ENTRY, {"a/sex/0": ["urn:test|male"], "a/at/0": ["21/11/2026 0830"]}).response
    found = refresh(ENTRY, draft, variables=KNOWN, now=NOW)
    assert answers(found, "sex") == [
        Coding("female", "urn:test", "FEMALE")
    ]  # read-only: the patient's record decides
    assert answers(found, "at") == ["2026-11-21T08:30:00+07:00"]  # written by a person: stays


def test_a_page_can_t_change_what_is_read_only() -> None:
    stored = initial_response(ENTRY, variables=KNOWN, now=NOW)
    forged = decode(ENTRY, {"a/sex/0": ["urn:test|male"], "a/course/0": ["x"]}).response
    found = keep_read_only(ENTRY, forged, stored)
    assert answers(found, "sex") == [Coding("female", "urn:test", "FEMALE")]
    assert (answers(found, "course"), answers(found, "at")) == (["x"], [])


def test_a_row_put_in_above_is_one_row_added() -> None:
    before = decode(EVERYTHING, {"a/ward/0.0": ["Nội"], "a/ward/1.0": ["Ngoại"]}).response
    after = decode(
        EVERYTHING, {"a/ward/0.0": ["Cấp cứu"], "a/ward/1.0": ["Nội"], "a/ward/2.0": ["Ngoại"]}
    ).response
    (change,) = difference(EVERYTHING, before, after)
    assert (change.kind, change.path, change.after, change.labels) == (
        "added",
        "a/ward/0",
        ("Cấp cứu",),
        ("Stays", "1", "Ward"),
    )
    (change,) = difference(EVERYTHING, after, before)
    assert (change.kind, change.before) == ("removed", ("Cấp cứu",))


def test_pruning_leaves_out_what_isn_t_asked() -> None:
    death = form(
        q("dead", "boolean"),
        q("at", "dateTime", enableWhen=[{"question": "dead", "operator": "=", "answerBoolean": True}]),
    )
    alive = read_response(response(dead=False))[0]
    alive.items += decode(death, {"a/at/0": ["221126 1430"]}).response.items
    assert [entry.link_id for entry in prune(death, alive).items] == ["dead"]


def test_friendly_dates_lose_nothing() -> None:
    assert typed.show_instant("2026-11-22T14:30:00Z") == "22/11/2026 21:30"
    assert typed.show_instant("0001-01-01T00:00:00+14:00") == "0001-01-01T00:00:00+14:00"
