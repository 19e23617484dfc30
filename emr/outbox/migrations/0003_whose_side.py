"""A fact remembers on whose side of the wall it was published; its subscribers work there."""

from django.db import migrations, models

# A program of the version before, which names no side, publishes for all.
OWE = """
DROP FUNCTION outbox_owe(text, jsonb, jsonb);
CREATE FUNCTION outbox_owe(topic text, facts jsonb, wanted jsonb, side text DEFAULT 'all')
RETURNS TABLE (event_id bigint, to_queue text) LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY
    INSERT INTO outbox_outboxevent (topic, subscriber, queue, payload, order_key, facility, attempts, fence, last_error)
    SELECT outbox_owe.topic, subscriber.row ->> 0, subscriber.row ->> 1, fact.row -> 1, fact.row ->> 0, side, 0, 0, ''
    FROM jsonb_array_elements(facts) WITH ORDINALITY AS fact (row, place)
    CROSS JOIN jsonb_array_elements(wanted) AS subscriber (row)
    ORDER BY fact.place
    RETURNING id, queue::text;
END $$;
"""

BEFORE = """
DROP FUNCTION outbox_owe(text, jsonb, jsonb, text);
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
    dependencies = [("outbox", "0002_owe")]

    operations = [
        migrations.AddField(
            model_name="outboxevent",
            name="facility",
            # What is owed already, and what a program of the version before still publishes, knows no side.
            field=models.CharField(db_default="all", max_length=20),
        ),
        migrations.RunSQL(OWE, BEFORE),
    ]
