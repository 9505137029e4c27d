"""A DHCP relay with option 82: sends what a phone behind it says, prints what it gets back.

relay.py SERVER GIADDR MAC: a line each for the OFFER and the ACK:
kind, where it came to, server identifier, address, giaddr, the last option in hex, option 66.
"""
import socket
import sys
from scapy.all import BOOTP, DHCP

SERVER, GIADDR, MAC = sys.argv[1:]
AGENT = bytes.fromhex("0106") + b"port 7" + bytes.fromhex("0205") + b"tower" + bytes.fromhex("fe0100")
CHADDR = bytes.fromhex(MAC.replace(":", ""))


def message(kind, more):
    options = [("message-type", kind), ("vendor_class_id", b"yealink"),
               ("param_req_list", [1, 3, 6, 66, 43])]
    options += more + [(82, AGENT), "end"]
    return BOOTP(op=1, chaddr=CHADDR, xid=0x1234ABCD, hops=1, giaddr=GIADDR) / DHCP(options=options)


def last_option(raw):
    """The option before END, by hand, so that no reader can put it in order."""
    place, last = 240, b""
    while raw[place] != 255:
        if raw[place] == 0:
            place += 1
            continue
        end = place + 2 + raw[place + 1]
        last, place = raw[place:end], end
    return last.hex()


def value(options, *names):
    for option in options:
        if isinstance(option, tuple) and option[0] in names:
            return option[1]
    return None


def exchange(kind, more):
    """At giaddr only: what came to another address of the relay would not be heard."""
    wire.sendto(bytes(message(kind, more)), (SERVER, 67))
    raw, came_from = wire.recvfrom(2048)
    answer = BOOTP(raw)
    options = answer[DHCP].options
    kinds = {2: "offer", 5: "ack", 6: "nak"}
    print(kinds[value(options, "message-type")], "%s:%d" % wire.getsockname(), came_from[0],
          answer.yiaddr, answer.giaddr, last_option(raw),
          value(options, "tftp_server_name", 66).decode())
    return answer, options


wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
wire.bind((GIADDR, 67))
wire.settimeout(5)
offer, options = exchange("discover", [])
exchange("request", [("server_id", value(options, "server_id")), ("requested_addr", offer.yiaddr)])
