"""The shipped tables are the published ones, edge by edge; what is incomplete has no score; tables are dated data."""

import csv
import datetime as dt
import io
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emr.common.clock import local_today
from encounters.monitoring.models import ScoreBand, ScoreResponse
from encounters.monitoring.selectors import score, shipped_tables, tables_of
from encounters.monitoring.selectors.scoring import Score
from encounters.orders.services import import_table, load_shipped, shipped
from encounters.results.vital_signs import SIGNS
from tests.emr.people import make_facility
from tests.encounters.monitoring.rounds import ILL, UNWELL, WELL

CHILD = {"refill": Decimal(2), "effort": Decimal(0)}

# Royal College of Physicians, National Early Warning Score (NEWS) 2, 2017, chart 1: both sides of every cut-off.
NEWS2 = {
    "respiration": "8:3 9:1 11:1 12:0 20:0 21:2 24:2 25:3",
    "oxygen": "91:3 92:2 93:2 94:1 95:1 96:0 100:0",
    "oxygen_flow": "0:0 0.5:2 15:2",
    "systolic": "90:3 91:2 100:2 101:1 110:1 111:0 219:0 220:3",
    "pulse": "40:3 41:1 50:1 51:0 90:0 91:1 110:1 111:2 130:2 131:3",
    "consciousness": "0:0 1:3 2:3 3:3 4:3",
    "temperature": "35.0:3 35.1:1 36.0:1 36.1:0 38.0:0 38.1:1 39.0:1 39.1:2",
}
# Parshuram et al., Crit Care 2009;13:R135, table 1, two of the five ages.
PEWS = {
    1: {
        "pulse": "80:4 90:2 110:1 111:0 149:0 150:1 180:2 190:4",
        "systolic": "45:4 50:2 60:1 61:0 79:0 80:1 100:2 130:4",
        "respiration": "15:4 19:2 29:1 30:0 60:0 61:1 81:2 91:4",
    },
    60: {
        "pulse": "50:4 60:2 70:1 71:0 109:0 110:1 130:2 150:4",
        "systolic": "70:4 80:2 90:1 91:0 119:0 120:1 140:2 170:4",
        "respiration": "10:4 14:2 19:1 20:0 30:0 31:1 41:2 51:4",
        "refill": "2.9:0 3:4",
        "effort": "0:0 1:1 2:2 3:4",
        "oxygen": "90:2 91:1 94:1 95:0",
        "oxygen_flow": "0:0 3.9:2 4:4",
    },
}
MEOWS = {
    "temperature": "34.9:2 35:1 36:0 38:0 38.1:2",
    "systolic": "89:2 90:1 100:1 101:0 149:0 150:1 160:1 161:2",
    "diastolic": "89:0 90:1 100:1 101:2",
    "pulse": "39:2 40:1 50:1 51:0 99:0 100:1 120:1 121:2",
    "respiration": "9:2 10:0 20:0 21:1 30:1 31:2",
    "oxygen": "94:2 95:0",
}


def edges(table: dict[str, str]) -> list[tuple[str, Decimal, int]]:
    return [
        (sign, Decimal(edge.split(":")[0]), int(edge.split(":")[1]))
        for sign, row in table.items()
        for edge in row.split()
    ]


def points(found: Score, sign: str) -> int:
    return next(part.points for part in found.parts if part.sign.name == sign)


@pytest.mark.parametrize(("sign", "value", "wanted"), edges(NEWS2))
def test_news2_has_the_published_cut_offs(sign: str, value: Decimal, wanted: int) -> None:
    assert points(score(shipped_tables(), WELL | {sign: value}, scale="NEWS2"), sign) == wanted


@pytest.mark.parametrize(
    ("value", "on_air", "on_oxygen"),
    [
        (83, 3, 3),
        (84, 2, 2),
        (85, 2, 2),
        (86, 1, 1),
        (87, 1, 1),
        (88, 0, 0),
        (92, 0, 0),
        (93, 0, 1),
        (94, 0, 1),
        (95, 0, 2),
        (96, 0, 2),
        (97, 0, 3),
    ],
)
def test_scale_2_punishes_too_much_oxygen_and_only_on_oxygen(value: int, on_air: int, on_oxygen: int) -> None:
    for flow, wanted in ((0, on_air), (2, on_oxygen)):
        values = WELL | {"oxygen": Decimal(value), "oxygen_flow": Decimal(flow)}
        assert points(score(shipped_tables(), values, scale="NEWS2", oxygen_scale=2), "oxygen") == wanted


@pytest.mark.parametrize(
    ("months", "sign", "value", "wanted"),
    [(months, *edge) for months, table in PEWS.items() for edge in edges(table)],
)
def test_pews_has_the_published_cut_offs(months: int, sign: str, value: Decimal, wanted: int) -> None:
    found = score(shipped_tables(), WELL | CHILD | {sign: value}, scale="PEWS", months=months)
    assert points(found, sign) == wanted


@pytest.mark.parametrize(("sign", "value", "wanted"), edges(MEOWS))
def test_meows_has_its_yellow_and_red(sign: str, value: Decimal, wanted: int) -> None:
    assert points(score(shipped_tables(), WELL | {sign: value}, scale="MEOWS"), sign) == wanted


def test_every_row_names_its_source_and_says_where_nobody_compared_it() -> None:
    for name in ("scores", "responses"):
        rows = list(csv.DictReader(io.StringIO(shipped(name).decode())))
        assert all(row["source"] for row in rows)
        unsure = {row["scale"] for row in rows if "chưa đối chiếu" in row["source"]}
        assert unsure == {"MEOWS"}
        assert all("chưa đối chiếu" in row["source"] for row in rows if row["scale"] == "MEOWS")


@pytest.mark.parametrize(
    ("values", "total", "level", "minutes"),
    [
        (WELL, 0, "", 720),
        (WELL | {"pulse": Decimal(95)}, 1, "low", 360),
        (WELL | {"respiration": Decimal(22), "pulse": Decimal(112)}, 4, "low", 360),
        (WELL | {"consciousness": Decimal(1)}, 3, "medium", 60),  # one red score alone
        (UNWELL, 5, "medium", 60),
        (WELL | {"respiration": Decimal(25), "oxygen": Decimal(91)}, 6, "medium", 60),
        (WELL | {"respiration": Decimal(25), "oxygen": Decimal(91), "pulse": Decimal(91)}, 7, "high", 15),
        (ILL, 13, "high", 15),
    ],
)
def test_the_total_says_what_is_to_be_done(
    values: dict[str, Decimal], total: int, level: str, minutes: int
) -> None:
    found = score(shipped_tables(), values, scale="NEWS2")
    assert found.response is not None
    assert (found.total, found.level, found.response.every_minutes) == (total, level, minutes)
    assert sum(part.points for part in found.parts) == total


@given(st.sets(st.sampled_from(sorted(NEWS2)), min_size=1))
def test_an_incomplete_round_has_no_score_and_names_what_is_missing(left_out: set[str]) -> None:
    values = {name: value for name, value in ILL.items() if name not in left_out}
    found = score(shipped_tables(), values, scale="NEWS2")
    assert (found.total, found.level, found.response) == (None, "", None)
    assert {sign.name for sign in found.missing} == left_out


@given(
    st.fixed_dictionaries(
        {
            name: st.decimals(*SIGNS[name].possible, places=SIGNS[name].decimals)
            for name in ("respiration", "oxygen", "oxygen_flow", "systolic", "pulse", "temperature")
        }
    ),
    st.sampled_from([("NEWS2", 1), ("NEWS2", 2), ("MEOWS", 1), ("PEWS", 1)]),
    st.integers(0, 191),
)
def test_whatever_is_possible_has_a_score(
    taken: dict[str, Decimal], by: tuple[str, int], months: int
) -> None:
    found = score(shipped_tables(), WELL | CHILD | taken, scale=by[0], oxygen_scale=by[1], months=months)
    assert found.total is not None and found.response is not None
    assert found.missing == ()


def test_between_two_printed_numbers_the_nearer_one_counts() -> None:
    for value, wanted in (("36.04", 1), ("36.05", 0)):
        found = score(shipped_tables(), WELL | {"temperature": Decimal(value)}, scale="NEWS2")
        assert points(found, "temperature") == wanted


@pytest.mark.django_db
def test_a_facilitys_own_table_holds_from_its_day_and_the_old_one_before() -> None:
    facility, today = make_facility(), local_today()
    load_shipped(facility=facility)
    assert ScoreBand.objects.count() == len(shipped_tables().bands)
    assert set(tables_of(facility.pk, today).bands) == set(shipped_tables().bands)
    assert set(tables_of(facility.pk, today).responses) == set(shipped_tables().responses)
    row = next(line for line in shipped("responses").decode().splitlines() if line.startswith("NEWS2-7,"))
    tomorrow = today + dt.timedelta(days=1)
    head = shipped("responses").decode().splitlines()[0]
    changed = row.replace(",7,,15,15,", ",6,,15,10,").removesuffix(",,") + f",{tomorrow.isoformat()},"
    assert changed != row
    import_table(facility=facility, name="responses", content=f"{head}\n{changed}\n".encode(), by=None)
    six = WELL | {"respiration": Decimal(25), "oxygen": Decimal(91)}
    assert score(tables_of(facility.pk, today), six, scale="NEWS2").level == "medium"
    assert score(tables_of(facility.pk, tomorrow), six, scale="NEWS2").level == "high"
    assert ScoreResponse.objects.filter(code="NEWS2-7").count() == 2
