"""The reasons to choose from: the facility's list, or the usual one."""

from emr.accounts.services import facility_setting

# (code, words); Vietnamese, since they are the hospital's data and stand in reviews as they were.
USUAL = [
    ["life-threat", "Cấp cứu, đe dọa tính mạng"],
    ["consultation", "Hội chẩn đột xuất"],
    ["transfer", "Người bệnh đang được chuyển đến khoa"],
    ["no-colleague", "Bác sĩ điều trị vắng, không ai trực thay"],
    ["other", "Lý do khác"],
]


def reasons_of(facility_id: int) -> list[tuple[str, str]]:
    """The facility's reasons (setting `emergency_reasons`), in its order."""
    return [(code, words) for code, words in facility_setting(facility_id, "emergency_reasons", USUAL)]
