"""What PostgreSQL refuses of a message's row, and the one change that it lets through."""

import pgtrigger

# No policy empties a message sooner, whatever a program asks for.
LEAST_DAYS = 30

_ALLOWED = f"""
IF TG_OP = 'UPDATE' AND OLD.emptied_at IS NULL AND NEW.emptied_at = transaction_timestamp() THEN
    allowed := OLD;
    allowed.raw := ''::bytea;
    allowed.emptied_at := NEW.emptied_at;
    IF NEW IS NOT DISTINCT FROM allowed
        AND OLD.received_at < transaction_timestamp() - interval '{LEAST_DAYS} days'
        AND EXISTS (SELECT 1 FROM transport_messagestate s WHERE s.message_id = OLD.id
            AND s.state IN ('applied', 'superseded', 'delivered'))
    THEN RETURN NEW; END IF;
END IF;
RAISE EXCEPTION 'pgtrigger: Cannot % rows from % table', lower(TG_OP), TG_TABLE_NAME;
"""  # noqa: S608  a number of ours


class AppendOnlyButEmptied(pgtrigger.Trigger):
    """Refuse UPDATE and DELETE whoever asks, save emptying an old message that was dealt with: its bytes go, all else stays.

    When it was emptied is the transaction's own time; every other column must be what it was.
    """

    def __init__(self) -> None:
        super().__init__(
            name="append_only",
            when=pgtrigger.Before,
            operation=pgtrigger.Update | pgtrigger.Delete,
            declare=[("allowed", "transport_message%ROWTYPE")],
            func=_ALLOWED,
        )


_ANSWER_ALLOWED = """
IF TG_OP = 'UPDATE' AND OLD.emptied_at IS NULL AND NEW.emptied_at = transaction_timestamp() THEN
    allowed := OLD;
    allowed.raw := ''::bytea;
    allowed.emptied_at := NEW.emptied_at;
    IF NEW IS NOT DISTINCT FROM allowed
        AND EXISTS (SELECT 1 FROM transport_message m WHERE m.id = OLD.message_id AND m.emptied_at IS NOT NULL)
    THEN RETURN NEW; END IF;
END IF;
RAISE EXCEPTION 'pgtrigger: Cannot % rows from % table', lower(TG_OP), TG_TABLE_NAME;
"""


class AnswerAppendOnly(pgtrigger.Trigger):
    """Refuse UPDATE and DELETE of a neighbour's answer, save emptying it once its message is emptied."""

    def __init__(self) -> None:
        super().__init__(
            name="append_only",
            when=pgtrigger.Before,
            operation=pgtrigger.Update | pgtrigger.Delete,
            declare=[("allowed", "transport_acknowledgement%ROWTYPE")],
            func=_ANSWER_ALLOWED,
        )
