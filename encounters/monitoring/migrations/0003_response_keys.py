# An answer to a score carries the key of its form.

import uuid

import django.contrib.postgres.functions
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_listed_charts"),
        ("monitoring", "0002_vital_sheets"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="warningresponse",
            name="key",
            field=models.UUIDField(
                db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4
            ),
        ),
        migrations.AddConstraint(
            model_name="warningresponse",
            constraint=models.UniqueConstraint(
                fields=("facility", "key"), name="one_warning_response_per_key"
            ),
        ),
    ]
