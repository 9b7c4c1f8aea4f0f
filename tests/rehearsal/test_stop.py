"""The rehearsal as a process: it takes another port where its own is taken, and leaves nothing behind."""

import signal
import socket
from pathlib import Path

from tests.support.rehearsing import Rehearsal


def test_a_stop_leaves_nothing_behind(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with Rehearsal(tmp_path, "--port", str(port)) as running:
            assert port not in running.ports
            assert f"Port {port} is taken" in running.said
            assert list(tmp_path.glob("backline-rehearsal-*"))
            assert running.end(signal.SIGTERM) == 0
    assert not list(tmp_path.glob("backline-rehearsal-*"))
    for freed in running.ports:
        with socket.create_server(("127.0.0.1", freed)):
            pass


def test_ctrl_c_stops_it(tmp_path: Path) -> None:
    with Rehearsal(tmp_path, "--port", "0") as running:
        assert running.end(signal.SIGINT) == 0
    assert not list(tmp_path.glob("backline-rehearsal-*"))
