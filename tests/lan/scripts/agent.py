"""A phone that registers and then lives through what it is asked by NOTIFY.

agent.py ADDRESS LOGIN PASSWORD BOX FILE WAY MANNER: WAY is udp or tcp; MANNER is `comes` (answers
200 and fetches FILE by HTTP), `nods` (answers 200 and does nothing), `refuses` (403) or `silent`.
Prints each first line it hears, and what it did.
"""
import hashlib
import re
import socket
import sys
import urllib.request

ADDRESS, LOGIN, PASSWORD, BOX, FILE, WAY, MANNER = sys.argv[1:]
PORT, AOR = 5060, f"sip:{LOGIN}@{BOX}"

kind = socket.SOCK_STREAM if WAY == "tcp" else socket.SOCK_DGRAM
wire = socket.socket(socket.AF_INET, kind)
wire.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
wire.bind((ADDRESS, PORT))
wire.connect((BOX, 5060))


def digest(*parts):
    return hashlib.md5(":".join(parts).encode()).hexdigest()


def register(number, credentials=""):
    wire.send("\r\n".join([
        f"REGISTER sip:{BOX} SIP/2.0",
        f"Via: SIP/2.0/{WAY.upper()} {ADDRESS}:{PORT};branch=z9hG4bKagent{number};rport",
        "Max-Forwards: 70",
        f"From: <{AOR}>;tag=agent",
        f"To: <{AOR}>",
        f"Call-ID: agent@{ADDRESS}",
        f"CSeq: {number} REGISTER",
        f"Contact: <sip:{LOGIN}@{ADDRESS}:{PORT};transport={WAY}>",
        "Expires: 600",
        *([credentials] if credentials else []),
        "Content-Length: 0", "", ""]).encode())
    return wire.recv(8192).decode()


challenge = register(1)
nonce = re.search('nonce="([^"]+)"', challenge).group(1)
realm = re.search('realm="([^"]+)"', challenge).group(1)
uri = f"sip:{BOX}"
ha1, ha2 = digest(LOGIN, realm, PASSWORD), digest("REGISTER", uri)
response = digest(ha1, nonce, "00000001", "c0ffee", "auth", ha2)
answer = register(2, f'Authorization: Digest username="{LOGIN}", realm="{realm}", '
                     f'nonce="{nonce}", uri="{uri}", response="{response}", algorithm=MD5, '
                     'qop=auth, nc=00000001, cnonce="c0ffee"')
print(answer.splitlines()[0], flush=True)

while True:
    heard = wire.recv(8192).decode()
    if not heard.startswith("NOTIFY "):
        continue
    print(heard.splitlines()[0], flush=True)
    print(next(line for line in heard.splitlines() if line.startswith("Event: ")), flush=True)
    if MANNER == "silent":
        continue
    kept = ("Via:", "From:", "To:", "Call-ID:", "CSeq:")
    lines = [line for line in heard.splitlines() if line.startswith(kept)]
    status = "403 Not Me" if MANNER == "refuses" else "200 OK"
    wire.send("\r\n".join([f"SIP/2.0 {status}", *lines, "Content-Length: 0", "", ""]).encode())
    if MANNER == "comes":
        request = urllib.request.Request(FILE, headers={"User-Agent": "Yealink SIP-T46S 66.86.0.15"})
        with urllib.request.urlopen(request, timeout=10) as file:
            print(f"fetched {len(file.read())} bytes", flush=True)
