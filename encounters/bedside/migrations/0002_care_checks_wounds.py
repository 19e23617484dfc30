# Care columns and their sheets, the check of a chart before hand-in, wounds with photographs.

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import emr.common.clock


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_listed_charts"),
        ("bedside", "0001_initial"),
        ("documents", "0002_course_prints_and_who_took_back"),
        ("registry", "0005_search_behind_the_wall"),
        ("storage", "0002_backup_run"),
        ("visits", "0003_attending_doctors_as_persons"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CareSheet",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                ("code", models.CharField(max_length=20)),
                ("number", models.PositiveSmallIntegerField(default=1)),
                ("shift_name", models.CharField(max_length=120)),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
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
                (
                    "nurse",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ChartCheck",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                ("findings", models.JSONField(default=list)),
                ("note", models.CharField(blank=True, default="", max_length=500)),
                ("checked_at", models.DateTimeField(default=emr.common.clock.now)),
                ("key", models.UUIDField(default=uuid.uuid4)),
                (
                    "checked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "department",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
                (
                    "encounter",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="chart_checks",
                        to="visits.encounter",
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
                "ordering": ["-checked_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="ChartRemark",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                ("text", models.CharField(max_length=500)),
                ("made_at", models.DateTimeField(default=emr.common.clock.now)),
                ("key", models.UUIDField(default=uuid.uuid4)),
                ("answer", models.CharField(blank=True, default="", max_length=300)),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                (
                    "department",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
                (
                    "done_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "encounter",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="chart_remarks",
                        to="visits.encounter",
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
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "nurse",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["made_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Wound",
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
                    "kind",
                    models.CharField(
                        choices=[
                            ("surgical", "Surgical wound"),
                            ("pressure", "Pressure sore"),
                            ("trauma", "Injury"),
                            ("burn", "Burn"),
                            ("diabetic", "Diabetic foot"),
                            ("vascular", "Leg ulcer"),
                            ("stoma", "Drain or stoma"),
                            ("other", "Another wound"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "site",
                    models.CharField(
                        choices=[
                            ("head", "Head, face"),
                            ("neck", "Neck"),
                            ("chest", "Chest"),
                            ("abdomen", "Abdomen"),
                            ("back", "Back"),
                            ("sacrum", "Sacrum"),
                            ("hip", "Hip"),
                            ("buttock", "Buttock"),
                            ("perineum", "Perineum"),
                            ("shoulder", "Shoulder"),
                            ("arm", "Arm"),
                            ("hand", "Hand"),
                            ("thigh", "Thigh"),
                            ("leg", "Lower leg"),
                            ("heel", "Heel"),
                            ("foot", "Foot"),
                            ("other", "Elsewhere"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "side",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "no side"),
                            ("left", "left"),
                            ("right", "right"),
                            ("both", "both sides"),
                        ],
                        default="",
                        max_length=5,
                    ),
                ),
                (
                    "place",
                    models.CharField(
                        blank=True, default="", help_text="where exactly, in words", max_length=120
                    ),
                ),
                ("began_on", models.DateField(blank=True, null=True)),
                ("key", models.UUIDField(default=uuid.uuid4)),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "encounter",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="wounds",
                        to="visits.encounter",
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
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.patient"
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="WoundAssessment",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                ("happened_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "As before, or first seen"),
                            ("better", "Better"),
                            ("worse", "Worse"),
                            ("healed", "Healed"),
                            ("entered-in-error", "Taken back"),
                        ],
                        default="open",
                        max_length=16,
                    ),
                ),
                (
                    "stage",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "not staged"),
                            ("1", "Stage 1: redness that stays"),
                            ("2", "Stage 2: partial loss of skin"),
                            ("3", "Stage 3: full loss of skin"),
                            ("4", "Stage 4: down to muscle or bone"),
                            ("u", "Can't be staged"),
                            ("d", "Deep tissue injury"),
                        ],
                        default="",
                        max_length=1,
                    ),
                ),
                ("length_mm", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("width_mm", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("depth_mm", models.PositiveSmallIntegerField(blank=True, null=True)),
                (
                    "exudate",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("none", "None"),
                            ("little", "Little"),
                            ("moderate", "Moderate"),
                            ("much", "Much"),
                        ],
                        default="",
                        max_length=8,
                    ),
                ),
                (
                    "tissue",
                    models.CharField(
                        blank=True, default="", help_text="bed, edges, skin around", max_length=200
                    ),
                ),
                ("pain", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("treatment", models.CharField(blank=True, default="", max_length=500)),
                ("note", models.CharField(blank=True, default="", max_length=300)),
                ("late_reason", models.CharField(blank=True, default="", max_length=200)),
                ("key", models.UUIDField(default=uuid.uuid4)),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                (
                    "replaces",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replaced_by",
                        to="bedside.woundassessment",
                    ),
                ),
                (
                    "wound",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="assessments",
                        to="bedside.wound",
                    ),
                ),
            ],
            options={
                "ordering": ["happened_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="WoundPhoto",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                ("position", models.PositiveSmallIntegerField()),
                ("width", models.PositiveIntegerField()),
                ("height", models.PositiveIntegerField()),
                (
                    "assessment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="photos",
                        to="bedside.woundassessment",
                    ),
                ),
                (
                    "attachment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="storage.attachment"
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
                "ordering": ["position"],
            },
        ),
        migrations.CreateModel(
            name="CareColumn",
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
                    "level",
                    models.CharField(
                        choices=[("1", "Level 1"), ("2", "Level 2"), ("3", "Level 3")], max_length=1
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("final", "Holds"), ("entered-in-error", "Taken back")],
                        default="final",
                        max_length=16,
                    ),
                ),
                ("happened_at", models.DateTimeField()),
                ("items", models.JSONField(default=dict)),
                ("copied", models.JSONField(default=list)),
                ("late_reason", models.CharField(blank=True, default="", max_length=200)),
                (
                    "reason",
                    models.CharField(
                        blank=True, default="", help_text="why it was corrected", max_length=200
                    ),
                ),
                ("key", models.UUIDField(default=uuid.uuid4)),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "copied_from",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="bedside.carecolumn",
                    ),
                ),
                (
                    "department",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
                (
                    "encounter",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="care_columns",
                        to="visits.encounter",
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
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.patient"
                    ),
                ),
                (
                    "replaces",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replaced_by",
                        to="bedside.carecolumn",
                    ),
                ),
            ],
            options={
                "ordering": ["happened_at", "pk"],
                "indexes": [models.Index(fields=["encounter", "happened_at"], name="care_course")],
                "constraints": [
                    models.UniqueConstraint(fields=("facility", "key"), name="one_care_column_per_key"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("replaces", None), models.Q(("reason", ""), _negated=True), _connector="OR"
                        ),
                        name="a_care_correction_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status", "final"), ("replaces__isnull", False), _connector="OR"),
                        name="a_taken_back_column_was_there",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("replaces", models.F("id")), _negated=True),
                        name="a_care_column_replaces_another",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="carecolumn",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="c3e20d93c99d973f8ca4f250631b47bae750077f",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_6a004",
                    table="bedside_carecolumn",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="carecolumn",
            trigger=pgtrigger.compiler.Trigger(
                name="same_facility_patient_id",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF NEW.patient_id IS NOT NULL AND NEW.facility_id IS DISTINCT FROM (SELECT facility_id FROM registry_patient WHERE id = NEW.patient_id) THEN RAISE EXCEPTION 'facility of registry_patient differs' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;",
                    hash="097bc241c259c32c1d7ce0a800e9aead81ce2797",
                    operation='INSERT OR UPDATE OF "patient_id", "facility_id"',
                    pgid="pgtrigger_same_facility_patient_id_7f502",
                    table="bedside_carecolumn",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="carecolumn",
            trigger=pgtrigger.compiler.Trigger(
                name="same_facility_encounter_id",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF NEW.encounter_id IS NOT NULL AND NEW.facility_id IS DISTINCT FROM (SELECT facility_id FROM visits_encounter WHERE id = NEW.encounter_id) THEN RAISE EXCEPTION 'facility of visits_encounter differs' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;",
                    hash="e69cb9607a710e3e972d89a10d60948ff2b50bd0",
                    operation='INSERT OR UPDATE OF "encounter_id", "facility_id"',
                    pgid="pgtrigger_same_facility_encounter_id_12f88",
                    table="bedside_carecolumn",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="carecolumn",
            trigger=pgtrigger.compiler.Trigger(
                name="same_facility_copied_from_id",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF NEW.copied_from_id IS NOT NULL AND NEW.facility_id IS DISTINCT FROM (SELECT facility_id FROM bedside_carecolumn WHERE id = NEW.copied_from_id) THEN RAISE EXCEPTION 'facility of bedside_carecolumn differs' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;",
                    hash="8caa51f26779424bf1309477a4d9987b29fcb3fd",
                    operation='INSERT OR UPDATE OF "copied_from_id", "facility_id"',
                    pgid="pgtrigger_same_facility_copied_from_id_d5e66",
                    table="bedside_carecolumn",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="carecolumn",
            trigger=pgtrigger.compiler.Trigger(
                name="same_facility_replaces_id",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF NEW.replaces_id IS NOT NULL AND NEW.facility_id IS DISTINCT FROM (SELECT facility_id FROM bedside_carecolumn WHERE id = NEW.replaces_id) THEN RAISE EXCEPTION 'facility of bedside_carecolumn differs' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;",
                    hash="a9fd2948aebd4ac3dc050a26ae39ea19082a426d",
                    operation='INSERT OR UPDATE OF "replaces_id", "facility_id"',
                    pgid="pgtrigger_same_facility_replaces_id_6665f",
                    table="bedside_carecolumn",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="carecolumn",
            trigger=pgtrigger.compiler.Trigger(
                name="department_of_facility",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF NEW.department_id IS NOT NULL AND NEW.facility_id IS DISTINCT FROM (SELECT parent_id FROM accounts_organization WHERE id = NEW.department_id) THEN RAISE EXCEPTION 'the department belongs to another facility' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;",
                    hash="965598b554899283952c8540681af1250c32b8c7",
                    operation='INSERT OR UPDATE OF "department_id", "facility_id"',
                    pgid="pgtrigger_department_of_facility_143be",
                    table="bedside_carecolumn",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="caresheet",
            constraint=models.UniqueConstraint(
                fields=("encounter", "code", "nurse", "starts_at", "number"),
                name="one_care_sheet_per_nurse_and_shift",
            ),
        ),
        migrations.AddConstraint(
            model_name="caresheet",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at__gt", models.F("starts_at"))),
                name="a_care_sheet_is_of_some_time",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="caresheet",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="96afcdd3d269699477d0078d7cc3c63ea9e41f7f",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_ea0fd",
                    table="bedside_caresheet",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="caresheet",
            trigger=pgtrigger.compiler.Trigger(
                name="same_facility_encounter_id",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF NEW.encounter_id IS NOT NULL AND NEW.facility_id IS DISTINCT FROM (SELECT facility_id FROM visits_encounter WHERE id = NEW.encounter_id) THEN RAISE EXCEPTION 'facility of visits_encounter differs' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;",
                    hash="57f9ee51dd219f35cde0a678f589d9d8017fe9e0",
                    operation='INSERT OR UPDATE OF "encounter_id", "facility_id"',
                    pgid="pgtrigger_same_facility_encounter_id_8ca8d",
                    table="bedside_caresheet",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="caresheet",
            trigger=pgtrigger.compiler.Trigger(
                name="same_facility_document_id",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF NEW.document_id IS NOT NULL AND NEW.facility_id IS DISTINCT FROM (SELECT facility_id FROM documents_document WHERE id = NEW.document_id) THEN RAISE EXCEPTION 'facility of documents_document differs' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;",
                    hash="53d41e9f8cf7c13ae879f30ee92f8ed670d6bdbb",
                    operation='INSERT OR UPDATE OF "document_id", "facility_id"',
                    pgid="pgtrigger_same_facility_document_id_87a9c",
                    table="bedside_caresheet",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="caresheet",
            trigger=pgtrigger.compiler.Trigger(
                name="same_facility_nurse_id",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF NEW.nurse_id IS NOT NULL AND NEW.facility_id IS DISTINCT FROM (SELECT facility_id FROM accounts_user WHERE id = NEW.nurse_id) THEN RAISE EXCEPTION 'facility of accounts_user differs' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;",
                    hash="5202968023c0391de045ccdd3f7b7539027136fe",
                    operation='INSERT OR UPDATE OF "nurse_id", "facility_id"',
                    pgid="pgtrigger_same_facility_nurse_id_d8a2f",
                    table="bedside_caresheet",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="chartcheck",
            index=models.Index(fields=["encounter", "-id"], name="chart_check_newest"),
        ),
        migrations.AddConstraint(
            model_name="chartcheck",
            constraint=models.UniqueConstraint(fields=("facility", "key"), name="one_chart_check_per_key"),
        ),
        migrations.AddConstraint(
            model_name="chartcheck",
            constraint=models.CheckConstraint(
                condition=models.Q(("findings", []), models.Q(("note", ""), _negated=True), _connector="OR"),
                name="what_is_left_open_has_a_reason",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="chartcheck",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="4027ac71d2cd546cb681ebb87bf1f2aa7cc37c6a",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_5c202",
                    table="bedside_chartcheck",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="chartcheck",
            trigger=pgtrigger.compiler.Trigger(
                name="same_facility_encounter_id",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF NEW.encounter_id IS NOT NULL AND NEW.facility_id IS DISTINCT FROM (SELECT facility_id FROM visits_encounter WHERE id = NEW.encounter_id) THEN RAISE EXCEPTION 'facility of visits_encounter differs' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;",
                    hash="9632f4ebfe9a9863e39f3ee5842cc2fa00158faf",
                    operation='INSERT OR UPDATE OF "encounter_id", "facility_id"',
                    pgid="pgtrigger_same_facility_encounter_id_96eb9",
                    table="bedside_chartcheck",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="chartcheck",
            trigger=pgtrigger.compiler.Trigger(
                name="department_of_facility",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF NEW.department_id IS NOT NULL AND NEW.facility_id IS DISTINCT FROM (SELECT parent_id FROM accounts_organization WHERE id = NEW.department_id) THEN RAISE EXCEPTION 'the department belongs to another facility' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;",
                    hash="04ddc86f50fbd7a14216405120e4513297f940f6",
                    operation='INSERT OR UPDATE OF "department_id", "facility_id"',
                    pgid="pgtrigger_department_of_facility_1476d",
                    table="bedside_chartcheck",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="chartremark",
            index=models.Index(
                condition=models.Q(("done_at", None)), fields=["encounter"], name="chart_remarks_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="chartremark",
            constraint=models.UniqueConstraint(fields=("facility", "key"), name="one_chart_remark_per_key"),
        ),
        migrations.AddConstraint(
            model_name="chartremark",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("done_at", None), ("done_by", None)),
                    models.Q(("done_at__isnull", False), ("done_by__isnull", False)),
                    _connector="OR",
                ),
                name="a_remark_is_done_by_somebody",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="chartremark",
            trigger=pgtrigger.compiler.Trigger(
                name="row_history",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="PERFORM audit_keep_row(TG_TABLE_NAME::text, TG_OP, to_jsonb(OLD)); RETURN NULL;",
                    hash="7e0fd9741478f1578ecd2cd603bb182793399f3e",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_row_history_cc532",
                    table="bedside_chartremark",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="chartremark",
            trigger=pgtrigger.compiler.Trigger(
                name="same_facility_encounter_id",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF NEW.encounter_id IS NOT NULL AND NEW.facility_id IS DISTINCT FROM (SELECT facility_id FROM visits_encounter WHERE id = NEW.encounter_id) THEN RAISE EXCEPTION 'facility of visits_encounter differs' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;",
                    hash="00d5c34cf985a714990d58a63c9bcc85d8663aa5",
                    operation='INSERT OR UPDATE OF "encounter_id", "facility_id"',
                    pgid="pgtrigger_same_facility_encounter_id_07a5c",
                    table="bedside_chartremark",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="chartremark",
            trigger=pgtrigger.compiler.Trigger(
                name="same_facility_nurse_id",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF NEW.nurse_id IS NOT NULL AND NEW.facility_id IS DISTINCT FROM (SELECT facility_id FROM accounts_user WHERE id = NEW.nurse_id) THEN RAISE EXCEPTION 'facility of accounts_user differs' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;",
                    hash="bcab25fa83aacdc6b0215068f3e2dcce19715469",
                    operation='INSERT OR UPDATE OF "nurse_id", "facility_id"',
                    pgid="pgtrigger_same_facility_nurse_id_8fe96",
                    table="bedside_chartremark",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="chartremark",
            trigger=pgtrigger.compiler.Trigger(
                name="department_of_facility",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF NEW.department_id IS NOT NULL AND NEW.facility_id IS DISTINCT FROM (SELECT parent_id FROM accounts_organization WHERE id = NEW.department_id) THEN RAISE EXCEPTION 'the department belongs to another facility' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;",
                    hash="83b27032c775226d6faa5b8e7ba3dd835cfe92ed",
                    operation='INSERT OR UPDATE OF "department_id", "facility_id"',
                    pgid="pgtrigger_department_of_facility_251bc",
                    table="bedside_chartremark",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="chartremark",
            trigger=pgtrigger.compiler.Trigger(
                name="a_remark_stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."facility_id" IS DISTINCT FROM (NEW."facility_id") OR OLD."encounter_id" IS DISTINCT FROM (NEW."encounter_id") OR OLD."department_id" IS DISTINCT FROM (NEW."department_id") OR OLD."nurse_id" IS DISTINCT FROM (NEW."nurse_id") OR OLD."text" IS DISTINCT FROM (NEW."text") OR OLD."made_by_id" IS DISTINCT FROM (NEW."made_by_id") OR OLD."made_at" IS DISTINCT FROM (NEW."made_at") OR OLD."key" IS DISTINCT FROM (NEW."key"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="f5b73fa5229e56853073412ec08e1e0974bec768",
                    operation="UPDATE",
                    pgid="pgtrigger_a_remark_stays_c21d7",
                    table="bedside_chartremark",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="chartremark",
            trigger=pgtrigger.compiler.Trigger(
                name="no_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="7c50b7811d441f9acd0a16836c6be48223edccb0",
                    operation="DELETE",
                    pgid="pgtrigger_no_delete_e7977",
                    table="bedside_chartremark",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="wound",
            index=models.Index(fields=["encounter"], name="wounds_of_stay"),
        ),
        migrations.AddConstraint(
            model_name="wound",
            constraint=models.UniqueConstraint(fields=("facility", "key"), name="one_wound_per_key"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="wound",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="1cd43444e7fae1b046653410dc14b5f9c9f21e2d",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_39ec3",
                    table="bedside_wound",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="wound",
            trigger=pgtrigger.compiler.Trigger(
                name="same_facility_patient_id",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF NEW.patient_id IS NOT NULL AND NEW.facility_id IS DISTINCT FROM (SELECT facility_id FROM registry_patient WHERE id = NEW.patient_id) THEN RAISE EXCEPTION 'facility of registry_patient differs' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;",
                    hash="1f2e3dd9ef64eddf7db5e28120f96f16d878ed3a",
                    operation='INSERT OR UPDATE OF "patient_id", "facility_id"',
                    pgid="pgtrigger_same_facility_patient_id_2fa09",
                    table="bedside_wound",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="wound",
            trigger=pgtrigger.compiler.Trigger(
                name="same_facility_encounter_id",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF NEW.encounter_id IS NOT NULL AND NEW.facility_id IS DISTINCT FROM (SELECT facility_id FROM visits_encounter WHERE id = NEW.encounter_id) THEN RAISE EXCEPTION 'facility of visits_encounter differs' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;",
                    hash="578f559d7848313afa70f7a9df35e97c23523ea0",
                    operation='INSERT OR UPDATE OF "encounter_id", "facility_id"',
                    pgid="pgtrigger_same_facility_encounter_id_cc6dd",
                    table="bedside_wound",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="woundassessment",
            index=models.Index(fields=["wound", "happened_at"], name="course_of_wound"),
        ),
        migrations.AddConstraint(
            model_name="woundassessment",
            constraint=models.UniqueConstraint(
                fields=("facility", "key"), name="one_wound_assessment_per_key"
            ),
        ),
        migrations.AddConstraint(
            model_name="woundassessment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("replaces__isnull", False),
                        ("state", "entered-in-error"),
                        models.Q(("note", ""), _negated=True),
                    ),
                    models.Q(models.Q(("state", "entered-in-error"), _negated=True), ("replaces", None)),
                    _connector="OR",
                ),
                name="a_wound_is_taken_back_with_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="woundassessment",
            constraint=models.CheckConstraint(
                condition=models.Q(("pain", None), ("pain__lte", 10), _connector="OR"),
                name="a_wounds_pain_is_up_to_ten",
            ),
        ),
        migrations.AddConstraint(
            model_name="woundassessment",
            constraint=models.CheckConstraint(
                condition=models.Q(("replaces", models.F("id")), _negated=True),
                name="a_wound_row_replaces_another",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="woundassessment",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="9c81a3c096ba189bb74236a78a1630f502d3f0db",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_a6abb",
                    table="bedside_woundassessment",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="woundassessment",
            trigger=pgtrigger.compiler.Trigger(
                name="same_facility_wound_id",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF NEW.wound_id IS NOT NULL AND NEW.facility_id IS DISTINCT FROM (SELECT facility_id FROM bedside_wound WHERE id = NEW.wound_id) THEN RAISE EXCEPTION 'facility of bedside_wound differs' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;",
                    hash="b6e88e8c34ad7c5449f4f2fbca7f9223e09641a5",
                    operation='INSERT OR UPDATE OF "wound_id", "facility_id"',
                    pgid="pgtrigger_same_facility_wound_id_19661",
                    table="bedside_woundassessment",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="woundassessment",
            trigger=pgtrigger.compiler.Trigger(
                name="same_facility_replaces_id",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF NEW.replaces_id IS NOT NULL AND NEW.facility_id IS DISTINCT FROM (SELECT facility_id FROM bedside_woundassessment WHERE id = NEW.replaces_id) THEN RAISE EXCEPTION 'facility of bedside_woundassessment differs' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;",
                    hash="72c5d99145c0ff55d7da3ea04ff4bb5d9df5d22b",
                    operation='INSERT OR UPDATE OF "replaces_id", "facility_id"',
                    pgid="pgtrigger_same_facility_replaces_id_a4df9",
                    table="bedside_woundassessment",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="woundphoto",
            constraint=models.UniqueConstraint(
                fields=("assessment", "position"), name="one_wound_photo_per_position"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="woundphoto",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="f7619ab76c854618da7bc08a92af5ddaa23c2845",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_caefa",
                    table="bedside_woundphoto",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="woundphoto",
            trigger=pgtrigger.compiler.Trigger(
                name="same_facility_assessment_id",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF NEW.assessment_id IS NOT NULL AND NEW.facility_id IS DISTINCT FROM (SELECT facility_id FROM bedside_woundassessment WHERE id = NEW.assessment_id) THEN RAISE EXCEPTION 'facility of bedside_woundassessment differs' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;",
                    hash="98d63134524f35002be47b354d11018520297759",
                    operation='INSERT OR UPDATE OF "assessment_id", "facility_id"',
                    pgid="pgtrigger_same_facility_assessment_id_05025",
                    table="bedside_woundphoto",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="woundphoto",
            trigger=pgtrigger.compiler.Trigger(
                name="same_facility_attachment_id",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF NEW.attachment_id IS NOT NULL AND NEW.facility_id IS DISTINCT FROM (SELECT facility_id FROM storage_attachment WHERE id = NEW.attachment_id) THEN RAISE EXCEPTION 'facility of storage_attachment differs' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;",
                    hash="4dadf37e7fe64c6fce9b43e2b10d5790222251e0",
                    operation='INSERT OR UPDATE OF "attachment_id", "facility_id"',
                    pgid="pgtrigger_same_facility_attachment_id_ef41f",
                    table="bedside_woundphoto",
                    when="BEFORE",
                ),
            ),
        ),
    ]
