"""The window that asks for the PIN or shows a pairing code, as a program of its own.

`python -m benhanmo_agent.window pin TEXT` prints what was typed and ends with 0, or with 1 when the person doesn't want to;
`… code TEXT` shows the text until it is closed or ended. Another program with these two words may take its place
(`prompt` in agent.toml).
"""

import sys
import tkinter
from tkinter import ttk

from benhanmo_agent import words


def main() -> int:
    """See above."""
    what, text = sys.argv[1:3]
    typed: list[str] = []
    root = tkinter.Tk()
    root.title(words.TITLE)
    root.attributes("-topmost", True)
    frame = ttk.Frame(root, padding=20)
    frame.grid()
    ttk.Label(frame, text=text, font=("TkDefaultFont", 12), wraplength=460).grid(columnspan=2, sticky="w")
    if what == "pin":
        entry = ttk.Entry(frame, show="•", width=24)
        entry.grid(columnspan=2, pady=12, sticky="w")

        def take(_event: object = None) -> None:
            typed.append(entry.get())
            root.destroy()

        ttk.Button(frame, text=words.SIGN, command=take).grid(row=2, column=0, sticky="w")
        ttk.Button(frame, text=words.CANCEL, command=root.destroy).grid(row=2, column=1, sticky="e")
        root.bind("<Return>", take)
        entry.focus_force()
    root.bind("<Escape>", lambda _event: root.destroy())
    root.mainloop()
    if what == "pin":
        if not typed:
            return 1
        sys.stdout.write(typed[0])
    return 0


if __name__ == "__main__":
    sys.exit(main())
