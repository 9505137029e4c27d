"""Says one SIP request by UDP and prints every answer.

say.py ADDRESS PORT SERVER, the request on stdin with plain line ends.
"""
import socket
import sys

ADDRESS, PORT, SERVER = sys.argv[1], int(sys.argv[2]), sys.argv[3]
wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
wire.bind((ADDRESS, PORT))
wire.sendto(sys.stdin.read().replace("\n", "\r\n").encode(), (SERVER, 5060))
wire.settimeout(0.5)
try:
    while True:
        print(wire.recvfrom(4096)[0].decode())
except socket.timeout:
    pass
