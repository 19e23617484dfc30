"""A facility's choice says who made it and when; a version keeps two people from overwriting each other."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import emr.common.clock


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_session_epoch")]

    operations = [
        migrations.AddField(
            model_name="facilitysetting",
            name="version",
            field=models.PositiveIntegerField(db_default=1, default=1),
        ),
        migrations.AddField(
            model_name="facilitysetting",
            name="changed_at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(), default=emr.common.clock.now
            ),
        ),
        migrations.AddField(
            model_name="facilitysetting",
            name="changed_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
