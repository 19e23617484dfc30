"""Attending doctors reach their patients as persons from now on: those who attend already, too."""

from django.db import migrations

_FORWARDS = """
INSERT INTO registry_carecontext
    (uuid, facility_id, patient_id, practitioner_id, department_id, starts_at, ends_at, reason, source)
SELECT gen_random_uuid(), e.facility_id, e.patient_id, p.practitioner_id, NULL, LEAST(p.starts_at, now()), NULL,
       'encounter', 'team:' || e.id
FROM visits_encounterparticipant p JOIN visits_encounter e ON e.id = p.encounter_id
WHERE p.role = 'ATND' AND p.ends_at IS NULL AND e.status = 'in-progress'
"""


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0002_confidentiality"),
        ("visits", "0002_identifier_sequence"),
    ]

    operations = [migrations.RunSQL(_FORWARDS, "DELETE FROM registry_carecontext WHERE source LIKE 'team:%'")]
