from django.urls import path

from encounters.designing.views import drafts, files, library, publishing

app_name = "designing"
urlpatterns = [
    path("administration/forms/", library.forms, name="forms"),
    path("administration/forms/form/", library.form, name="form"),
    path("administration/forms/new/", library.new, name="new"),
    path("administration/forms/import/", files.take_in, name="take_in"),
    path("administration/forms/versions/<uuid:version_uuid>/", library.version, name="version"),
    path(
        "administration/forms/versions/<uuid:version_uuid>/print", library.version_print, name="version_print"
    ),
    path("administration/forms/versions/<uuid:version_uuid>/file", files.version_file, name="version_file"),
    path("administration/forms/versions/<uuid:version_uuid>/change", library.change, name="change"),
    path("administration/forms/versions/<uuid:version_uuid>/end", publishing.end, name="end"),
    path("administration/forms/drafts/<uuid:draft_uuid>/", drafts.draft, name="draft"),
    path("administration/forms/drafts/<uuid:draft_uuid>/add", drafts.add, name="add"),
    path("administration/forms/drafts/<uuid:draft_uuid>/field", drafts.field, name="field"),
    path("administration/forms/drafts/<uuid:draft_uuid>/step", drafts.step, name="step"),
    path("administration/forms/drafts/<uuid:draft_uuid>/heading", drafts.heading, name="heading"),
    path("administration/forms/drafts/<uuid:draft_uuid>/preview", drafts.preview_pane, name="preview"),
    path("administration/forms/drafts/<uuid:draft_uuid>/print", drafts.draft_print, name="draft_print"),
    path("administration/forms/drafts/<uuid:draft_uuid>/file", files.draft_file, name="draft_file"),
    path("administration/forms/drafts/<uuid:draft_uuid>/publish", publishing.publish, name="publish"),
    path("administration/forms/drafts/<uuid:draft_uuid>/discard", publishing.discard, name="discard"),
]
