"""Why a message wasn't used, in words that the person at the dead-letter desk understands, with what to do."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from integrations.transport.database_reasons import DATABASE_REASONS

# code: (what is wrong, what helps). `%(…)s` are filled from the dead letter's detail.
REASONS = {
    "header": (
        _("The message header (MSH) can't be read."),
        _("Correct the first line, or ask the sender to."),
    ),
    "charset": (
        _("The character set can't be told, so names would be wrong."),
        _("Set the channel's character set, then replay."),
    ),
    "structure": (
        _("The message's structure can't be read."),
        _("Correct the message, or ask the sender to."),
    ),
    "too_complex": (
        _("The message has more segments or fields than is allowed."),
        _("Ask the sender to split it."),
    ),
    "time": (
        _("A date or time isn't in the calendar."),
        _("Correct the field (YYYYMMDD or YYYYMMDDHHMMSS), then replay."),
    ),
    "unsupported": (
        _("Messages of type %(type)s aren't processed here yet."),
        _("Set it aside, or keep it and replay it after an upgrade."),
    ),
    "not_of_the_his": (
        _("Orders are taken from the HIS alone, and the channel %(sender)s doesn't lead to it."),
        _("If it is the HIS, say so in the channel (“What is done there”), then replay; else set it aside."),
    ),
    "several_patients": (
        _("The message holds %(count)s PID segments where one is allowed."),
        _("A line break inside a name does that. Join the lines, then replay."),
    ),
    "no_patient_number": (
        _("PID-3 holds no patient number."),
        _("Fill in the patient's number, then replay."),
    ),
    "no_patient_name": (
        _("PID-5 holds no name, and the patient isn't marked as unknown (PID-31)."),
        _("Fill in the name, then replay."),
    ),
    "no_visit_number": (
        _("PV1-19 holds no visit number, and the patient has %(count)s open visits to choose from."),
        _("Fill in the visit number, then replay."),
    ),
    "number_of_another": (
        _("The visit number belongs to another patient."),
        _("Check PID-3 and PV1-19 against the HIS."),
    ),
    "unknown_patient": (
        _("The patient isn't known here, and no message that makes them known has come."),
        _("Ask the HIS to send the registration (A04, A01 or A28), then replay."),
    ),
    "unknown_visit": (
        _("The visit isn't known here, and no admission for it has come."),
        _("Ask the HIS to send the admission (A01 or A04), then replay."),
    ),
    "no_place": (
        _("PV1-3 names no department."),
        _("Fill in the department, then replay."),
    ),
    "unmapped_department": (
        _("The department “%(sent)s” isn't known here and the patient has no department yet."),
        _("Map the code under “Code mappings”, then replay."),
    ),
    "unmapped_service": (
        _("The service or test “%(sent)s” isn't known here."),
        _("Map the code under “Code mappings”: the message is tried again by itself then."),
    ),
    "unmapped_medicine": (
        _("The medicine “%(sent)s” isn't known here."),
        _("Map the code under “Code mappings”: the message is tried again by itself then."),
    ),
    "unmapped_unit": (
        _("The unit of measure “%(sent)s” isn't known here."),
        _("Map the code under “Code mappings”: the message is tried again by itself then."),
    ),
    "no_removed_number": (
        _("MRG-1 doesn't name the number that is merged."),
        _("Fill it in, then replay."),
    ),
    "no_results": (
        _("The message holds no OBR: nothing in it can be a result."),
        _("Ask the sender, or set it aside."),
    ),
    "finding_without_test": (
        _("A finding (OBX) stands before the first OBR: which test it belongs to can't be known."),
        _("Ask the sender to send the result again, each OBX behind its OBR."),
    ),
    "no_result_number": (
        _("Neither OBR-2 nor OBR-3 holds a number, so a correction could never be told from a new result."),
        _("Fill in the producer's number (OBR-3), then replay."),
    ),
    "result_of_another": (
        _("The number in PID-3 is a patient's whose name and birth are others than the message's."),
        _("Have the laboratory confirm whose result it is before anything is corrected."),
    ),
    "somebody_else": (
        _("The number in PID-3 is a patient's whose name and birth are others than the message's."),
        _("Have the sender confirm whose message it is before anything is corrected."),
    ),
    "order_of_another": (
        _("The order %(number)s was placed for another patient than PID-3 names."),
        _("Have the laboratory confirm whose result it is before anything is corrected."),
    ),
    "confirm_identity": (
        _(
            "The corrected copy is another patient's or order's than the sender wrote: the laboratory confirms it first."
        ),
        _("Nothing to do here: it stands on the laboratory's page “Corrected results”."),
    ),
    "identity_refused": (
        _("%(who)s of the laboratory says that the correction is wrong."),
        _("Ask them whose result it is, and correct it again; or set it aside."),
    ),
    "no_order": (
        _("The message holds no ORC: it says nothing about any order."),
        _("Ask the sender, or set it aside."),
    ),
    "status_of_unknown_order": (
        _("It speaks of the order “%(number)s”, which isn't ours."),
        _("Ask the sender which number it means (ORC-2), correct it and replay; or set it aside."),
    ),
    "bad_attachment": (
        _("The file “%(name)s” can't be read: PDF, JPEG and PNG in base64 are taken."),
        _("Ask the sender to send it again."),
    ),
    "no_orders": (
        _("The message holds no ORC: nothing in it can be an order."),
        _("Ask the sender, or set it aside."),
    ),
    "no_order_number": (
        _("Neither ORC-2 nor OBR-2 holds the order's number, so it could never be changed or cancelled."),
        _("Fill in the HIS's number (ORC-2), then replay."),
    ),
    "no_order_detail": (
        _("Of the order %(number)s the message doesn't say what is ordered."),
        _("Ask the HIS to send the order with its OBR or RXE."),
    ),
    "no_order_section": (
        _("The message doesn't say whether a test, an image or a procedure is ordered (OBR-24)."),
        _("Put the service into “What may be ordered”, or fill in OBR-24, then replay."),
    ),
    "order_control": (
        _("The control code “%(sent)s” (ORC-1, ORC-5) can't be followed here."),
        _("Settle it with the HIS; set the message aside when that is done."),
    ),
    "order_kept_here": (
        _("%(kind)s are ordered in the EMR here, but the HIS sends an order of that kind."),
        _("Decide under “Who keeps what” which of the two it is, then replay or set aside."),
    ),
    "unknown_order_there": (
        _("The order %(number)s isn't known here, and no message that places it has come."),
        _("Ask the HIS to send the order itself (NW), then replay."),
    ),
    "unclear_dose": (
        _("The amount at one time (RXE-3, RXE-5) of the order %(number)s can't be read."),
        _("Ask the HIS to send amount and unit; no dose is guessed."),
    ),
    "unclear_timing": (
        _("How often a day is meant by “%(sent)s” (TQ1-3) isn't known here."),
        _("Ask the HIS for one of QD, BID, TID, QID, QxH, ONCE, PRN or the number of times a day."),
    ),
    "unclear_route": (
        _("The route “%(sent)s” (RXR-1) isn't known here."),
        _("Ask the HIS for one of the catalogue's codes (PO, IV, IVI, IM, SC …)."),
    ),
    "stay_is_over": (
        _("The order is for a time after the patient's discharge, or for a cancelled stay."),
        _("Check PV1-19 and the times against the HIS."),
    ),
    "answer_to_nothing": (
        _("The answer names the message %(number)s, which isn't an order that was sent from here."),
        _("Check MSA-2 with the sender, or set it aside."),
    ),
    "kept_here": (
        _("The EMR is the master of “%(matter)s”: %(fields)s of the message were not taken over."),
        _("Nothing needs to be done, unless the EMR's are wrong."),
    ),
    "no_document_number": (
        _("TXA-12 holds no document number, so a correction could never be told from a new document."),
        _("Fill in the sender's number (TXA-12), then replay."),
    ),
    "no_content": (
        _("The message holds no document: neither a file (OBX of type ED) nor text."),
        _("Ask the sender to send the document itself."),
    ),
    "several_files": (
        _("The message holds %(count)s files where one document is meant."),
        _("Ask the sender to send one message a document."),
    ),
    "unknown_document": (
        _("The document %(number)s isn't known here, and no message that brings it has come."),
        _("Ask the sender to send the document (T02), then replay."),
    ),
    "document_of_another": (
        _("The document %(number)s, or the number in PID-3 or PV1-19, is another patient's."),
        _("Have the sender confirm whose document it is before anything is corrected."),
    ),
    "visit_has_records": (
        _("The admission is to be cancelled, but records have been written in it."),
        _("A doctor has to decide: move or void the records first, then replay."),
    ),
    "refused": (_("A rule refused it: %(text)s"), _("Correct the message or the record, then replay.")),
    "internal": (
        _("Something went wrong inside (%(error)s); repeating didn't help."),
        _("Tell the system's administrator, then replay."),
    ),
    # Outgoing: what the neighbour said, in its own words.
    "neighbour_error": (
        _("The neighbour couldn't use it (%(code)s): %(text)s"),
        _("Settle it with the neighbour or in the record, then send it again."),
    ),
    "neighbour_rejects": (
        _("The neighbour doesn't take such messages (%(code)s): %(text)s"),
        _("Names, type or version don't fit: correct the channel, then send it again."),
    ),
    # Fetched from a folder.
    "not_taken": (
        _("It wasn't taken: %(text)s"),
        _("Correct the channel, or have the sender write it again; then replay."),
    ),
    "too_long": (
        _("The message is longer than %(count)s MB; its beginning is kept."),
        _("Ask the sender to split it."),
    ),
    "cut_off": (
        _("The file “%(name)s” was cut off: its %(segment)s is missing. None of its messages was taken."),
        _("Ask the sender for the whole file; set this one aside."),
    ),
    "batch_count": (
        _("The file “%(name)s” says that it holds %(said)s messages and holds %(found)s. None was taken."),
        _("Ask the sender for the whole file; set this one aside."),
    ),
    "file_too_large": (
        _("The file “%(name)s” is larger than 64 MB; it lies in the folder “failed”."),
        _("Ask the sender to split it."),
    ),
    "file_name": (
        _("The name of the document “%(name)s” doesn't say whose it is; it lies in the folder “failed”."),
        _("Ask for names like PATIENT_VISIT_KIND_NUMBER.pdf; the visit may be empty."),
    ),
    "no_folder": (
        _("The folder “%(folder)s” isn't there. It is looked for again by itself."),
        _("Is the share mounted below EMR_HOME/exchange?"),
    ),
    "folder_fault": (
        _("The folder “%(folder)s” can't be used: %(text)s"),
        _("Check its rights and its disk."),
    ),
    # Read from a database: a row, and the view itself.
    "row_unreadable": (
        _("The row as it was kept can't be read any more."),
        _("Tell the system's administrator, or set it aside."),
    ),
    "row_empty": (
        _("The row's column “%(column)s” is empty, and nothing can be done without it."),
        _("Have it filled in there, which brings the row again; or fill it in here, then replay."),
    ),
    "row_value": (
        _("The value in the row's column “%(column)s” can't be read."),
        _("Is the right column of the view chosen? Correct the value there, or here and replay."),
    ),
    "not_sent": (_("It was taken out of the queue before it was sent."), ""),
    # Outgoing: why the last try failed; it is repeated by itself.
    "no_connection": (_("%(address)s can't be reached. It is tried again by itself."), ""),
    "no_answer": (
        _("%(address)s didn't answer in %(seconds)s seconds. The same is sent again by itself."),
        "",
    ),
    "closed": (
        _("%(address)s closed the connection without an answer. The same is sent again by itself."),
        "",
    ),
    "half_acknowledged": (
        _("%(address)s said that it stored it, not that it used it. Should the channel wait for CA alone?"),
        "",
    ),
    "no_acknowledgement": (
        _(
            "%(address)s answered without an acknowledgement (HTTP %(status)s). The same is sent again by itself."
        ),
        _("401 and 403: the token. 404: the path. 415: what the neighbour takes."),
    ),
    "token_file": (_("The token's file in EMR_HOME/peers can't be read: %(file)s"), ""),
    "cannot_encode": (
        _("The channel's character set (%(charset)s) has no “%(character)s”, which stands in %(place)s."),
        _("Choose UTF-8 on the channel, or correct the record, then send it again."),
    ),
    "tls_refused": (_("No encrypted connection with %(address)s: %(text)s"), ""),
    "tls_files": (_("The certificate files in EMR_HOME/peers can't be read: %(files)s"), ""),
    # Remarks on messages that were applied.
    "unmapped_bed": (
        _("The bed “%(sent)s” isn't known here: kept as sent."),
        _("Map the code under “Code mappings”."),
    ),
    "unmapped_department_kept": (
        _("The department “%(sent)s” isn't known here: kept as sent."),
        _("Map the code under “Code mappings”."),
    ),
    "unmapped_service_kept": (
        _("Tests that aren't known here, filed as sent: %(sent)s."),
        _("Map the code under “Code mappings”."),
    ),
    "bed_taken": (_("The bed “%(sent)s” is taken: admitted without a bed."), _("Assign a bed on the ward.")),
    "partly_older": (_("Older than what is recorded, left alone: %(groups)s."), ""),
    "allergies_left_alone": (
        _("A person here has settled this already, so the HIS's word on it was left alone: %(substances)s."),
        _("Correct it in the HIS."),
    ),
    "diagnosis_not_kept": (_("The diagnosis code “%(sent)s” was not taken over: %(text)s"), ""),
    "status_says_nothing": (
        _("ORC-1 “%(control)s” with ORC-5 “%(status)s” says nothing new about the order."),
        "",
    ),
    "unknown_order": (
        _("The order “%(number)s” isn't known here: filed under the patient."),
        _("Nothing needs to be done where orders are placed in the HIS."),
    ),
    "nobody_to_tell": (
        _(
            "The result %(number)s stands on the chart, but no doctor and no department is known whom it concerns."
        ),
        _("Tell the doctor who cares for the patient."),
    ),
    "older_result": (_("A newer version of the report %(number)s is held already."), ""),
    "older_document": (_("A newer version of the document %(number)s is held already."), ""),
    "odd_confidentiality": (
        _("TXA-18 “%(sent)s” isn't in HL7's table 0272: the document is kept as restricted."),
        "",
    ),
    "left_out": (_("Not taken over: %(text)s"), ""),
    **DATABASE_REASONS,
}


def reason_text(code: str, detail: Mapping[str, Any]) -> str:
    """What is wrong, in the present language."""
    return _filled(str(REASONS.get(code, REASONS["structure"])[0]), detail)


def reason_advice(code: str) -> str:
    """What helps, in the present language."""
    return str(REASONS.get(code, REASONS["structure"])[1])


def _filled(text: str, detail: Mapping[str, Any]) -> str:
    class Known(dict[str, Any]):
        def __missing__(self, key: str) -> str:
            return "?"

    return text % Known(detail)
