"""Documents of the neighbours, under /received-documents/."""

from django.urls import path

from integrations.mdm import views

app_name = "mdm"
urlpatterns = [
    path("received-documents/of/<uuid:patient_uuid>/", views.documents, name="documents"),
    path("received-documents/<uuid:received_uuid>/", views.document, name="document"),
    path("received-documents/<uuid:received_uuid>/file", views.file, name="file"),
]
