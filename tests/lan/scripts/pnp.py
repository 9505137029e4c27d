"""Asks who configures it by SIP Plug-and-Play, as a Snom does, and prints all that comes back.

pnp.py ADDRESS MAC12 PORT: each datagram on stdout, after a line `---- from ADDRESS:PORT`.
"""
import socket
import sys

ADDRESS, MAC, PORT = sys.argv[1], sys.argv[2], int(sys.argv[3])
REQUEST = f"""SUBSCRIBE sip:MAC%3a{MAC}@intern.snom.de SIP/2.0
Via: SIP/2.0/UDP {ADDRESS}:{PORT};rport
From: <sip:MAC%3a{MAC}@intern.snom.de>;tag=658512961
To: <sip:MAC%3a{MAC}@intern.snom.de>
Call-ID: 1930770594@{ADDRESS}
CSeq: 1 SUBSCRIBE
Event: ua-profile;profile-type="device";vendor="OEM";model="OEM";version="7.1.19"
Expires: 0
Accept: application/url
Contact: <sip:{ADDRESS}:{PORT}>
Content-Length: 0

""".replace("\n", "\r\n").encode()

wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
wire.bind((ADDRESS, PORT))
wire.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(ADDRESS))
wire.sendto(REQUEST, ("224.0.1.75", 5060))
wire.settimeout(1)
try:
    while True:
        answer, came_from = wire.recvfrom(4096)
        print("---- from %s:%d" % came_from)
        print(answer.decode(), flush=True)
        if answer.startswith(b"NOTIFY "):
            head = answer.split(b"\r\n\r\n")[0].split(b"\r\n")
            kept = (b"via", b"from", b"to", b"call-id", b"cseq")
            lines = [line for line in head if line.split(b":")[0].lower() in kept]
            ok = [b"SIP/2.0 200 OK", *lines, b"Content-Length: 0", b"", b""]
            wire.sendto(b"\r\n".join(ok), came_from)
except socket.timeout:
    pass
