"""Paper that comes in: the desk under /scanning/, the paper of a stay in its chart."""

from django.urls import path

from encounters.scanning.views import desk, papers, stay

app_name = "scanning"
_STAY = "encounters/<uuid:encounter_uuid>/scans/"
_PAPER = "scanning/papers/<uuid:paper_uuid>/"
_PAGE = "scanning/pages/<uuid:page_uuid>/"
_SHEET = "scanning/pages/<uuid:sheet_uuid>/"
_BATCH = "scanning/batches/<uuid:batch_uuid>/"
urlpatterns = [
    path("scanning/", desk.desk, name="desk"),
    path("scanning/upload", desk.upload, name="upload"),
    path("scanning/batches/", desk.batches, name="batches"),
    path(f"{_BATCH}cancel", desk.cancel, name="cancel"),
    path(f"{_BATCH}restore", desk.restore, name="restore"),
    path(_PAGE, desk.page, name="page"),
    path(f"{_PAGE}aside", desk.set_aside, name="set_aside"),
    path(f"{_SHEET}image", papers.image, name="image"),
    path(f"{_SHEET}original", papers.original, name="original"),
    path(f"{_SHEET}thumbnail", papers.thumbnail, name="thumbnail"),
    path(_PAPER, papers.paper, name="paper"),
    path(f"{_PAPER}state", papers.state, name="state"),
    path(f"{_PAPER}pages/<uuid:sheet_uuid>/arrange", papers.arrange, name="arrange"),
    path(f"{_PAPER}describe", papers.describe, name="describe"),
    path(f"{_PAPER}hand-in", papers.hand_in, name="hand_in"),
    path(f"{_PAPER}accept", papers.accept, name="accept"),
    path(f"{_PAPER}return", papers.send_back, name="send_back"),
    path(f"{_PAPER}error", papers.error, name="error"),
    path(f"{_PAPER}pdf", papers.pdf, name="pdf"),
    path(_STAY, stay.stay, name="stay"),
    path(f"{_STAY}running", stay.batches, name="running"),
    path(f"{_STAY}upload", stay.upload, name="stay_upload"),
    path(f"{_STAY}file", stay.file, name="file"),
    path(f"{_STAY}sheet", stay.sheet, name="sheet"),
]
