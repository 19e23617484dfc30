from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("signing", "0004_desk"),
    ]

    operations = [
        migrations.AlterField(
            model_name="signingrequest",
            name="level",
            field=models.CharField(
                blank=True,
                default="",
                help_text="PAdES baseline: B-B, B-T, B-LT, B-LTA, as verified",
                max_length=5,
            ),
        ),
        migrations.AlterField(
            model_name="signingrequest",
            name="digest",
            field=models.CharField(
                blank=True,
                default="",
                help_text="of all but the hole, hexadecimal: SHA-256 or SHA-384",
                max_length=96,
            ),
        ),
    ]
