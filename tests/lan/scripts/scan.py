"""Connects to every TCP port of an address and asks on UDP ports what each is there for; prints
those that answer, a line each."""

import asyncio
import errno
import resource
import socket
import sys

ADDRESS, PATIENCE, AT_ONCE = sys.argv[1], 1.5, 6000
# A socket that cannot be opened is no port that is closed.
resource.setrlimit(resource.RLIMIT_NOFILE, (AT_ONCE + 100, AT_ONCE + 100))

SIP = (
    "OPTIONS sip:box SIP/2.0\r\nVia: SIP/2.0/UDP scan:5060;branch=z9hG4bKscan;rport\r\n"
    "From: <sip:scan@scan>;tag=1\r\nTo: <sip:box>\r\nCall-ID: scan\r\nCSeq: 1 OPTIONS\r\n"
    "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
).encode()
DISCOVER = (
    bytes([1, 1, 6, 0, 1, 2, 3, 4]) + bytes(20) + bytes([2, 0, 0, 0, 0, 0x55]) + bytes(10)
    + bytes(192) + bytes([0x63, 0x82, 0x53, 0x63, 53, 1, 1, 255])
)
QUERY = bytes([0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]) + b"\x08dialtone\x05local\x00\x00\x01\x00\x01"
KNOCKS = {
    53: QUERY,
    67: DISCOVER,
    69: b"\x00\x01001565112233.cfg\x00octet\x00",
    123: bytes([0x23]) + bytes(47),
    161: bytes.fromhex("302602010104067075626c6963a019020101020100020100300e300c06082b060102010101000500"),
    443: b"\x16\x03\x01",
    5060: SIP,
    5061: SIP,
    5353: QUERY,
}


async def tcp(port):
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(ADDRESS, port), PATIENCE)
        writer.close()
        return port
    except asyncio.TimeoutError:
        return None
    except OSError as error:
        if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS):
            raise
        return None


async def main():
    found = []
    for first in range(1, 65536, AT_ONCE):
        ports = range(first, min(first + AT_ONCE, 65536))
        found += [port for port in await asyncio.gather(*map(tcp, ports)) if port]
    for port in found:
        print("tcp", port)


def udp(port, knock):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
        end.settimeout(PATIENCE)
        end.connect((ADDRESS, port))
        try:
            end.send(knock)
            return bool(end.recv(2048))
        except OSError:
            return False


asyncio.run(main())
for port, knock in KNOCKS.items():
    if udp(port, knock):
        print("udp", port)
