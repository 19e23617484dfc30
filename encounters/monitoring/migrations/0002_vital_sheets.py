# Which document holds a sheet of the vital-sign chart.

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_listed_charts"),
        ("documents", "0002_course_prints_and_who_took_back"),
        ("monitoring", "0001_initial"),
        ("visits", "0003_attending_doctors_as_persons"),
    ]

    operations = [
        migrations.CreateModel(
            name="VitalSheet",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                ("number", models.PositiveSmallIntegerField()),
                ("attempt", models.PositiveSmallIntegerField(default=1)),
                (
                    "document",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="documents.document"
                    ),
                ),
                (
                    "encounter",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="visits.encounter"
                    ),
                ),
                (
                    "facility",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("encounter", "number", "attempt"), name="one_vital_sheet_per_number"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("number__gte", 1)), name="vital_sheets_count_from_one"
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="vitalsheet",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="d1da3eea12289d118931fd2dd525835fb6e986f8",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_873e8",
                    table="monitoring_vitalsheet",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="vitalsheet",
            trigger=pgtrigger.compiler.Trigger(
                name="same_facility_encounter_id",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF NEW.encounter_id IS NOT NULL AND NEW.facility_id IS DISTINCT FROM (SELECT facility_id FROM visits_encounter WHERE id = NEW.encounter_id) THEN RAISE EXCEPTION 'facility of visits_encounter differs' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;",
                    hash="db9e191ef2846513ec8117e53eb05bd1b1901b6c",
                    operation='INSERT OR UPDATE OF "encounter_id", "facility_id"',
                    pgid="pgtrigger_same_facility_encounter_id_21cbe",
                    table="monitoring_vitalsheet",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="vitalsheet",
            trigger=pgtrigger.compiler.Trigger(
                name="same_facility_document_id",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF NEW.document_id IS NOT NULL AND NEW.facility_id IS DISTINCT FROM (SELECT facility_id FROM documents_document WHERE id = NEW.document_id) THEN RAISE EXCEPTION 'facility of documents_document differs' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;",
                    hash="176a2b7b942c7b1cecabc6bd82d712d8fc8e0fbf",
                    operation='INSERT OR UPDATE OF "document_id", "facility_id"',
                    pgid="pgtrigger_same_facility_document_id_d5307",
                    table="monitoring_vitalsheet",
                    when="BEFORE",
                ),
            ),
        ),
    ]
