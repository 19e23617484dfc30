"""A round's row holds the key of a PIN that the browser alone has, sealed; one round at a time."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("signin", "0004_group_roles")]

    operations = [
        # Those under way have no key; their people type the PIN once more.
        migrations.RunSQL("DELETE FROM signin_round", migrations.RunSQL.noop),
        migrations.RemoveConstraint(model_name="round", name="one_round_a_ward"),
        migrations.AddField(
            model_name="round",
            name="key",
            field=models.BinaryField(
                default=b"", help_text="opens the PIN that this browser alone has, sealed, in a cookie"
            ),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            model_name="round",
            constraint=models.UniqueConstraint(fields=("session",), name="one_round_at_a_time"),
        ),
    ]
