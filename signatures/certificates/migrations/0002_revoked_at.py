from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("certificates", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="certificate",
            name="revoked_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        # Those revoked before the instant was kept count from now on: what they signed until today was accepted.
        migrations.RunSQL(
            "UPDATE certificates_certificate SET revoked_at = now() WHERE status = 'revoked'",
            migrations.RunSQL.noop,
        ),
        migrations.AddConstraint(
            model_name="certificate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("revoked_at__isnull", False), ("status", "revoked")),
                    models.Q(("revoked_at", None), models.Q(("status", "revoked"), _negated=True)),
                    _connector="OR",
                ),
                name="a_revoked_certificate_says_since_when",
            ),
        ),
    ]
