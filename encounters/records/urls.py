"""The life of records, under /records/."""

from django.urls import path

from encounters.records.views import disposals, lists, loans, record

app_name = "records"
_ONE = "records/<uuid:encounter_uuid>/"
urlpatterns = [
    path("records/", lists.worklist, name="list"),
    path("records/export", lists.export, name="export"),
    path("records/panel", lists.panel, name="panel"),
    path("records/late/", lists.late, name="late"),
    path("records/sample/", lists.sample, name="sample"),
    path("records/disposal/", disposals.disposal, name="disposal"),
    path("records/disposal/<uuid:minutes_uuid>/", disposals.minutes, name="minutes"),
    path("records/disposal/<uuid:minutes_uuid>/approve", disposals.approve, name="approve_disposal"),
    path("records/disposal/<uuid:minutes_uuid>/cancel", disposals.cancel, name="cancel_disposal"),
    path("records/loans/", loans.desk, name="loans"),
    path("records/loans/<uuid:loan_uuid>/approve", loans.approve, name="approve_loan"),
    path("records/loans/<uuid:loan_uuid>/refuse", loans.refuse, name="refuse_loan"),
    path("records/loans/<uuid:loan_uuid>/return", loans.give_back, name="return_loan"),
    path(_ONE, record.page, name="record"),
    path(f"{_ONE}step", record.step, name="step"),
    path(f"{_ONE}add", record.add, name="add"),
    path(f"{_ONE}folder", record.folder, name="folder"),
    path(f"{_ONE}classes", record.classes, name="classes"),
    path(f"{_ONE}hold", record.hold, name="hold"),
    path(f"{_ONE}lend", loans.lend, name="lend"),
]
