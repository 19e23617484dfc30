"""Django's sessions in a table of ours: a row says whose it is, where, since when, and whether it is locked."""

from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db

from emr.common.context import acting

_KEPT = (
    "method", "address", "device", "started_at", "opened_at", "active_at", "idle_seconds", "locked_at", "proved_at", "must",
)  # fmt: skip


class SessionStore(db.SessionStore):
    """The database's session with its row at hand, so that no request asks for it twice."""

    def __init__(self, session_key: str | None = None) -> None:
        super().__init__(session_key)
        self.row: Any = None

    @classmethod
    def get_model_class(cls) -> Any:
        """The table."""
        from emr.signin.models import StaffSession  # noqa: PLC0415

        return StaffSession

    def _get_session_from_db(self) -> Any:
        self.row = super()._get_session_from_db()  # type: ignore[misc]
        return self.row

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        """The row to save. A new id for the same session (S-15) keeps what is known about it."""
        row: Any = super().create_model_instance(data)
        row.user_id = data.get(SESSION_KEY)
        if self.row is None:
            row.address, row.device = acting().address, acting().device
        else:
            for name in _KEPT:
                setattr(row, name, getattr(self.row, name))
            if row.session_key == self.row.session_key:
                row.uuid = self.row.uuid
        self.row = row
        return row

    def flush(self) -> None:
        """Throw the session away; the next one is somebody else's."""
        super().flush()
        self.row = None
