"""What the verdicts mean, in words for people who never heard of CMS."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from signatures.verification.verdicts import Report, Verdict

VERDICTS: dict[Verdict, Promise] = {
    Verdict.VALID: _("Valid"),
    Verdict.UNKNOWN: _("Can't be confirmed"),
    Verdict.UNSIGNED: _("Not signed"),
    Verdict.INVALID: _("Not valid"),
}

SENTENCES: dict[Verdict, Promise] = {
    Verdict.VALID: _("Every signature holds, and nothing was changed after signing."),
    Verdict.UNKNOWN: _("The file wasn't changed, but who signed it can't be confirmed."),
    Verdict.UNSIGNED: _("The file has no digital signature."),
    Verdict.INVALID: _("The file was changed after signing, or a signature is broken. Don't rely on it."),
}

PROBLEMS: dict[str, Promise] = {
    # The file.
    "not_pdf": _("This is not a PDF file."),
    "unreadable": _("The PDF is damaged and can't be read."),
    "encrypted": _("The PDF is encrypted; its signatures can't be checked."),
    "hidden": _("The file holds a signature that readers aren't shown."),
    "differs": _(
        "The document of this record at the hospital is another one: these bytes differ from the ones kept."
    ),
    "too_heavy": _("The file took too long to check or needs too much memory."),
    # One signature.
    "malformed": _("The signature is damaged or built in a way that no honest program builds it."),
    "changed": _("The content was changed after signing."),
    "wrong_value": _("The signature wasn't made by the key of the certificate shown."),
    "coverage": _("The signature doesn't cover the whole document."),
    "modified": _("Pages, notes or fields were changed after this signature."),
    "appended": _("Something was added to the file after the last signature."),
    "revoked": _("The signer's certificate was revoked."),
    "revoked_since": _(
        "The signer's certificate was revoked later, and no trusted time proves that it was signed before."
    ),
    "expired": _(
        "The signer's certificate has expired, and no trusted time proves that it was signed before."
    ),
    "not_yet_valid": _("The signer's certificate isn't valid yet."),
    "untrusted": _("The signer's certificate comes from an authority that this hospital doesn't trust."),
    "key_usage": _("The signer's certificate isn't meant for signing documents."),
    "weak_algorithm": _("The signature uses an algorithm that is no longer safe."),
    "timestamp": _("The timestamp in the signature is broken."),
    "timestamp_untrusted": _("The timestamp comes from an authority that this hospital doesn't trust."),
    "timestamp_revoked": _("The timestamp authority's certificate was revoked before it gave the timestamp."),
    "revocation_unchecked": _(
        "Nothing proves yet that the signer's certificate wasn't revoked when it signed; its authority has to be asked."
    ),
    "evidence": _("The proof of validity in the file is damaged or forged."),
    "seed_value": _("The signature breaks the rules that the document sets for it."),
}

# A file that isn't a PDF was never signed, so nobody may say that it was changed after signing.
UNCHECKED = (_("Can't be checked"), _("Nothing is known of this file's signatures."))
UNCHECKED_REASONS = frozenset({"not_pdf", "unreadable", "encrypted"})

LEVELS: dict[str, Promise] = {
    "B-B": _("B-B, without a timestamp"),
    "B-T": _("B-T, with a timestamp"),
    "B-LT": _("B-LT, with a timestamp and proof that the certificates were valid"),
    "B-LTA": _("B-LTA, all of that sealed by an archive timestamp"),
}

REVOCATIONS: dict[str, Promise] = {
    "good": _("not revoked at that time"),
    "revoked": _("revoked by then"),
    "unchecked": _("not proven"),
    "unpublished": _("its authority publishes no revocations"),
}

COVERAGES: dict[str, Promise] = {
    "entire_file": _("the whole file"),
    "entire_revision": _("the whole document as it was when signed"),
    "contiguous_block_from_start": _("a part of the document"),
    "unclear": _("unclear"),
}

MODIFICATIONS: dict[str, Promise] = {
    "none": _("none"),
    "lta_updates": _("proof of validity added"),
    "form_filling": _("later signatures"),
    "annotations": _("notes added"),
    "other": _("content changed"),
    "unknown": _("unknown"),
}

PERMISSIONS: dict[str, Promise] = {
    "no_changes": _("nothing"),
    "fill_forms": _("later signatures"),
    "annotate": _("later signatures; notes are refused here all the same"),
}


def summary(report: Report) -> tuple[str, str]:
    """(verdict, sentence) about a whole file."""
    if not report.signatures and UNCHECKED_REASONS.intersection(report.problems):
        return str(UNCHECKED[0]), str(UNCHECKED[1])
    return str(VERDICTS[report.verdict]), str(SENTENCES[report.verdict])


def problem_text(code: str) -> str:
    """The sentence for a reason; the code itself for one that nobody has worded yet."""
    return str(PROBLEMS.get(code, code))
