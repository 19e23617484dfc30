from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("signing", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="signingrequest",
            name="owes_timestamp",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="the authority was away: a document timestamp follows",
            ),
        ),
        migrations.AddIndex(
            model_name="signingrequest",
            index=models.Index(
                condition=models.Q(("owes_timestamp", True)),
                fields=["completed_at"],
                name="signing_owes_timestamp",
            ),
        ),
    ]
