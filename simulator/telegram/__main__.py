"""`python -m simulator.telegram`: runs the double until SIGTERM."""

import argparse
import socket
from pathlib import Path
from types import FrameType

import uvicorn

from simulator.telegram.app import build
from simulator.telegram.wire import CuttableProtocol


class _Server(uvicorn.Server):
    """Says when it listens, and takes a signal as a plain order to end."""

    port_file: Path | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        port = (sockets or [])[0].getsockname()[1]
        if self.port_file is not None:
            self.port_file.write_text(str(port), encoding="ascii")
        print(f"ready http://127.0.0.1:{port}", flush=True)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 (uvicorn's signature)
        self.should_exit = True


def main() -> None:
    """Listens on loopback only, prints `ready http://127.0.0.1:PORT`, ends with exit code 0 on SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m simulator.telegram", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--port-file", type=Path, help="the port is written there once it is open")
    parser.add_argument("--clock-file", type=Path, help="holds the seconds to add to the clock")
    chosen = parser.parse_args()

    # Named as TCP, or asyncio leaves Nagle's algorithm on and every answer takes 40 ms.
    listener = socket.socket(proto=socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", chosen.port))
    server = _Server(
        uvicorn.Config(
            build(chosen.clock_file),
            http=CuttableProtocol,
            ws="none",
            # No access log: its lines would carry the tokens. Long polls must not hold up the end.
            access_log=False,
            log_level="critical",
            timeout_graceful_shutdown=1,
        )
    )
    server.port_file = chosen.port_file
    server.run(sockets=[listener])


if __name__ == "__main__":
    main()
