"""The subset of FHIRPath that forms may use."""

from decimal import Decimal
from typing import Any

import pytest

from encounters.forms.engine.evaluation import TooCostly, evaluate
from encounters.forms.engine.expressions import ExpressionError, compile_expression

RESPONSE = {
    "resourceType": "QuestionnaireResponse",
    "item": [
        {"linkId": "w", "answer": [{"valueDecimal": 60.5}]},
        {"linkId": "h", "answer": [{"valueInteger": 155}]},
        {
            "linkId": "g",
            "item": [
                {"linkId": "s", "answer": [{"valueInteger": 2}]},
                {"linkId": "s2", "answer": [{"valueInteger": 3}]},
                {
                    "linkId": "c",
                    "answer": [{"valueCoding": {"system": "urn:s", "code": "x", "display": "Ex"}}],
                },
                {"linkId": "d", "answer": [{"valueDateTime": "2026-11-15T23:30:00+07:00"}]},
            ],
        },
    ],
}


def run(source: str, focus: Any = None, **variables: Any) -> list[Any]:
    return evaluate(
        compile_expression(source),
        focus=RESPONSE if focus is None else focus,
        variables={"resource": RESPONSE, **variables},
        now="2026-11-22T09:30:00+07:00",
    )


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("1 + 2 * 3", [7]),
        ("(1 + 2) * 3", [9]),
        ("7 div 2", [3]),
        ("7 mod 2", [1]),
        ("1 / 0", []),
        ("-3.abs()", [-3]),
        ("(-3).abs()", [3]),
        ("2.5.round()", [3]),
        ("2.345.round(2)", [Decimal("2.35")]),
        ("'a' + 'b'", ["ab"]),
        ("'a' & {}", ["a"]),
        ("{} + 1", []),
        ("true and {}", []),
        ("false and {}", [False]),
        ("true or {}", [True]),
        ("{} = 1", []),
        ("1 = 1.0", [True]),
        ("'10' = 10", [False]),
        ("(1 | 2 | 2).count()", [2]),
        ("2 in (1 | 2)", [True]),
        ("iif(1 > 2, 'a', 'b')", ["b"]),
        ("iif(1 > 2, 'a')", []),
        ("item.where(linkId='w').answer.value", [Decimal("60.5")]),
        ("item.where(linkId='w').answer.valueDecimal", [Decimal("60.5")]),
        ("%resource.repeat(item).where(linkId='s').answer.value", [2]),
        ("%resource.descendants().where(linkId='s2').answer.value", [3]),
        ("%resource.item.where(linkId='g').item.answer.value.ofType(integer).sum()", [5]),
        ("item.where(linkId='none').answer.value.sum()", [0]),
        ("item.where(linkId='none').exists()", [False]),
        ("item.exists(linkId='w')", [True]),
        ("item.linkId.join(',')", ["w,h,g"]),
        ("item.all(linkId.exists())", [True]),
        ("item[1].linkId", ["h"]),
        ("item[9].linkId", []),
        ("QuestionnaireResponse.item.first().linkId", ["w"]),
        ("%resource.descendants().where(linkId='c').answer.value.code", ["x"]),
        (
            "(item.where(linkId='w').answer.value / (item.where(linkId='h').answer.value / 100).power(2)).round(1)",
            [Decimal("25.2")],
        ),
        # Calendar days here: half past eleven at night to half past nine in the morning a week on is seven days.
        ("%resource.descendants().where(linkId='d').answer.value.difference(now(), 'days')", [7]),
        ("today().difference(@2026-11-20, 'days')", [-2]),
        ("today()", ["2026-11-22"]),
        ("today() > @2026-11-21", [True]),
        ("%patient.full_name.upper()", ["TRẦN THỊ BÍCH"]),
        ("%patient.nothing.there", []),
        ("%unknown", []),
    ],
)
def test_an_expression_has_this_value(source: str, expected: list[Any]) -> None:
    assert run(source, patient={"full_name": "Trần Thị Bích"}) == expected


@pytest.mark.parametrize(
    "source",
    [
        "",
        "1 +",
        "(1",
        "a..b",
        "where(",
        "foo()",
        "first(1)",
        "'open",
        "a b",
        "#",
        "{1}",
        "trace('x')",
        "resolve()",
        "((" * 60,
    ],
)
def test_what_is_no_expression_is_refused(source: str) -> None:
    with pytest.raises(ExpressionError):
        compile_expression(source)


def test_an_expression_can_t_keep_the_server_busy() -> None:
    endless = compile_expression("%resource.repeat(%resource.item)")
    with pytest.raises(TooCostly):
        evaluate(endless, focus=RESPONSE, variables={"resource": RESPONSE})
    with pytest.raises(ExpressionError):
        compile_expression("1" + "+1" * 2000)


def test_an_expression_tells_what_it_asks_for() -> None:
    found = compile_expression(
        "iif(%patient.sex = 'male', %encounter.day, item.where(linkId='w').answer.value)"
    )
    assert found.paths() == {"patient.sex", "encounter.day"}
    assert found.link_ids() == {"w"}
