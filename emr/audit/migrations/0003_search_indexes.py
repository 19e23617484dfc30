"""Indexes that the search of the log needs: by kind, by address, by what was refused or failed."""

from django.db import migrations

MAKE = """
CREATE INDEX audit_event_action ON audit_event (action varchar_pattern_ops, recorded_at DESC);
CREATE INDEX audit_event_address ON audit_event (address, recorded_at DESC) WHERE address <> '';
CREATE INDEX audit_event_refused ON audit_event (recorded_at DESC) WHERE outcome <> 'success';
"""
REMOVE = "DROP INDEX audit_event_action, audit_event_address, audit_event_refused;"


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_append_only_links")]

    operations = [migrations.RunSQL(MAKE, REMOVE)]
