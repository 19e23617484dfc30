"""What people read in the agent's own windows: Vietnamese, as on every PC where it runs."""

PIN = "{origin}\nxin ký {count} tài liệu bằng token “{token}”.\n\nNhập mã PIN của token:"
PIN_AGAIN = "Sai mã PIN. Token tự khóa sau vài lần sai.\n\n" + PIN
PAIR = "Mã ghép máy cho {origin}:\n\n{code}\n\nChỉ gõ mã này vào trang của bệnh viện, trong 2 phút."
TITLE = "Bệnh án mở trên máy này"
SIGN, CANCEL = "Ký", "Không ký"
