from django.urls import path

from encounters.attestations.views import paper, register, stay, words

app_name = "attestations"
urlpatterns = [
    path("encounters/<uuid:encounter_uuid>/papers/", stay.papers, name="stay"),
    path("encounters/<uuid:encounter_uuid>/papers/begin", stay.begin, name="begin"),
    path("papers/", register.register, name="register"),
    path("papers/sheet", register.sheet, name="sheet"),
    path("papers/words/", words.words, name="words"),
    path("papers/words/<uuid:word_uuid>/remove", words.remove, name="remove_word"),
    path("papers/<uuid:attestation_uuid>/", paper.show, name="paper"),
    path("papers/<uuid:attestation_uuid>/hand-over", paper.hand_over, name="hand_over"),
    path("papers/<uuid:attestation_uuid>/reissue", paper.reissue, name="reissue"),
    path("papers/<uuid:attestation_uuid>/take-back", paper.take_back, name="take_back"),
    path("documents/<uuid:paper_document_uuid>/paper-checks", paper.checks, name="checks"),
    path("documents/<uuid:paper_document_uuid>/in-full", paper.in_full, name="in_full"),
    path("documents/<uuid:paper_document_uuid>/keep-words", paper.keep, name="keep"),
]
