from django.urls import path

from encounters.consents.views import confirming, disclosures, stay

app_name = "consents"
urlpatterns = [
    path("encounters/<uuid:encounter_uuid>/consents/", stay.consents, name="stay"),
    path("documents/<uuid:document_uuid>/confirm/", confirming.page, name="page"),
    path("documents/<uuid:document_uuid>/confirm/pdf", confirming.shown_pdf, name="shown_pdf"),
    path("documents/<uuid:document_uuid>/confirm/ask", confirming.ask, name="ask"),
    path("documents/<uuid:document_uuid>/confirm/asked", confirming.asked, name="asked"),
    path("documents/<uuid:document_uuid>/confirm/take", confirming.confirm, name="confirm"),
    path("documents/<uuid:document_uuid>/confirm/state", confirming.state, name="state"),
    path("documents/<uuid:document_uuid>/confirm/panel", confirming.panel, name="panel"),
    path("documents/<uuid:document_uuid>/confirm/paper", confirming.paper, name="paper"),
    path("disclosures/", disclosures.ward, name="disclosures"),
    path("disclosures/make", disclosures.make, name="make_disclosures"),
]
