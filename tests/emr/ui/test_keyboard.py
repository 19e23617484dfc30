"""The doctor's loop without a mouse, in today's browser and in Chromium 109."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.emr.ui.bench import Server

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.emr.ui.bench_urls"),
]
STOPPED = "document.getElementById('stop').addEventListener('click', () => { window.stopped = (window.stopped || 0) + 1 })"


KEYS = """line => {
  const clock = Object.getOwnPropertyDescriptor(Event.prototype, 'timeStamp');
  let at = performance.now();
  Object.defineProperty(Event.prototype, 'timeStamp', {configurable: true, get: () => at});
  const pressed = key => {
    at += 5;
    return document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}));
  };
  BODY
  Object.defineProperty(Event.prototype, 'timeStamp', clock);
}"""


def keys(body: str) -> str:
    """A script of (line): five milliseconds a key by the events' own clock, however slow the machine is."""
    return KEYS.replace("BODY", body)


# What the scanner's driver does: a key, and what the browser would do with it then.
SCAN = keys(
    """for (const key of [...line, 'Enter']) {
        const field = document.activeElement;
        const goes = pressed(key);
        if (goes && key === 'Enter') field.form?.requestSubmit();
        else if (goes && 'value' in field) field.value += key;
      }"""
)
# Alt-code and Unicode scanners insert accented letters; only the Enter is a key.
INSERTED = keys(
    """for (const letter of line) { at += 5; document.execCommand('insertText', false, letter); }
      pressed('Enter');"""
)
PRESSED = keys("for (const key of line) pressed(key);")


def focused(page: Page) -> str:
    return str(
        page.evaluate(
            "document.activeElement.name || document.activeElement.id || document.activeElement.tagName"
        )
    )


def test_f9_saves_while_typing(ward_page: Page, bench_server: Server) -> None:
    ward_page.goto("/bench/form/")
    ward_page.get_by_label("Note").fill("abc")
    ward_page.keyboard.press("F9")
    expect(ward_page.get_by_role("heading", name="Sent")).to_be_visible()
    assert bench_server.sent[-1]["note"] == "abc"


def test_alt_and_letter_works_while_typing(ward_page: Page, bench_server: Server) -> None:
    ward_page.goto("/bench/form/")
    ward_page.get_by_label("Course").fill("ho")
    ward_page.keyboard.press("Alt+s")
    expect(ward_page.get_by_role("heading", name="Sent")).to_be_visible()


def test_a_single_letter_is_a_command_only_outside_fields(ward_page: Page) -> None:
    ward_page.goto("/bench/form/")
    ward_page.evaluate(STOPPED)
    ward_page.get_by_label("Note").focus()
    ward_page.keyboard.type("sgh?")
    assert ward_page.get_by_label("Note").input_value() == "sgh?"
    assert ward_page.evaluate("window.stopped") is None
    assert "/bench/form/" in ward_page.url
    ward_page.evaluate("document.activeElement.blur()")
    ward_page.keyboard.press("s")
    assert ward_page.evaluate("window.stopped") == 1


def test_no_key_is_a_command_while_an_input_method_composes(ward_page: Page) -> None:
    ward_page.goto("/bench/form/")
    ward_page.evaluate(STOPPED)
    ward_page.evaluate(
        "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 's', isComposing: true, bubbles: true}))"
    )
    ward_page.evaluate(
        "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 's', keyCode: 229, bubbles: true}))"
    )
    assert ward_page.evaluate("window.stopped") is None


def test_enter_goes_to_the_next_field_and_sends_nothing(ward_page: Page, bench_server: Server) -> None:
    ward_page.goto("/bench/form/")
    ward_page.get_by_label("Note").focus()
    ward_page.keyboard.type("x")
    ward_page.keyboard.press("Enter")
    assert focused(ward_page) == "seen_at"
    ward_page.keyboard.type("221126 1430", delay=70)  # faster would be a scanner
    ward_page.keyboard.press("Enter")
    assert ward_page.get_by_label("Seen at").input_value() == "22/11/2026 14:30"
    assert focused(ward_page) == "day"
    assert bench_server.sent == []


def test_g_then_a_letter_goes_and_question_mark_helps(ward_page: Page) -> None:
    ward_page.goto("/bench/form/")
    ward_page.keyboard.press("?")
    expect(ward_page.locator("#keyboard-help")).to_be_visible()
    ward_page.keyboard.press("Escape")
    expect(ward_page.locator("#keyboard-help")).to_be_hidden()
    ward_page.keyboard.press("g")
    ward_page.keyboard.press("h")
    ward_page.wait_for_url(lambda url: url.endswith(":" + url.rsplit(":", 1)[1].split("/")[0] + "/"))
    expect(ward_page.get_by_role("heading", name="Hôm nay")).to_be_visible()


def test_a_dialog_keeps_the_keys_to_itself(ward_page: Page, bench_server: Server) -> None:
    ward_page.goto("/bench/form/")
    ward_page.locator("#keyboard-help").evaluate("dialog => dialog.showModal()")
    ward_page.keyboard.press("F9")
    ward_page.wait_for_timeout(200)
    assert bench_server.sent == []


def test_f2_looks_up_a_code_and_the_keyboard_chooses(ward_page: Page) -> None:
    ward_page.goto("/styleguide/")
    box = ward_page.get_by_role("combobox", name="Chẩn đoán")
    found = ward_page.locator(".combobox-list [role=option]:visible")
    box.click()
    ward_page.keyboard.type("ph")
    expect(found).to_have_count(4)
    ward_page.keyboard.press("ArrowDown")
    ward_page.keyboard.press("Enter")
    assert box.input_value() == "Hen phế quản, không xác định"
    hidden = ward_page.locator("input[name=diagnosis]")
    assert hidden.input_value() == "J45.9"
    ward_page.keyboard.type("x")
    assert hidden.input_value() == "", "text and code never disagree"
    box.fill("")
    ward_page.keyboard.press("F2")
    expect(found).to_have_count(5)
    ward_page.keyboard.press("Escape")
    expect(found).to_have_count(0)


TYPED = [
    ("221126 1430", "datetime", "22/11/2026 14:30"),
    ("2211261430", "datetime", "22/11/2026 14:30"),
    ("22/11/2026 14:30", "datetime", "22/11/2026 14:30"),
    ("14:30", "datetime", "22/11/2026 14:30"),
    ("221126", "datetime", "22/11/2026 00:00"),
    (".", "datetime", "22/11/2026 09:05"),
    ("221126", "date", "22/11/2026"),
    ("1/2", "date", "01/02/2026"),
    ("01021958", "date", "01/02/1958"),
    ("010258", "date", "01/02/1958"),
    ("290226", "date", None),
    ("310426", "date", None),
    ("hello", "date", None),
    ("221126 2460", "datetime", None),
    ("1430", "time", "14:30"),
    ("7h5", "time", None),
    ("7h05", "time", "07:05"),
    ("", "date", ""),
]


def test_days_and_times_are_typed_compactly(ward_page: Page) -> None:
    ward_page.goto("/sign-in/")
    script = """async rows => {
      const {spread} = await import('/static/js/dates.js');
      return rows.map(([typed, kind]) => spread(typed, kind, new Date(2026, 10, 22, 9, 5)));
    }"""
    found = ward_page.evaluate(script, [row[:2] for row in TYPED])
    assert [(*row[:2], shown) for row, shown in zip(TYPED, found, strict=True)] == TYPED


def test_a_wrong_date_is_said_and_not_sent(ward_page: Page, bench_server: Server) -> None:
    ward_page.goto("/bench/form/")
    ward_page.get_by_label("Day").fill("310226")
    ward_page.keyboard.press("F9")
    ward_page.wait_for_timeout(200)
    assert bench_server.sent == []
    assert "Gõ ví dụ" in ward_page.get_by_label("Day").evaluate("field => field.validationMessage")
    ward_page.get_by_label("Day").fill("280226")
    ward_page.keyboard.press("F9")
    expect(ward_page.get_by_role("heading", name="Sent")).to_be_visible()
    assert bench_server.sent[-1]["day"] == "28/02/2026"


def test_a_scan_goes_to_its_field_and_sends_no_other_form(ward_page: Page, bench_server: Server) -> None:
    ward_page.goto("/bench/form/")
    other = ward_page.locator("#other input")
    other.fill("by hand")
    ward_page.wait_for_timeout(100)
    ward_page.evaluate(SCAN, "026001234567")
    assert ward_page.get_by_label("Wristband").input_value() == "026001234567"
    assert other.input_value() == "by hand"
    ward_page.wait_for_timeout(200)
    assert bench_server.sent == []


def test_letters_that_come_without_their_key_are_scanned_too(ward_page: Page) -> None:
    ward_page.goto("/bench/form/")
    line = "001088012345||NGUYỄN THỊ ĐÀO|05031988|Nữ"
    other = ward_page.locator("#other input")
    other.fill("by hand")
    ward_page.wait_for_timeout(100)
    ward_page.evaluate(INSERTED, line)
    assert ward_page.get_by_label("Wristband").input_value() == line
    assert other.input_value() == "by hand"
    ward_page.wait_for_timeout(100)
    # The line lies selected in its field: the next scan takes its place.
    ward_page.evaluate(INSERTED, "001088054321||TRẦN VĂN BÌNH|01011990|Nam")
    assert ward_page.get_by_label("Wristband").input_value() == "001088054321||TRẦN VĂN BÌNH|01011990|Nam"


def test_a_scan_with_the_focus_nowhere_finds_its_field(ward_page: Page) -> None:
    ward_page.goto("/bench/form/")
    ward_page.evaluate(PRESSED, "001")
    assert focused(ward_page) == "wristband"
    ward_page.keyboard.insert_text("088012345||NGUYỄN THỊ ĐÀO|05031988|Nữ")
    assert ward_page.get_by_label("Wristband").input_value() == "001088012345||NGUYỄN THỊ ĐÀO|05031988|Nữ"


def test_what_a_person_types_is_no_scan(ward_page: Page) -> None:
    ward_page.goto("/bench/form/")
    ward_page.locator("#other input").focus()
    ward_page.keyboard.type("hand typed", delay=90)
    ward_page.wait_for_timeout(90)
    ward_page.keyboard.press("Enter")
    ward_page.wait_for_url("**/bench/elsewhere/**")


def test_rows_are_chosen_with_shift(ward_page: Page) -> None:
    ward_page.goto("/styleguide/")
    boxes = ward_page.locator("#demo-table tbody input")
    button = ward_page.get_by_role("button", name="Ký các mục đã chọn")
    expect(button).to_be_disabled()
    boxes.nth(0).click()
    boxes.nth(2).click(modifiers=["Shift"])
    expect(ward_page.locator("[data-selected-count]")).to_have_text("3")
    expect(button).to_be_enabled()
    ward_page.locator("#demo-table thead input").click()
    expect(ward_page.locator("[data-selected-count]")).to_have_text("4")


def test_a_question_comes_before_what_cant_be_undone(ward_page: Page) -> None:
    ward_page.goto("/styleguide/")
    ward_page.get_by_role("button", name="Ngừng, có hỏi lại").click()
    dialog = ward_page.locator("#confirm-dialog")
    expect(dialog).to_contain_text("Ngừng amoxicillin")
    dialog.get_by_role("button", name="Hủy").click()
    assert "stopped" not in ward_page.url
    ward_page.get_by_role("button", name="Ngừng, có hỏi lại").click()
    dialog.get_by_role("button", name="Ngừng thuốc").click()
    ward_page.wait_for_url("**stopped=1**")


def test_a_form_is_sent_once(ward_page: Page, bench_server: Server) -> None:
    ward_page.goto("/bench/form/")
    ward_page.get_by_label("Note").fill("once")
    ward_page.evaluate(
        "() => { const form = document.getElementById('draft'); form.requestSubmit(); form.requestSubmit(); }"
    )
    expect(ward_page.get_by_role("heading", name="Sent")).to_be_visible()
    assert len(bench_server.sent) == 1
