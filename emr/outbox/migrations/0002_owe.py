"""Publishing as a function of the database: its plan is kept by each connection, where a statement's was made anew."""

from django.db import migrations

OWE = """
CREATE FUNCTION outbox_owe(topic text, facts jsonb, wanted jsonb) RETURNS TABLE (event_id bigint, to_queue text)
LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY
    INSERT INTO outbox_outboxevent (topic, subscriber, queue, payload, order_key, attempts, fence, last_error)
    SELECT outbox_owe.topic, subscriber.row ->> 0, subscriber.row ->> 1, fact.row -> 1, fact.row ->> 0, 0, 0, ''
    FROM jsonb_array_elements(facts) WITH ORDINALITY AS fact (row, place)
    CROSS JOIN jsonb_array_elements(wanted) AS subscriber (row)
    ORDER BY fact.place
    RETURNING id, queue::text;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("outbox", "0001_initial")]

    operations = [migrations.RunSQL(OWE, "DROP FUNCTION outbox_owe")]
