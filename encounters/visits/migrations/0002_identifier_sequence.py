"""Mã điều trị comes from a sequence: gaps are allowed there, waiting is not."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("visits", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE visits_encounter_identifier", "DROP SEQUENCE visits_encounter_identifier"
        )
    ]
