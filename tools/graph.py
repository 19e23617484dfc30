"""`make graph`: the rooms and who imports whom, as they are, into docs/graph.md. A test fails when it has changed."""

import sys
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "graph.md"
HOUSES = ("integrations", "signatures", "encounters", "patients", "emr")
FRONT_DOOR = {"emr.settings", "emr.local"}


def drawn() -> str:
    """The page's text: one Mermaid diagram, arrows that another path implies left out."""
    graph = grimp.build_graph(*HOUSES, exclude_type_checking_imports=True, cache_dir=None)
    rooms = sorted(
        room
        for house in HOUSES
        for room in graph.find_children(house)
        if room not in FRONT_DOOR and graph.find_children(room)
    )
    arrows = {
        (above, below)
        for above in rooms
        for below in rooms
        if above != below and graph.direct_import_exists(importer=above, imported=below, as_packages=True)
    }
    reach = _closure(rooms, arrows)
    needed = sorted(
        (above, below)
        for above, below in arrows
        if not any(below in reach[middle] for top, middle in arrows if top == above and middle != below)
    )
    lines = [
        "# The houses and their rooms",
        "",
        "Drawn by `make graph` from the imports; arrows point to what is imported.",
        "",
    ]
    lines += ["```mermaid", "graph TD"]
    for house in HOUSES:
        lines.append(f"  subgraph {house}")
        lines += [
            f"    {_name(room)}[{room.rsplit('.', 1)[-1]}]" for room in rooms if room.startswith(f"{house}.")
        ]
        lines.append("  end")
    lines += [f"  {_name(above)} --> {_name(below)}" for above, below in needed]
    return "\n".join([*lines, "```", ""])


def _closure(rooms: list[str], arrows: set[tuple[str, str]]) -> dict[str, set[str]]:
    reach = {room: {below for above, below in arrows if above == room} for room in rooms}
    for middle in rooms:
        for room in rooms:
            if middle in reach[room]:
                reach[room] |= reach[middle]
    return reach


def _name(room: str) -> str:
    return room.replace(".", "_")


if __name__ == "__main__":
    PAGE.write_text(drawn(), encoding="utf-8")
    sys.exit(0)
