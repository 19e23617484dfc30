"""First passwords of new accounts stand apart from passwords."""

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_came_in"), ("signin", "0005_keys_of_rounds")]

    operations = [
        migrations.CreateModel(
            name="FirstPassword",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                (
                    "fingerprint",
                    models.CharField(help_text="SHA-256; the word itself is nowhere", max_length=64),
                ),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(blank=True, null=True)),
                (
                    "issued_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="first_password",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("issued_by", models.F("user")), _negated=True),
                        name="nobody_issues_their_own_password",
                    )
                ],
            },
        ),
        migrations.AlterField(
            model_name="staffsession",
            name="method",
            field=models.CharField(
                choices=[
                    ("password", "Password"),
                    ("pin", "PIN at a shared PC"),
                    ("badge", "Badge and PIN"),
                    ("passkey", "Security key"),
                    ("oidc", "Hospital account (OpenID Connect)"),
                    ("first", "First password"),
                    ("ldap", "Hospital account (directory)"),
                ],
                default="password",
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="staffsession",
            name="must",
            field=models.CharField(
                blank=True,
                choices=[("factor", "Factor"), ("password", "Password")],
                default="",
                max_length=8,
            ),
        ),
    ]
