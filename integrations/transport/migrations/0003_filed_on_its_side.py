"""What is filed is published on its facility's side of the wall."""

from importlib import import_module

from django.db import migrations

FILE = """
CREATE OR REPLACE FUNCTION transport_file_messages(arrived jsonb, topic text, wanted jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    fresh jsonb;
    facts jsonb;
    events jsonb;
    -- A batch is one facility's; a program of the version before may mix them.
    side text := (SELECT CASE count(DISTINCT m.row ->> 0) WHEN 1 THEN min(m.row ->> 0) ELSE 'all' END
        FROM jsonb_array_elements(arrived) AS m (row));
BEGIN
    WITH filed AS (
        INSERT INTO transport_message (uuid, facility_id, channel_id, received_at, peer_address, raw, sha256, size,
            control_id, message_type, version, patient_number, duplicate_key, reply)
        SELECT gen_random_uuid(), (m.row ->> 0)::bigint, (m.row ->> 1)::bigint, (m.row ->> 2)::timestamptz,
            m.row ->> 3, bytes.raw, m.row ->> 5, octet_length(bytes.raw), m.row ->> 6, m.row ->> 7, m.row ->> 8,
            m.row ->> 9, m.row ->> 10, decode(m.row ->> 11, 'base64')
        FROM jsonb_array_elements(arrived) WITH ORDINALITY AS m (row, place)
        CROSS JOIN LATERAL (SELECT decode(m.row ->> 4, 'base64') AS raw OFFSET 0) AS bytes
        ORDER BY m.place
        ON CONFLICT (channel_id, duplicate_key) DO NOTHING
        RETURNING id, channel_id, patient_number, duplicate_key, received_at
    ), states AS (
        INSERT INTO transport_messagestate (message_id, state, attempts, changed_at, remarks)
        SELECT id, 'received', 0, received_at, '[]' FROM filed
    )
    SELECT coalesce(jsonb_agg(jsonb_build_array(channel_id, duplicate_key)), '[]'),
        coalesce(jsonb_agg(jsonb_build_array(
            CASE WHEN patient_number = '' THEN '' ELSE 'hl7:' || channel_id || ':'
                || left(encode(sha256(convert_to(patient_number, 'UTF8')), 'hex'), 40) END,
            jsonb_build_object('message_id', id)) ORDER BY id), '[]')
    INTO fresh, facts FROM filed;
    SELECT coalesce(jsonb_agg(jsonb_build_array(event_id, to_queue)), '[]')
    INTO events FROM outbox_owe(topic, facts, wanted, side);
    RETURN jsonb_build_object('fresh', fresh, 'events', events);
END $$;
"""

_BEFORE = import_module("integrations.transport.migrations.0002_file_messages").FILE
BEFORE = _BEFORE.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


class Migration(migrations.Migration):
    dependencies = [("transport", "0002_file_messages"), ("outbox", "0003_whose_side")]

    operations = [migrations.RunSQL(FILE, BEFORE)]
