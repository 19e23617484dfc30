from django.urls import path

from encounters.bundles.views import extracts, files

app_name = "bundles"
urlpatterns = [
    path("encounters/<uuid:encounter_uuid>/bundle/", files.page, name="page"),
    path("encounters/<uuid:encounter_uuid>/bundle/ask", files.ask, name="ask"),
    path("encounters/<uuid:encounter_uuid>/bundle/extract", extracts.ask, name="ask_extract"),
    path("bundles/<uuid:bundle_uuid>/state", files.state, name="state"),
    path("bundles/<uuid:bundle_uuid>/cancel", files.cancel, name="cancel"),
    path("bundles/<uuid:bundle_uuid>/again", files.again, name="again"),
    path("bundles/<uuid:bundle_uuid>/pdf", files.pdf, name="pdf"),
    path("bundles/<uuid:bundle_uuid>/check", files.check, name="check"),
    path("bundles/<uuid:bundle_uuid>/hosobenhan.xml", files.export, {"kind": "xml"}, name="xml"),
    path("bundles/<uuid:bundle_uuid>/hosobenhan.json", files.export, {"kind": "json"}, name="json"),
    path("bundles/<uuid:bundle_uuid>/hosobenhan.xsd", files.export, {"kind": "xsd"}, name="schema"),
    path("bundles/extracts/", extracts.extracts, name="extracts"),
    path("bundles/extracts/<uuid:copy_uuid>/", extracts.extract, name="extract"),
    path("bundles/extracts/<uuid:copy_uuid>/state", extracts.extract_state, name="extract_state"),
    path("bundles/extracts/<uuid:copy_uuid>/decide", extracts.decide, name="decide"),
    path("bundles/extracts/<uuid:copy_uuid>/withdraw", extracts.withdraw, name="withdraw"),
    path("bundles/extracts/<uuid:copy_uuid>/pdf", extracts.take, name="take"),
]
