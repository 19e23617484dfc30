"""What SQL Server and Oracle would be asked, and how what they answer is written; no server of either was at hand."""

import datetime as dt
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from integrations.transport.client import Away
from integrations.transport.databases import open_session
from integrations.transport.intakes import SqlSource
from integrations.transport.models import Channel
from integrations.transport.reasons import reason_text
from integrations.transport.untried_databases import Dialect, Oracle, TransactSql, cell_of
from integrations.transport.wires import Position

SOURCE = SqlSource(
    database="HIS", username="emr", view="dbo.v_dot", columns={"number": "ma_dt"}, key_column="id",
    changed_column="ngay_sua", kind="stay",
)  # fmt: skip
BY_KEY = SqlSource(
    database="HIS", username="emr", view="v_dot", columns={"number": "ma_dt"}, key_column="id", kind="stay"
)
INSTANT = "2026-11-28 07:30:00.5"


@pytest.mark.parametrize("dialect", [TransactSql(), Dialect()])
def test_every_value_has_its_place_and_none_stands_in_the_statement(dialect: Dialect) -> None:
    for source, start, count in (
        (SOURCE, None, 0), (SOURCE, Position("", INSTANT), 2), (SOURCE, Position("17", INSTANT), 4),
        (BY_KEY, None, 0), (BY_KEY, Position("17", None), 1),
    ):  # fmt: skip
        statement, values = dialect.query(source, start, 500)
        marks = statement.count("%s") if dialect.mark(1) == "%s" else statement.count(":")
        clock = 0 if isinstance(dialect, TransactSql) else 2 * statement.count("HH24")
        assert marks - clock == len(values) == count
        assert "17" not in statement.replace("datetime2(7)", "")
        assert "2026" not in statement


def test_sql_server_s_statement() -> None:
    statement, values = TransactSql().query(SOURCE, Position("17", INSTANT), 500)
    assert statement == (
        "SELECT TOP (500) [id], CONVERT(nvarchar(40), CAST([ngay_sua] AS datetime2(7)), 121), [ma_dt] FROM [dbo].[v_dot]"
        " WHERE [id] IS NOT NULL AND [ngay_sua] IS NOT NULL"
        " AND [ngay_sua] >= DATEADD(second, -1, CONVERT(datetime2(7), LEFT(%s, 27), 121))"
        " AND (CAST([ngay_sua] AS datetime2(7)) > CONVERT(datetime2(7), LEFT(%s, 27), 121)"
        " OR (CAST([ngay_sua] AS datetime2(7)) = CONVERT(datetime2(7), LEFT(%s, 27), 121) AND [id] >= %s))"
        " ORDER BY CAST([ngay_sua] AS datetime2(7)), [id]"
    )
    assert values == ["2026-11-28 07:30:00.500000000"] * 3 + ["17"]


def test_oracle_s_statement() -> None:
    statement, values = Dialect().query(BY_KEY, Position("17", None), 10)
    assert (statement, values) == (
        'SELECT "id", "ma_dt" FROM "v_dot" WHERE "id" IS NOT NULL AND "id" >= :1 ORDER BY "id" FETCH FIRST 10 ROWS ONLY',
        ["17"],
    )


def test_a_name_that_is_none_never_reaches_a_server() -> None:
    odd = SqlSource(view="v; DROP TABLE x", columns={"number": "ma_dt"}, key_column="id")
    with pytest.raises(Away, match="sql_names"):
        TransactSql().query(odd, None, 10)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None), ("Nội trú", "Nội trú"), (True, "1"), (17, "17"), (Decimal("1E+3"), "1000"), (b"\x00\x01", b"\x00\x01"),
        (dt.datetime.fromisoformat("2026-11-28T07:30"), "2026-11-28 07:30:00"), (dt.date(2026, 11, 28), "2026-11-28"),
    ],
)  # fmt: skip
def test_values_are_written_as_the_first_load_reads_them(value: Any, text: str | bytes | None) -> None:
    assert cell_of(value) == text


class TestBeforeAnyServer:
    """What is said before a wire is opened."""

    @pytest.fixture
    def channel(self, settings: Any, tmp_path: Path) -> Channel:
        settings.EMR_HOME = tmp_path
        (tmp_path / "peers").mkdir()
        (tmp_path / "peers" / "his.password").write_text("bí mật")
        return Channel(name="HIS", address="127.0.0.1", port=9, credential="his", connect_seconds=1)

    @pytest.mark.parametrize(("driver", "module"), [("sqlserver", "pytds"), ("oracle", "oracledb")])
    def test_an_extra_that_is_not_installed_is_named(
        self, channel: Channel, driver: str, module: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, module, None)
        with pytest.raises(Away) as away:
            open_session(channel, SqlSource(driver=driver, database="HIS", username="emr"))
        assert (away.value.reason, away.value.detail) == ("sql_driver", {"extra": driver})
        assert driver in reason_text("sql_driver", away.value.detail)

    def test_sql_server_gets_no_password_without_tls(
        self, channel: Channel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "pytds", sys)
        monkeypatch.setitem(sys.modules, "OpenSSL", sys)
        with pytest.raises(Away, match="sql_needs_tls"):
            open_session(channel, SqlSource(driver="sqlserver", database="HIS", username="emr"))


def test_oracle_s_numbers_are_told_in_words() -> None:
    class Told(Exception):
        pass

    session = Oracle.__new__(Oracle)
    session._channel = Channel(address="10.0.0.9", port=1521)
    session._source = SqlSource(username="emr", view="v_dot", database="HIS", statement_seconds=20)
    for code, reason in ((1017, "sql_login"), (942, "sql_view"), (600, "sql_fault"), (0, "no_connection")):
        error = type("Error", (), {"code": code, "full_code": f"ORA-{code:05}"})()
        with pytest.raises(Away, match=reason):
            session._raise(Told(error))
    with pytest.raises(KeyError):
        session._raise(KeyError("ours"))
