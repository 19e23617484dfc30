"""A form changed step by step: fields added, changed, moved, doubled, removed; what isn't touched stays as it is."""

import copy
import json
import threading
from typing import Any

import pytest
from django.db import connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emr.audit.models import AuditEvent
from emr.common.errors import Conflict, DomainError
from encounters.designing import items, services, tree
from encounters.designing.checks import differences, findings
from encounters.designing.models import FormDraft, FormStep
from encounters.forms.engine import parse
from encounters.forms.models import Questionnaire
from encounters.forms.shipped import assembled, shipped_files
from tests.encounters.designing.people import changing, labels, make_draft, make_ha, make_quan, shipped

pytestmark = pytest.mark.django_db


def add(draft: FormDraft, kind: str, words: str, **where: str) -> tuple[FormDraft, str]:
    return services.add_field(
        draft=draft, revision=draft.revision, by=draft.changed_by, kind=kind, words=words, **where
    )


def told(draft: FormDraft, link_id: str, /, **said: Any) -> dict[str, Any]:
    """What the editor would say of the field, with these differences."""
    return items.read_item(draft.resource, tree.place_of(draft.resource, link_id).item) | said


def change(draft: FormDraft, link_id: str, /, **said: Any) -> FormDraft:
    return services.change_field(
        draft=draft,
        revision=draft.revision,
        by=draft.changed_by,
        link_id=link_id,
        told=told(draft, link_id, **said),
    )[0]


def field_of(draft: FormDraft, link_id: str) -> dict[str, Any]:
    return tree.place_of(draft.resource, link_id).item


@pytest.mark.parametrize("kind", list(items.TYPES))
def test_every_type_can_be_added_and_the_form_is_sound_at_once(kind: str) -> None:
    draft, link_id = add(make_draft(make_quan()), kind, "Đau ngực")
    assert link_id == "dau-nguc"
    assert field_of(draft, link_id)["type"] == kind
    assert parse(draft.resource).by_link_id[link_id].text.text == "Đau ngực"
    assert findings(draft.resource).problems == []


def test_a_field_with_all_that_its_editor_has() -> None:
    draft = make_draft(make_quan())
    draft, weight = add(draft, "decimal", "Cân nặng")
    draft = change(
        draft,
        weight,
        other_text="Weight",
        help="Cân lúc đói",
        required=True,
        unit="kg",
        minimum=1,
        maximum=300,
        decimals=1,
    )
    draft, level = add(draft, "choice", "Mức đau")
    draft = change(draft, level, options="0 | Không đau | No pain\n1 | Đau nhẹ\nĐau nhiều", repeats=True)
    draft, why = add(draft, "text", "Vì sao")
    draft = change(draft, why, question_1=level, operator_1="=", value_1="1", max_length=500)
    form = parse(draft.resource)
    item = form.by_link_id[weight]
    assert (item.required, item.help.text, item.text.in_language("en")) == (True, "Cân lúc đói", "Weight")
    assert (item.units[0].code, item.minimum, item.maximum, item.decimals) == ("kg", 1, 300, 1)
    chosen = form.by_link_id[level]
    assert [(o.key.rpartition("|")[2], o.label.text) for o in chosen.options] == [
        ("0", "Không đau"),
        ("1", "Đau nhẹ"),
        ("3", "Đau nhiều"),
    ]
    assert chosen.options[0].label.in_language("en") == "No pain"
    condition = form.by_link_id[why].conditions[0]
    assert (condition.question, condition.kind) == (level, "Coding")


def test_what_the_editor_doesnt_know_stays_as_it_is() -> None:
    """Every shipped form, each field kept as its editor shows it: not a letter changes."""
    for path in shipped_files():
        resource = json.loads(json.dumps(assembled(path)))
        before = copy.deepcopy(resource)
        for place in list(tree.places(resource)):
            said = items.read_item(resource, place.item)
            assert items.write_item(resource, place.link_id, said) == place.link_id
        assert resource == before, path.name


def test_changing_the_words_of_a_delivered_field_changes_nothing_else() -> None:
    draft = changing(make_quan())
    link_id = next(p.link_id for p in tree.places(draft.resource) if p.item.get("answerOption"))
    before = copy.deepcopy(field_of(draft, link_id))
    draft = change(draft, link_id, text="Cách đến viện")
    assert field_of(draft, link_id) == before | {"text": "Cách đến viện"}
    assert [(one.kind, one.what) for one in differences(shipped().resource, draft.resource)] == [
        ("changed", "text")
    ]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"options": "1 | Có\n1 | Không"}, "bad_option"),
        ({"options": "| Có"}, "bad_option"),
        ({"options": ""}, "bad_option"),
        ({"options": "1 | a | b | c"}, "bad_option"),
        ({"question_1": "field", "operator_1": ">", "value_1": ""}, "bad_condition"),
        ({"link_id": "field"}, "link_id_taken"),
    ],
)
def test_what_cant_be_is_refused_at_its_place_and_nothing_changes(said: dict[str, Any], code: str) -> None:
    draft, level = add(make_draft(make_quan()), "choice", "Mức")
    draft = FormDraft.objects.get(pk=draft.pk)
    with pytest.raises(DomainError) as refusal:
        change(draft, level, **said)
    assert refusal.value.code == code
    assert FormDraft.objects.get(pk=draft.pk).resource == draft.resource


def test_fields_move_in_and_out_of_groups_and_are_doubled_with_their_conditions() -> None:
    draft = make_draft(make_quan())
    draft, group = add(draft, "group", "Sinh hiệu")
    draft, pulse = add(draft, "boolean", "Có sốt", inside=group)
    draft, why = add(draft, "text", "Mô tả", after=pulse)
    draft = change(draft, why, question_1=pulse, operator_1="=", value_1="có")

    def go(way: str, link_id: str) -> None:
        nonlocal draft
        draft, _same = services.move_field(
            draft=draft, revision=draft.revision, by=draft.changed_by, link_id=link_id, way=way
        )

    go("up", group)
    assert labels(draft.resource)[0] == "Sinh hiệu"
    go("down", group)
    go("up", why)
    assert [item["linkId"] for item in field_of(draft, group)["item"]][-2:] == [why, pulse]
    go("out", why)
    assert labels(draft.resource)[-1] == "Mô tả"
    go("in", why)
    draft, twin = services.twin_field(
        draft=draft, revision=draft.revision, by=draft.changed_by, link_id=group
    )
    copied = {item["linkId"]: item for item in field_of(draft, twin)["item"]}
    assert copied["mo-ta-2"]["enableWhen"][0]["question"] == "co-sot-2"
    parse(draft.resource)
    with pytest.raises(DomainError, match="Mô tả"):
        services.remove_field(draft=draft, revision=draft.revision, by=draft.changed_by, link_id=pulse)
    draft, _none = services.remove_field(
        draft=draft, revision=draft.revision, by=draft.changed_by, link_id=group
    )
    assert group not in tree.link_ids(draft.resource)


def test_a_step_on_an_older_page_changes_nothing() -> None:
    quan, ha = make_quan(), make_ha()
    draft = make_draft(quan)
    changed, _link = add(draft, "string", "Một")
    with pytest.raises(Conflict):
        services.add_field(draft=draft, revision=1, by=ha, kind="string", words="Hai")
    assert FormDraft.objects.get().resource == changed.resource
    assert FormStep.objects.count() == 2


def test_steps_are_taken_back_one_after_another_and_each_is_in_the_log() -> None:
    draft = make_draft(make_quan())
    states = [draft.resource]
    for words in ("Một", "Hai", "Ba"):
        draft, _link = add(draft, "string", words)
        states.append(draft.resource)
    for expected in (states[2], states[1]):
        draft = services.take_back(draft=draft, revision=draft.revision, by=draft.changed_by)
        assert draft.resource == expected
    draft, _link = add(draft, "string", "Bốn")
    for expected in (states[1], states[0], states[0]):
        draft = services.take_back(draft=draft, revision=draft.revision, by=draft.changed_by)
        assert draft.resource == expected
    steps = AuditEvent.objects.filter(action="form.change_draft").count()
    assert steps == FormStep.objects.count() - 1 == 8


def test_a_step_that_changes_nothing_is_none() -> None:
    draft = make_draft(make_quan())
    assert change(draft, "field").revision == 1


def test_steps_and_their_forms_never_change() -> None:
    make_draft(make_quan())
    with pytest.raises(Exception, match="permission denied"):
        FormStep.objects.update(verb="add")


_VERBS = st.lists(
    st.tuples(
        st.sampled_from(["add", "in", "out", "up", "down", "twin", "remove"]),
        st.integers(0, 30),
        st.sampled_from(list(items.TYPES)),
    ),
    max_size=14,
)


@given(_VERBS)
@settings(suppress_health_check=list(HealthCheck), max_examples=60)
def test_whatever_is_done_to_a_tree_it_loses_and_doubles_no_field(steps: list[tuple[str, int, str]]) -> None:
    resource: dict[str, Any] = {"resourceType": "Questionnaire", "status": "draft", "title": "T", "item": []}
    expected = 0
    for verb, which, kind in steps:
        known = [place.link_id for place in tree.places(resource)]
        at = known[which % len(known)] if known else ""
        if verb == "add":
            inside = at if at and tree.place_of(resource, at).item["type"] == "group" else ""
            item = items.new_item(resource, kind, "Một trường")
            tree.add(resource, item, inside=inside)
            expected += 1 + len(item.get("item", []))
        elif not known:
            continue
        elif verb == "twin":
            expected += 1 + len(tree.link_ids(tree.place_of(resource, at).item))
            tree.duplicate(resource, at)
        elif verb == "remove":
            expected -= 1 + len(tree.link_ids(tree.place_of(resource, at).item))
            tree.remove(resource, at)
        else:
            tree.move(resource, at, verb)
        names = tree.link_ids(resource)
        assert len(names) == len(set(names)) == expected


@pytest.mark.django_db(transaction=True)
def test_two_people_at_once_make_one_step() -> None:
    draft = make_draft(make_quan())
    outcomes: list[str] = []

    def press(words: str) -> None:
        try:
            services.add_field(draft=draft, revision=1, by=draft.changed_by, kind="string", words=words)
            outcomes.append("done")
        except Conflict:
            outcomes.append("conflict")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=press, args=(words,)) for words in ("Một", "Hai")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["conflict", "done"]
    assert len(FormDraft.objects.get().resource["item"]) == 2


def test_no_delivered_form_has_a_formula_that_asks_in_vain() -> None:
    for row in Questionnaire.objects.filter(facility=None):
        assert findings(row.resource, before=row.resource).problems == [], row.code
