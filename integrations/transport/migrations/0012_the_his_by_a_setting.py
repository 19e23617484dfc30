"""Which neighbour is the HIS is said by its channels, and no longer by the letters of its name."""

from django.db import migrations, models

# As the letters said until now: HIS anywhere in the name. Of one that sends, whatever wasn't LIS, RIS or PACS was the HIS
# for its orders; no laboratory tells who lies where (ADT) or what is prescribed (RDE), and a view's rows are a HIS's.
BY_NAME = """
UPDATE transport_channel SET performs = 'his'
FROM (SELECT id AS channel_id, upper(CASE direction WHEN 'out' THEN receiving_application ELSE sending_application END)
      AS name_there FROM transport_channel) AS named
WHERE id = channel_id AND performs <> 'monitors' AND (
  name_there LIKE '%HIS%' OR protocol = 'sql' OR (
    direction = 'in' AND performs = 'both' AND name_there !~ '^(LIS|RIS|PACS)'
    AND EXISTS (SELECT 1 FROM unnest(message_types) AS taken WHERE split_part(taken, '^', 1) IN ('ADT', 'RDE'))
  )
)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("transport", "0011_more_databases"),
    ]

    operations = [
        migrations.AlterField(
            model_name="channel",
            name="performs",
            field=models.CharField(
                choices=[
                    ("his", "Patients, stays and orders of the whole hospital (HIS)"),
                    ("laboratory", "Laboratory tests"),
                    ("imaging", "Imaging and functional tests"),
                    ("both", "Both"),
                    ("monitors", "Vital signs of monitors at the bed"),
                ],
                db_default="both",
                default="both",
                max_length=10,
            ),
        ),
        migrations.RunSQL(BY_NAME, migrations.RunSQL.noop),
    ]
