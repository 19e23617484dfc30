from django.urls import path

from encounters.documents.views import documents as views
from encounters.documents.views import menu, moving, overdue, prints

app_name = "documents"
urlpatterns = [
    path("encounters/<uuid:encounter_uuid>/course/", views.course, name="course"),
    path("encounters/<uuid:encounter_uuid>/documents/", views.documents, name="list"),
    path("encounters/<uuid:encounter_uuid>/documents/new", menu.new, name="new"),
    path("encounters/<uuid:encounter_uuid>/documents/begin", views.begin, name="begin"),
    path("encounters/<uuid:encounter_uuid>/course/print", prints.ask, name="print_course"),
    path("course-prints/<uuid:print_uuid>/", prints.show, name="course_print"),
    path("course-prints/<uuid:print_uuid>/state", prints.state, name="course_print_state"),
    path("course-prints/<uuid:print_uuid>/cancel", prints.cancel, name="cancel_course_print"),
    path("course-prints/<uuid:print_uuid>/again", prints.again, name="resume_course_print"),
    path("course-prints/<uuid:print_uuid>/pdf", prints.pdf, name="course_print_pdf"),
    path("documents/overdue/", overdue.overdue, name="overdue"),
    path("documents/overdue/panel", overdue.panel, name="overdue_panel"),
    path("documents/unfinished/", views.unfinished, name="unfinished"),
    path("documents/<uuid:document_uuid>/", views.document, name="document"),
    path("documents/<uuid:document_uuid>/draft", views.draft, name="draft"),
    path("documents/<uuid:document_uuid>/copy", views.copy, name="copy"),
    path("documents/<uuid:document_uuid>/finalize", views.finalize, name="finalize"),
    path("documents/<uuid:document_uuid>/amend", views.amend, name="amend"),
    path("documents/<uuid:document_uuid>/discard", views.discard, name="discard"),
    path("documents/<uuid:document_uuid>/error", views.enter_in_error, name="error"),
    path("documents/<uuid:document_uuid>/move", moving.move, name="move"),
    path("documents/<uuid:document_uuid>/state", views.state, name="state"),
    path("documents/<uuid:document_uuid>/shown", views.shown_pdf, name="shown_pdf"),
    path("documents/<uuid:document_uuid>/pdf", views.pdf, name="pdf"),
]
