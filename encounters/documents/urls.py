from django.urls import path

from encounters.documents import views

app_name = "documents"
urlpatterns = [
    path("encounters/<uuid:encounter_uuid>/course/", views.course, name="course"),
    path("encounters/<uuid:encounter_uuid>/documents/", views.documents, name="list"),
    path("encounters/<uuid:encounter_uuid>/documents/begin", views.begin, name="begin"),
    path("documents/unfinished/", views.unfinished, name="unfinished"),
    path("documents/<uuid:document_uuid>/", views.document, name="document"),
    path("documents/<uuid:document_uuid>/draft", views.draft, name="draft"),
    path("documents/<uuid:document_uuid>/copy", views.copy, name="copy"),
    path("documents/<uuid:document_uuid>/finalize", views.finalize, name="finalize"),
    path("documents/<uuid:document_uuid>/amend", views.amend, name="amend"),
    path("documents/<uuid:document_uuid>/discard", views.discard, name="discard"),
    path("documents/<uuid:document_uuid>/error", views.enter_in_error, name="error"),
    path("documents/<uuid:document_uuid>/state", views.state, name="state"),
    path("documents/<uuid:document_uuid>/pdf", views.pdf, name="pdf"),
]
