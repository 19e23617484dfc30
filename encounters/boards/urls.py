"""Boards and statutory books, under /boards/."""

from django.urls import path

from encounters.boards.views import books, briefing, prints, records

app_name = "boards"
_PRINT = "boards/prints/<uuid:board_print_uuid>/"
urlpatterns = [
    path("boards/", briefing.briefing, name="briefing"),
    path("boards/panel", briefing.panel, name="panel"),
    path("boards/export", briefing.export, name="briefing_export"),
    path("boards/print", briefing.ask_print, name="briefing_print"),
    path("boards/patients/<slug:what>/", briefing.patients, name="patients"),
    path("boards/patients/<slug:what>/<uuid:department_uuid>/", briefing.patients, name="patients_of"),
    path("boards/records/", records.board, name="records"),
    path("boards/records/export", records.export, name="records_export"),
    path("boards/books/<slug:book>/", books.show, name="book"),
    path("boards/books/<slug:book>/export", books.export, name="book_export"),
    path("boards/books/<slug:book>/print", books.ask_print, name="book_print"),
    path(_PRINT, prints.show, name="print"),
    path(f"{_PRINT}state", prints.state, name="print_state"),
    path(f"{_PRINT}cancel", prints.cancel, name="cancel_print"),
    path(f"{_PRINT}again", prints.again, name="resume_print"),
    path(f"{_PRINT}pdf", prints.pdf, name="print_pdf"),
]
