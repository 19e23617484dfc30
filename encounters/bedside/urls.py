"""Pages of the bedside under /bedside/."""

from django.urls import path

from encounters.bedside.views import (
    assigning,
    back_entry,
    care,
    checking,
    handing,
    packs,
    patient,
    ticking,
    ward,
    wounds,
)

app_name = "bedside"
urlpatterns = [
    path("bedside/", ward.ward, name="ward"),
    path("bedside/scan/", ward.scan, name="scan"),
    path("bedside/assign/<uuid:department_uuid>/", assigning.assign, name="assign"),
    path("bedside/patient/<uuid:encounter_uuid>/", patient.patient, name="patient"),
    path("bedside/patient/<uuid:encounter_uuid>/identify/", patient.identify, name="identify"),
    path("bedside/patient/<uuid:encounter_uuid>/seen/", patient.seen, name="seen"),
    path("bedside/patient/<uuid:encounter_uuid>/precautions/", patient.add_precaution, name="add_precaution"),
    path("bedside/patient/<uuid:encounter_uuid>/care/", care.care, name="care"),
    path("bedside/patient/<uuid:encounter_uuid>/care/write/", care.write, name="write_care"),
    path("bedside/patient/<uuid:encounter_uuid>/wounds/", wounds.wounds, name="wounds"),
    path("bedside/patient/<uuid:encounter_uuid>/check/", checking.check, name="check"),
    path("bedside/patient/<uuid:encounter_uuid>/check/remark/", checking.remark, name="remark"),
    path("bedside/care/columns/<uuid:column_uuid>/", care.correct, name="correct_care"),
    path("bedside/care/columns/<uuid:column_uuid>/sheet/", care.compose, name="compose_care"),
    path("bedside/care/body/<uuid:document_uuid>/", care.body, name="care_body"),
    path("bedside/wounds/<uuid:wound_uuid>/", wounds.wound, name="wound"),
    path("bedside/wounds/<uuid:wound_uuid>/compare/", wounds.compare, name="compare_wound"),
    path("bedside/wounds/looks/<uuid:assessment_uuid>/take-back/", wounds.take_back, name="take_back_wound"),
    path("bedside/wounds/photos/<uuid:photo_uuid>", wounds.photo, name="wound_photo"),
    path("bedside/checks/", checking.checks, name="checks"),
    path("bedside/checks/remarks/<uuid:remark_uuid>/done/", checking.settle, name="settle_remark"),
    path("bedside/patient/<uuid:encounter_uuid>/hand-over/", handing.hand_over, name="hand_over"),
    path("bedside/hand-overs/of/<uuid:department_uuid>/", handing.handovers, name="handovers"),
    path("bedside/hand-overs/<uuid:handover_uuid>/take-over/", handing.take_over, name="take_over"),
    path("bedside/hand-overs/body/<uuid:document_uuid>/", handing.body, name="handover_body"),
    path("bedside/packs/<uuid:department_uuid>/", packs.pack, name="pack"),
    path("bedside/packs/<uuid:department_uuid>/file", packs.pack_file, name="pack_file"),
    path("bedside/back-entry/", back_entry.back_entry, name="back_entry"),
    path("bedside/back-entry/<uuid:outage_uuid>/", back_entry.outage, name="outage"),
    path(
        "bedside/back-entry/<uuid:outage_uuid>/<uuid:encounter_uuid>/",
        back_entry.back_entry_of_stay,
        name="back_entry_of_stay",
    ),
    path("bedside/precautions/<uuid:precaution_uuid>/end/", patient.stop_precaution, name="stop_precaution"),
    path("bedside/tasks/<uuid:order_uuid>/", ticking.tick, name="tick"),
    path("bedside/executions/<uuid:execution_uuid>/take-back/", ticking.take_back, name="take_back"),
]
