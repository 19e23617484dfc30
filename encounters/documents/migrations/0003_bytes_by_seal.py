from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("documents", "0002_course_prints_and_who_took_back")]

    operations = [
        migrations.AddField(
            model_name="documentbytes",
            name="by_seal",
            field=models.BooleanField(
                db_default=False, default=False, help_text="the facility's seal was added, nobody's signature"
            ),
        ),
    ]
