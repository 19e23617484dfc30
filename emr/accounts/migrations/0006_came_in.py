"""Accounts know whether anybody ever came in with them. Those that have a password, or were signed in with, have been in use."""

from django.db import migrations, models

_IN_USE = """
UPDATE accounts_user SET came_in_at = created_at
WHERE password NOT LIKE '!%%' OR id IN (
    SELECT agent_id FROM audit_event WHERE action = 'user.sign_in' AND outcome = 'success')
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_settings_say_who"), ("audit", "0004_disposals_and_spool")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="came_in_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.RunSQL(_IN_USE.replace("%%", "%"), migrations.RunSQL.noop),
    ]
