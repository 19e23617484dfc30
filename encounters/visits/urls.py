"""Pages of stays under /encounters/, the bed board under /beds/."""

from django.urls import path

from encounters.visits.views import arriving, bed, clinical, labels, leaving, moving, stays, wards

app_name = "visits"
urlpatterns = [
    path("encounters/", wards.ward, name="ward"),
    path("encounters/today/", wards.today, name="today"),
    path("encounters/hospital/", wards.hospital, name="hospital"),
    path("encounters/ward-panel/", wards.ward_panel, name="ward_panel"),
    path("encounters/of/<uuid:patient_uuid>/", stays.of_patient, name="of_patient"),
    path("encounters/admit/<uuid:patient_uuid>/", arriving.admit, name="admit"),
    path("encounters/admit/<uuid:patient_uuid>/place/", arriving.place_fields, name="admit_place"),
    path("encounters/start/<uuid:patient_uuid>/", arriving.start_visit, name="start"),
    path("encounters/<uuid:encounter_uuid>/", stays.detail, name="detail"),
    path("encounters/<uuid:encounter_uuid>/details/", arriving.details, name="details"),
    path("encounters/<uuid:encounter_uuid>/transfer/", moving.transfer, name="transfer"),
    path(
        "encounters/<uuid:encounter_uuid>/transfer/place/",
        moving.transfer_place_fields,
        name="transfer_place",
    ),
    path("encounters/<uuid:encounter_uuid>/transfer/cancel/", moving.cancel_transfer, name="cancel_transfer"),
    path("encounters/<uuid:encounter_uuid>/discharge/", leaving.discharge, name="discharge"),
    path(
        "encounters/<uuid:encounter_uuid>/discharge/cancel/", moving.cancel_discharge, name="cancel_discharge"
    ),
    path("encounters/<uuid:encounter_uuid>/cancel/", moving.cancel, name="cancel"),
    path("encounters/<uuid:encounter_uuid>/diagnoses/", clinical.add_diagnosis, name="add_diagnosis"),
    path(
        "encounters/<uuid:encounter_uuid>/diagnoses/<uuid:condition_uuid>/void/",
        clinical.void_diagnosis,
        name="void_diagnosis",
    ),
    path("encounters/<uuid:encounter_uuid>/procedures/add/", clinical.add_procedure, name="add_procedure"),
    path(
        "encounters/<uuid:encounter_uuid>/procedures/<uuid:procedure_uuid>/void/",
        clinical.void_procedure,
        name="void_procedure",
    ),
    path("encounters/<uuid:encounter_uuid>/places/<uuid:place_uuid>/map/", wards.map_place, name="map_place"),
    path("encounters/<uuid:encounter_uuid>/labels/<slug:kind>.pdf", labels.pdf, name="label_pdf"),
    path("encounters/<uuid:encounter_uuid>/labels/<slug:kind>.zpl", labels.zpl, name="label_zpl"),
    path("beds/", wards.beds, name="beds"),
    path("beds/free/<uuid:bed_uuid>/", bed.free_bed, name="free_bed"),
    path("beds/<uuid:department_uuid>/", wards.beds, name="department_beds"),
]
