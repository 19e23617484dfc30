# What nurses keep at the bed: assignments, check marks, precautions, hand-overs, packs, outages.

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import emr.common.clock


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0007_listed_charts"),
        ("documents", "0002_course_prints_and_who_took_back"),
        ("orders", "0005_laboratory"),
        ("registry", "0005_search_behind_the_wall"),
        ("visits", "0003_attending_doctors_as_persons"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Handover",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                ("shift_name", models.CharField(max_length=120)),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("situation", models.CharField(max_length=2000)),
                ("to_do", models.CharField(blank=True, default="", max_length=2000)),
                ("handed_at", models.DateTimeField(default=emr.common.clock.now)),
                ("key", models.UUIDField(default=uuid.uuid4)),
                ("received_at", models.DateTimeField(blank=True, null=True)),
                (
                    "department",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
                (
                    "document",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="documents.document"
                    ),
                ),
                (
                    "encounter",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="handovers",
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
                    "handed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "received_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "to_department",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "ordering": ["-handed_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="Look",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                ("seen_at", models.DateTimeField(default=emr.common.clock.now)),
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
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Outage",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                ("began_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("reason", models.CharField(max_length=200, verbose_name="What happened")),
                (
                    "declared_by",
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
            ],
            options={
                "ordering": ["-began_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="Execution",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                ("slot_at", models.DateTimeField(help_text="which of the order's times")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("done", "Done"),
                            ("not-done", "Not done"),
                            ("entered-in-error", "Taken back"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("refused", "The patient refused"),
                            ("away", "The patient was away"),
                            ("condition", "The patient's condition didn't allow it"),
                            ("doctor", "A doctor said so"),
                            ("supply", "Material or device missing"),
                            ("other", "Another reason"),
                        ],
                        default="",
                        max_length=10,
                    ),
                ),
                ("note", models.CharField(blank=True, default="", max_length=300)),
                ("happened_at", models.DateTimeField()),
                (
                    "identified",
                    models.CharField(
                        choices=[
                            ("scan", "Wristband scanned"),
                            ("asked", "Name and date of birth asked"),
                            ("later", "Entered later, from paper"),
                        ],
                        max_length=5,
                    ),
                ),
                ("late_reason", models.CharField(blank=True, default="", max_length=200)),
                ("key", models.UUIDField(default=uuid.uuid4)),
                (
                    "encounter",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="executions",
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
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="executions",
                        to="orders.servicerequest",
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.patient"
                    ),
                ),
                (
                    "performer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "replaces",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replaced_by",
                        to="bedside.execution",
                    ),
                ),
                (
                    "outage",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="executions",
                        to="bedside.outage",
                    ),
                ),
            ],
            options={
                "ordering": ["happened_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Precaution",
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
                            ("contact", "Isolation: contact"),
                            ("droplet", "Isolation: droplets"),
                            ("airborne", "Isolation: airborne"),
                            ("fall", "Risk of falling"),
                            ("pressure", "Risk of pressure sores"),
                        ],
                        max_length=8,
                    ),
                ),
                ("note", models.CharField(blank=True, default="", max_length=200)),
                ("starts_at", models.DateTimeField(default=emr.common.clock.now)),
                ("ends_at", models.DateTimeField(blank=True, null=True)),
                (
                    "encounter",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="precautions",
                        to="visits.encounter",
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
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
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.patient"
                    ),
                ),
                (
                    "set_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["starts_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="WardCode",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                ("salt", models.BinaryField(max_length=16)),
                ("wrapped_key", models.BinaryField(max_length=64)),
                ("wrapped_by", models.CharField(max_length=16)),
                ("set_at", models.DateTimeField(default=emr.common.clock.now)),
                (
                    "department",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
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
                    "set_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="WardPack",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                ("content", models.BinaryField()),
                ("made_at", models.DateTimeField()),
                ("patient_count", models.PositiveIntegerField()),
                (
                    "code",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pack",
                        to="bedside.wardcode",
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
        ),
        migrations.CreateModel(
            name="Assignment",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                ("shift_name", models.CharField(max_length=120)),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "assigned_by",
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
                        related_name="assignments",
                        to="visits.encounter",
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
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
                    "nurse",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("ended_at", None)),
                        fields=["nurse", "starts_at"],
                        name="assignment_of_nurse",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("encounter", "starts_at"),
                        name="one_nurse_per_patient_and_shift",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gt", models.F("starts_at"))),
                        name="a_shift_ends_after_it_starts",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at", None), ("ended_by", None)),
                            models.Q(("ended_at__isnull", False), ("ended_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="an_ended_assignment_says_who",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="assignment",
            trigger=pgtrigger.compiler.Trigger(
                name="row_history",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="PERFORM audit_keep_row(TG_TABLE_NAME::text, TG_OP, to_jsonb(OLD)); RETURN NULL;",
                    hash="5de013114deb23ecba2e573ca3edcd976dfba3d9",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_row_history_700f9",
                    table="bedside_assignment",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="assignment",
            trigger=pgtrigger.compiler.Trigger(
                name="same_facility_encounter_id",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF NEW.encounter_id IS NOT NULL AND NEW.facility_id IS DISTINCT FROM (SELECT facility_id FROM visits_encounter WHERE id = NEW.encounter_id) THEN RAISE EXCEPTION 'facility of visits_encounter differs' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;",
                    hash="112dbf5a061de961a32c9bbf0e35e1896954d97a",
                    operation='INSERT OR UPDATE OF "encounter_id", "facility_id"',
                    pgid="pgtrigger_same_facility_encounter_id_6c1f5",
                    table="bedside_assignment",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="assignment",
            trigger=pgtrigger.compiler.Trigger(
                name="department_of_facility",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF NEW.department_id IS NOT NULL AND NEW.facility_id IS DISTINCT FROM (SELECT parent_id FROM accounts_organization WHERE id = NEW.department_id) THEN RAISE EXCEPTION 'the department belongs to another facility' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;",
                    hash="cae94e92ec91e2bc359f129225059f28aeda0824",
                    operation='INSERT OR UPDATE OF "department_id", "facility_id"',
                    pgid="pgtrigger_department_of_facility_270a0",
                    table="bedside_assignment",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="handover",
            index=models.Index(fields=["encounter", "-handed_at"], name="handover_of_stay"),
        ),
        migrations.AddConstraint(
            model_name="handover",
            constraint=models.UniqueConstraint(fields=("facility", "key"), name="one_handover_per_key"),
        ),
        migrations.AddConstraint(
            model_name="handover",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("received_at", None), ("received_by", None)),
                    models.Q(("received_at__isnull", False), ("received_by__isnull", False)),
                    _connector="OR",
                ),
                name="a_handover_is_received_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="handover",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("received_by", None),
                    models.Q(("received_by", models.F("handed_by")), _negated=True),
                    _connector="OR",
                ),
                name="a_handover_is_received_by_another",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="handover",
            trigger=pgtrigger.compiler.Trigger(
                name="row_history",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="PERFORM audit_keep_row(TG_TABLE_NAME::text, TG_OP, to_jsonb(OLD)); RETURN NULL;",
                    hash="7f28a71f57701fd188db4a7d5fb75c195b89ce39",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_row_history_3c6f6",
                    table="bedside_handover",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="handover",
            trigger=pgtrigger.compiler.Trigger(
                name="same_facility_encounter_id",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF NEW.encounter_id IS NOT NULL AND NEW.facility_id IS DISTINCT FROM (SELECT facility_id FROM visits_encounter WHERE id = NEW.encounter_id) THEN RAISE EXCEPTION 'facility of visits_encounter differs' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;",
                    hash="0d51a9e00da40c6d6ce4feb98a17ebee018bcb3c",
                    operation='INSERT OR UPDATE OF "encounter_id", "facility_id"',
                    pgid="pgtrigger_same_facility_encounter_id_60136",
                    table="bedside_handover",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="handover",
            trigger=pgtrigger.compiler.Trigger(
                name="same_facility_document_id",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF NEW.document_id IS NOT NULL AND NEW.facility_id IS DISTINCT FROM (SELECT facility_id FROM documents_document WHERE id = NEW.document_id) THEN RAISE EXCEPTION 'facility of documents_document differs' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;",
                    hash="2eed0d0bfab2b586f4f32a1402a0a71e5146481c",
                    operation='INSERT OR UPDATE OF "document_id", "facility_id"',
                    pgid="pgtrigger_same_facility_document_id_a2605",
                    table="bedside_handover",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="handover",
            trigger=pgtrigger.compiler.Trigger(
                name="department_of_facility",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF NEW.department_id IS NOT NULL AND NEW.facility_id IS DISTINCT FROM (SELECT parent_id FROM accounts_organization WHERE id = NEW.department_id) THEN RAISE EXCEPTION 'the department belongs to another facility' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;",
                    hash="ce87130a7551e6fc88b83e841254dfdc4b4a2d88",
                    operation='INSERT OR UPDATE OF "department_id", "facility_id"',
                    pgid="pgtrigger_department_of_facility_143d3",
                    table="bedside_handover",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="look",
            constraint=models.UniqueConstraint(
                fields=("encounter", "user"), name="one_look_per_person_and_stay"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="look",
            trigger=pgtrigger.compiler.Trigger(
                name="row_history",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="PERFORM audit_keep_row(TG_TABLE_NAME::text, TG_OP, to_jsonb(OLD)); RETURN NULL;",
                    hash="cd37647d5f6f4c5fdd7c6f06a7aa0c8523fea1c3",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_row_history_516f8",
                    table="bedside_look",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="look",
            trigger=pgtrigger.compiler.Trigger(
                name="same_facility_encounter_id",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF NEW.encounter_id IS NOT NULL AND NEW.facility_id IS DISTINCT FROM (SELECT facility_id FROM visits_encounter WHERE id = NEW.encounter_id) THEN RAISE EXCEPTION 'facility of visits_encounter differs' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;",
                    hash="fa1718249126d900c97dea333d4d97f762d82903",
                    operation='INSERT OR UPDATE OF "encounter_id", "facility_id"',
                    pgid="pgtrigger_same_facility_encounter_id_48142",
                    table="bedside_look",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="outage",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ended_at", None), ("ended_at__gt", models.F("began_at")), _connector="OR"
                ),
                name="an_outage_ends_after_it_begins",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="outage",
            trigger=pgtrigger.compiler.Trigger(
                name="row_history",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="PERFORM audit_keep_row(TG_TABLE_NAME::text, TG_OP, to_jsonb(OLD)); RETURN NULL;",
                    hash="0b81345e22eda07fbf8b009b2a11782644bd6d6d",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_row_history_0adca",
                    table="bedside_outage",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="execution",
            index=models.Index(fields=["encounter", "happened_at"], name="execution_course"),
        ),
        migrations.AddConstraint(
            model_name="execution",
            constraint=models.UniqueConstraint(fields=("facility", "key"), name="one_execution_per_key"),
        ),
        migrations.AddConstraint(
            model_name="execution",
            constraint=models.UniqueConstraint(
                condition=models.Q(("replaces", None)),
                fields=("order", "slot_at"),
                name="one_execution_per_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="execution",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("outcome", "done"),
                    models.Q(("reason", ""), _negated=True),
                    models.Q(("outcome", "entered-in-error"), models.Q(("note", ""), _negated=True)),
                    _connector="OR",
                ),
                name="what_was_left_out_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="execution",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("outcome", "entered-in-error"), _negated=True),
                    ("replaces__isnull", False),
                    _connector="OR",
                ),
                name="what_is_taken_back_was_there",
            ),
        ),
        migrations.AddConstraint(
            model_name="execution",
            constraint=models.CheckConstraint(
                condition=models.Q(("outage", None), ("identified", "later"), _connector="OR"),
                name="an_outages_entries_come_later",
            ),
        ),
        migrations.AddConstraint(
            model_name="execution",
            constraint=models.CheckConstraint(
                condition=models.Q(("replaces", models.F("id")), _negated=True),
                name="an_execution_replaces_another",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="execution",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="90599a76e822f953efd1ed0c3268e25615aeee87",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_29061",
                    table="bedside_execution",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="execution",
            trigger=pgtrigger.compiler.Trigger(
                name="same_facility_order_id",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF NEW.order_id IS NOT NULL AND NEW.facility_id IS DISTINCT FROM (SELECT facility_id FROM orders_servicerequest WHERE id = NEW.order_id) THEN RAISE EXCEPTION 'facility of orders_servicerequest differs' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;",
                    hash="c83b003715712789b90d74ef17f4b229db3a2591",
                    operation='INSERT OR UPDATE OF "order_id", "facility_id"',
                    pgid="pgtrigger_same_facility_order_id_5bbe9",
                    table="bedside_execution",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="execution",
            trigger=pgtrigger.compiler.Trigger(
                name="same_facility_patient_id",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF NEW.patient_id IS NOT NULL AND NEW.facility_id IS DISTINCT FROM (SELECT facility_id FROM registry_patient WHERE id = NEW.patient_id) THEN RAISE EXCEPTION 'facility of registry_patient differs' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;",
                    hash="04c0f2f2bbd5a55f9cdf98228a69da464eb898d5",
                    operation='INSERT OR UPDATE OF "patient_id", "facility_id"',
                    pgid="pgtrigger_same_facility_patient_id_bed44",
                    table="bedside_execution",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="execution",
            trigger=pgtrigger.compiler.Trigger(
                name="same_facility_encounter_id",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF NEW.encounter_id IS NOT NULL AND NEW.facility_id IS DISTINCT FROM (SELECT facility_id FROM visits_encounter WHERE id = NEW.encounter_id) THEN RAISE EXCEPTION 'facility of visits_encounter differs' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;",
                    hash="8ae60bfcdad321f9d4149cf3b489be5dbdc1f081",
                    operation='INSERT OR UPDATE OF "encounter_id", "facility_id"',
                    pgid="pgtrigger_same_facility_encounter_id_81c24",
                    table="bedside_execution",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="execution",
            trigger=pgtrigger.compiler.Trigger(
                name="same_facility_replaces_id",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF NEW.replaces_id IS NOT NULL AND NEW.facility_id IS DISTINCT FROM (SELECT facility_id FROM bedside_execution WHERE id = NEW.replaces_id) THEN RAISE EXCEPTION 'facility of bedside_execution differs' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;",
                    hash="79967cba2ff36208070bfc766308371004875f1a",
                    operation='INSERT OR UPDATE OF "replaces_id", "facility_id"',
                    pgid="pgtrigger_same_facility_replaces_id_fcb54",
                    table="bedside_execution",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="execution",
            trigger=pgtrigger.compiler.Trigger(
                name="same_facility_outage_id",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF NEW.outage_id IS NOT NULL AND NEW.facility_id IS DISTINCT FROM (SELECT facility_id FROM bedside_outage WHERE id = NEW.outage_id) THEN RAISE EXCEPTION 'facility of bedside_outage differs' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;",
                    hash="9f19c599ab6c264f31793d02acfa43280f561050",
                    operation='INSERT OR UPDATE OF "outage_id", "facility_id"',
                    pgid="pgtrigger_same_facility_outage_id_10e94",
                    table="bedside_execution",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="precaution",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ends_at", None)),
                fields=("encounter", "kind"),
                name="one_precaution_of_a_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="precaution",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_by", None), ("ends_at", None)),
                    models.Q(("ended_by__isnull", False), ("ends_at__gte", models.F("starts_at"))),
                    _connector="OR",
                ),
                name="an_ended_precaution_says_who",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="precaution",
            trigger=pgtrigger.compiler.Trigger(
                name="row_history",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="PERFORM audit_keep_row(TG_TABLE_NAME::text, TG_OP, to_jsonb(OLD)); RETURN NULL;",
                    hash="5611df9d1bdf66ee4f12321889d4e20540be92a2",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_row_history_86637",
                    table="bedside_precaution",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="precaution",
            trigger=pgtrigger.compiler.Trigger(
                name="same_facility_patient_id",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF NEW.patient_id IS NOT NULL AND NEW.facility_id IS DISTINCT FROM (SELECT facility_id FROM registry_patient WHERE id = NEW.patient_id) THEN RAISE EXCEPTION 'facility of registry_patient differs' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;",
                    hash="175de548689618dcd877fe93baad4f51b5cd0e41",
                    operation='INSERT OR UPDATE OF "patient_id", "facility_id"',
                    pgid="pgtrigger_same_facility_patient_id_ee101",
                    table="bedside_precaution",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="precaution",
            trigger=pgtrigger.compiler.Trigger(
                name="same_facility_encounter_id",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF NEW.encounter_id IS NOT NULL AND NEW.facility_id IS DISTINCT FROM (SELECT facility_id FROM visits_encounter WHERE id = NEW.encounter_id) THEN RAISE EXCEPTION 'facility of visits_encounter differs' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;",
                    hash="f62184568b38e009122989e24d640ca8ba9cad35",
                    operation='INSERT OR UPDATE OF "encounter_id", "facility_id"',
                    pgid="pgtrigger_same_facility_encounter_id_8ee1b",
                    table="bedside_precaution",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="wardcode",
            trigger=pgtrigger.compiler.Trigger(
                name="row_history",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="PERFORM audit_keep_row(TG_TABLE_NAME::text, TG_OP, to_jsonb(OLD)); RETURN NULL;",
                    hash="d2bb711d5922e5a39f24399ee2be8f938e4108b6",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_row_history_d69a0",
                    table="bedside_wardcode",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="wardcode",
            trigger=pgtrigger.compiler.Trigger(
                name="department_of_facility",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF NEW.department_id IS NOT NULL AND NEW.facility_id IS DISTINCT FROM (SELECT parent_id FROM accounts_organization WHERE id = NEW.department_id) THEN RAISE EXCEPTION 'the department belongs to another facility' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;",
                    hash="65f7b5666383d814b49ac5476e8f5be474768327",
                    operation='INSERT OR UPDATE OF "department_id", "facility_id"',
                    pgid="pgtrigger_department_of_facility_67079",
                    table="bedside_wardcode",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="wardpack",
            trigger=pgtrigger.compiler.Trigger(
                name="same_facility_code_id",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF NEW.code_id IS NOT NULL AND NEW.facility_id IS DISTINCT FROM (SELECT facility_id FROM bedside_wardcode WHERE id = NEW.code_id) THEN RAISE EXCEPTION 'facility of bedside_wardcode differs' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;",
                    hash="4d8c619ab0e7ec497ea34b087101d1545daef873",
                    operation='INSERT OR UPDATE OF "code_id", "facility_id"',
                    pgid="pgtrigger_same_facility_code_id_25743",
                    table="bedside_wardpack",
                    when="BEFORE",
                ),
            ),
        ),
    ]
