"""Begins a SIP message and drips a byte a second until the other end closes.

slow.py SERVER: prints after how many seconds that was, or "open" when it took more than thirty.
"""
import select
import socket
import sys
import time

HEAD = b"REGISTER sip:box SIP/2.0\r\nX-Slow: "
wire = socket.create_connection((sys.argv[1], 5060), timeout=5)
begun = time.monotonic()
wire.sendall(HEAD)
while time.monotonic() - begun < 30:
    if select.select([wire], [], [], 1)[0]:
        try:
            ended = not wire.recv(100)
        except ConnectionResetError:
            ended = True
        if ended:
            print(f"{time.monotonic() - begun:.1f}")
            sys.exit()
    try:
        wire.sendall(b"x")
    except OSError:
        pass
print("open")
