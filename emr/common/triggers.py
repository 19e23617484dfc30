"""Invariants that PostgreSQL itself keeps, declared in `Meta.triggers` and carried by migrations."""

import pgtrigger


class AppendOnly(pgtrigger.Protect):
    """Refuse UPDATE and DELETE whoever asks, the table's owner included (principle: nothing clinical is overwritten)."""

    def __init__(self) -> None:
        super().__init__(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)


class RowHistory(pgtrigger.Trigger):
    """Write the old row of every UPDATE and DELETE to `audit_rowhistory`, with who and which request.

    With `columns`, of those UPDATEs alone that set one of them: a row that also counts something keeps its decisions.
    """

    def __init__(self, *columns: str) -> None:
        update = pgtrigger.UpdateOf(*columns) if columns else pgtrigger.Update
        super().__init__(
            name="row_history",
            when=pgtrigger.After,
            operation=update | pgtrigger.Delete,
            func="PERFORM audit_keep_row(TG_TABLE_NAME::text, TG_OP, to_jsonb(OLD)); RETURN NULL;",
        )


class SameFacility(pgtrigger.Trigger):
    """Refuse a child whose `facility_id` isn't its parent's.

    `column` is the child's foreign key column, `parent` the parent's table; a null key passes.
    """

    def __init__(self, column: str, parent: str) -> None:
        super().__init__(
            name=f"same_facility_{column}"[:40],
            when=pgtrigger.Before,
            operation=pgtrigger.Insert | pgtrigger.UpdateOf(column, "facility_id"),
            func=(
                f"IF NEW.{column} IS NOT NULL AND NEW.facility_id IS DISTINCT FROM "  # noqa: S608  our own tables
                f"(SELECT facility_id FROM {parent} WHERE id = NEW.{column}) THEN "
                f"RAISE EXCEPTION 'facility of {parent} differs' USING ERRCODE = 'check_violation'; END IF; "
                "RETURN NEW;"
            ),
        )
