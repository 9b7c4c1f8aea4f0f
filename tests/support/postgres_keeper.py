"""Runs one PostgreSQL server for as long as its own standard input is open, then removes its folder.

The tests start this file as a program and hold the other end of the pipe. However they end, by Ctrl-C or by
`kill -9` too, the pipe closes, and the server goes with them: by its own process id, and nothing else does.
SIGUSR1 stops the server for a while, SIGUSR2 lets it go on.
"""

import os
import select
import shutil
import signal
import subprocess
import sys

PATIENCE = 10.0


def main(folder: str, user: str, *command: str) -> int:
    """Keep `command` running as `user` (or as ourselves when that is empty) until the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    identity = {"user": user, "group": group_of(user), "extra_groups": []} if user else {}

    def start() -> "subprocess.Popen[bytes]":
        with open(os.path.join(folder, "log"), "ab") as log:  # noqa: PTH118, PTH123 - starts faster without pathlib
            return subprocess.Popen(  # type: ignore[no-any-return]  # noqa: S603 - the command comes from the tests
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=folder,
                **identity,  # type: ignore[call-overload]
            )

    server, is_halted = start(), False

    def halt(*_: object) -> None:
        nonlocal is_halted
        is_halted = True
        stop(server)

    def go_on(*_: object) -> None:
        nonlocal server, is_halted
        server, is_halted = start(), False

    signal.signal(signal.SIGTERM, lambda *_: stop(server))
    signal.signal(signal.SIGUSR1, halt)
    signal.signal(signal.SIGUSR2, go_on)
    while is_halted or server.poll() is None:
        readable, _, _ = select.select([0], [], [], 0.2)
        if readable and not os.read(0, 64):
            is_halted = False
            stop(server)
    shutil.rmtree(folder, ignore_errors=True)
    return int(server.returncode)


def group_of(user: str) -> int:
    import pwd  # noqa: PLC0415 - exists on Unix only, where alone this is reached

    return pwd.getpwnam(user).pw_gid


def stop(server: subprocess.Popen[bytes]) -> None:
    server.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown
    try:
        server.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
