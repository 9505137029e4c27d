"""Throws junk datagrams at UDP ports: noise, and messages that begin well and go wrong.

junk.py SERVER COUNT SEED PORT..: prints how many were sent to each.
"""
import random
import socket
import sys

SERVER, COUNT = sys.argv[1], int(sys.argv[2])
PORTS = [int(word) for word in sys.argv[4:]]
chance = random.Random(int(sys.argv[3]))

DISCOVER = bytes([1, 1, 6, 0]) + bytes(24) + bytes.fromhex("001565") + bytes(13 + 192)
DISCOVER += bytes.fromhex("638253633501013c07") + b"yealink" + bytes([55, 3, 1, 3, 66, 255])
REGISTER = b"\r\n".join([
    b"REGISTER sip:192.168.10.1 SIP/2.0", b"Via: SIP/2.0/UDP 192.168.10.7:5060;branch=z9hG4bK%d",
    b"From: <sip:%d@192.168.10.1>;tag=a", b"To: <sip:b@192.168.10.1>", b"Call-ID: %d",
    b"CSeq: 1 REGISTER", b"Contact: <sip:b@192.168.10.7>", b"Content-Length: 0", b"", b""])
BEGINNINGS = {67: DISCOVER, 69: b"\x00\x01001565aabbcc.cfg\x00octet\x00blksize\x001428\x00",
              5060: REGISTER}


def junk(port):
    if chance.random() < 0.4:
        return chance.randbytes(chance.randrange(0, 600))
    whole = BEGINNINGS[port]
    whole = bytearray(whole % ((chance.getrandbits(40),) * 3) if port == 5060 else whole)
    if port == 67:
        whole[4:8] = chance.randbytes(4)
        whole[31:34] = chance.randbytes(3)
    for _ in range(chance.randrange(0, 4)):
        whole[chance.randrange(len(whole))] = chance.randrange(256)
    return bytes(whole[: chance.randrange(len(whole) // 2, len(whole) + 1)])


wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
wire.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
for _ in range(COUNT):
    for port in PORTS:
        wire.sendto(junk(port), (SERVER, port))
print(COUNT)
