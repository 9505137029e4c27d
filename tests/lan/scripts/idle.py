"""Holds connections open without saying anything, or half of something, until it is killed.

idle.py SERVER PORT COUNT [TEXT]: prints how many were opened, then waits.
"""
import socket
import sys
import time

SERVER, PORT, COUNT = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
TEXT = sys.argv[4].encode() if len(sys.argv) > 4 else b""
held = []
for _ in range(COUNT):
    try:
        held.append(socket.create_connection((SERVER, PORT), timeout=1))
        held[-1].sendall(TEXT)
    except OSError:
        pass
print("holding", len(held), flush=True)
time.sleep(600)
