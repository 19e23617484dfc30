"""`benhanmo-agent`: runs until it is ended. `benhanmo-agent --new` writes agent.toml, `--forget` ends all pairings."""

import argparse
import logging
import sys
from importlib.resources import files
from pathlib import Path

from benhanmo_agent.scanning import listen
from benhanmo_agent.server import Agent
from benhanmo_agent.settings import BadSettings, State, default_folder, read_settings


def main() -> int:
    """Exit codes: 0 ended, 1 the port is taken, 2 wrong settings."""
    parser = argparse.ArgumentParser(prog="benhanmo-agent", description=__doc__)
    parser.add_argument("--folder", type=Path, default=default_folder(), help="of agent.toml and state.json")
    parser.add_argument("--new", action="store_true", help="write an agent.toml to begin with")
    parser.add_argument("--forget", action="store_true", help="no page is paired any more")
    asked = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    asked.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = asked.folder / "agent.toml"
    if asked.new and not file.exists():
        file.write_text(
            files("benhanmo_agent").joinpath("agent.toml").read_text(encoding="utf-8"), encoding="utf-8"
        )
    if asked.new:
        print(file)
        return 0
    state = State(asked.folder)
    if asked.forget:
        state.clear("pairings")
        return 0
    try:
        settings = read_settings(asked.folder)
    except BadSettings as error:
        print(error, file=sys.stderr)
        return 2
    try:
        agent = Agent(settings, state)
    except OSError as error:
        print(f"127.0.0.1:{settings.port}: {error}", file=sys.stderr)
        return 1
    listen(settings.serial, agent.scans)
    try:
        agent.serve_forever()
    except KeyboardInterrupt:
        agent.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
