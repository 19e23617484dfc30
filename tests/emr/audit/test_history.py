"""The row before a change is kept by the database, with who changed it."""

import pytest
from django.db import connection

from emr.accounts.models import User
from emr.audit.models import AuditEvent, RowVersion
from emr.audit.services import record
from tests.emr.people import make_an

pytestmark = pytest.mark.django_db


def test_an_update_keeps_the_row_as_it_was_even_by_plain_sql() -> None:
    an = make_an()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_user SET full_name = 'Khác' WHERE id = %s", [an.pk])
    record("user.update", by=an, of=an)
    kept = RowVersion.objects.get(table_name="accounts_user", row_id=an.pk)
    assert kept.row["full_name"] == "Nguyễn Văn An"
    line = AuditEvent.objects.get(transaction_id=kept.transaction_id, action="user.update")
    assert line.agent_name == "an"
    assert line.recorded_at == kept.recorded_at


def test_no_session_switches_the_history_off() -> None:
    """S-56: what keeps the rows' history listens to no setting, whoever makes it."""
    an = make_an()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('pgtrigger.ignore', array_agg(tgname)::text, true) FROM pg_trigger"
            " WHERE tgname LIKE 'pgtrigger%'"
        )
    User.objects.filter(pk=an.pk).update(title="BS.CKII")
    assert RowVersion.objects.filter(table_name="accounts_user", row_id=an.pk).count() == 1
