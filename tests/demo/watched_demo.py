"""Gives the demonstration and says, as JSON on standard error, what the process touched meanwhile.

Python's audit hooks see every file that is opened and every address that a socket is given, whoever asks for it.
"""

import json
import socket
import sys
import threading
from collections import defaultdict
from typing import Any

from demo import run

_SOCKET_EVENTS = {"socket.connect": "connect", "socket.bind": "bind"}
_NAME_EVENTS = frozenset(("socket.getaddrinfo", "socket.gethostbyname"))

_touched: defaultdict[str, set[str]] = defaultdict(set)
_ports: set[int] = set()


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open":
        _touched["open"].add(str(arguments[0]))
    elif event in _SOCKET_EVENTS:
        address = arguments[1]
        _touched[_SOCKET_EVENTS[event]].add(str(address[0]))
        if event == "socket.connect":
            _ports.add(address[1])
    elif event in _NAME_EVENTS:
        _touched["resolve"].add(str(arguments[0]))


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


if __name__ == "__main__":
    sys.addaudithook(_note)
    run()
    ports = sorted(_ports)
    found: dict[str, Any] = {name: sorted(touched) for name, touched in _touched.items()}
    found["ports"] = len(ports)
    found["listening"] = [port for port in ports if _listens(port)]
    found["threads"] = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
    sys.stderr.write(json.dumps(found))
