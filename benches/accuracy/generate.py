# SPDX-License-Identifier: Apache-2.0
"""Random-looking values for the labelled secrets, so that none stands in the repository.

A case's text holds marks `@@name:argument@@`; each becomes a value made from the seed and the
case's own name, always the same one. `@@-name:argument@@` makes a value that is no secret (a
digest, an id), and `@@+@@` nothing at all: it parts a word that would trip a scanner.
`@@base64|text {name:argument}@@` encodes a text in which further values stand between braces.
"""

from __future__ import annotations

import base64
import hashlib
import json
import random
import re
import urllib.parse
import zlib
from collections.abc import Callable

DIGITS = "0123456789"
LOWER = "abcdefghijklmnopqrstuvwxyz"
UPPER = LOWER.upper()
BASE62 = DIGITS + UPPER + LOWER
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BASE32 = UPPER + "234567"
BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
MARK = re.compile(r"@@(-?)([a-z0-9]+)(?:([:|])((?:(?!@@).)*))?@@", re.S)
INNER = re.compile(r"\{([a-z0-9]+)(?::([^{}]*))?\}")


class Values:
    """The values of one case."""

    def __init__(self, seed: str, case: str) -> None:
        digest = hashlib.sha256(f"{seed}\0{case}".encode()).digest()
        self.random = random.Random(digest)

    def fill(self, text: str) -> tuple[str, list[tuple[int, int]]]:
        """The text with every mark filled, and where the secrets in it begin and end."""
        out, spans, at = [], [], 0
        length = 0
        text = text.replace("@@+@@", "")
        for mark in MARK.finditer(text):
            before = text[at:mark.start()]
            value = self.value(mark[2], mark[4] or "", mark[3] == "|")
            out += [before, value]
            length += len(before)
            if not mark[1]:
                spans.append((length, length + len(value)))
            length += len(value)
            at = mark.end()
        out.append(text[at:])
        return "".join(out), spans

    def value(self, name: str, argument: str, encoder: bool) -> str:
        """One value."""
        if encoder:
            plain = INNER.sub(lambda m: self.value(m[1], m[2] or "", False), argument)
            return ENCODERS[name](plain.replace("\\n", "\n"))
        if name in ALPHABETS:
            return self.string(ALPHABETS[name], int(argument))
        return MAKERS[name](self, argument)

    def string(self, alphabet: str, length: int) -> str:
        """A string over an alphabet, with letters and digits where it has both."""
        while True:
            value = "".join(self.random.choice(alphabet) for _ in range(length))
            kinds = [DIGITS, LOWER, UPPER]
            wanted = [kind for kind in kinds if set(kind) & set(alphabet)] if length >= 8 else []
            if all(set(kind) & set(value) for kind in wanted):
                return value

    def octets(self, count: int) -> bytes:
        """Random bytes."""
        return self.random.randbytes(count)


ALPHABETS = {
    "b62": BASE62, "hex": DIGITS + "abcdef", "upperhex": DIGITS + "ABCDEF", "b58": BASE58,
    "b32": BASE32, "b36": DIGITS + LOWER, "dig": DIGITS, "upper": UPPER + DIGITS, "low": LOWER,
    "b64": BASE62 + "+/", "b64u": BASE62 + "-_",
}

ENCODERS: dict[str, Callable[[str], str]] = {
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64url": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "hexed": lambda text: text.encode().hex(),
    "escaped": lambda text: urllib.parse.quote(text, safe=""),
    "utf16": lambda text: base64.b64encode(text.encode("utf-16-le")).decode(),
}


def password(values: Values, argument: str) -> str:
    """As a generator makes one: every kind of character, no quote or bracket."""
    length, _, marks = argument.partition(",")
    marks = marks or "!*-_+.~^"
    while True:
        body = "".join(values.random.choice(BASE62 + marks) for _ in range(int(length) - 2))
        value = values.random.choice(LOWER + UPPER) + body + values.random.choice(DIGITS + LOWER)
        if all(set(kind) & set(value) for kind in (DIGITS, LOWER, UPPER, marks)):
            return value


def person(values: Values, argument: str) -> str:
    """As a person makes one: syllables of no language, a number, a mark."""
    syllables = "".join(values.random.choice("bdfgklmnprstvz") + values.random.choice("aeiou")
                        for _ in range(int(argument or 3)))
    return (syllables.capitalize() + values.random.choice("xkz") + values.string(DIGITS, 3)
            + values.random.choice("!*#"))


def crc_base62(values: Values, argument: str) -> str:
    """A body and its CRC-32 in base 62 (GitHub, npm)."""
    body = values.string(BASE62, int(argument or 30))
    return body + digits_of(zlib.crc32(body.encode()), BASE62, 6)


def digits_of(number: int, alphabet: str, length: int) -> str:
    """A number in the base of an alphabet."""
    out = ""
    for _ in range(length):
        number, digit = divmod(number, len(alphabet))
        out = alphabet[digit] + out
    return out


def crc_hex(values: Values, argument: str) -> str:
    """A body, `_`, and the CRC-32 of mark and body, lowest byte first, in hexadecimal digits: `32,mark`."""
    length, mark = (argument + ",").split(",")[:2]
    body = values.string(BASE62, int(length or 32))
    return f"{body}_{zlib.crc32((mark + body).encode()).to_bytes(4, 'little').hex()}"


def macaroon(values: Values, _: str) -> str:
    """A macaroon of PyPI, version 2."""
    def packet(kind: int, data: bytes) -> bytes:
        return bytes([kind, len(data)]) + data

    ident = uuid(values, "").encode()
    body = (b"\x02" + packet(1, b"pypi.org") + packet(2, ident) + b"\0"
            + packet(2, b'[3,"' + uuid(values, "").encode() + b'"]') + b"\0\0"
            + packet(6, values.octets(32)))
    return base64.urlsafe_b64encode(body).decode().rstrip("=")


def uuid(values: Values, _: str) -> str:
    """A UUID of version 4."""
    digits = values.string(DIGITS + "abcdef", 32)
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def jwt(values: Values, argument: str) -> str:
    """A JSON Web Token; the argument names the algorithm and the audience."""
    algorithm, _, host = (argument or "HS256").partition(",")
    def part(value: dict) -> str:
        return ENCODERS["base64url"](json.dumps(value, separators=(",", ":")))

    payload = {"iss": f"https://id.{host or 'lumenworks.io'}",
               "sub": "usr_" + values.string(BASE62, 14),
               "iat": 1700000000 + values.random.randrange(10**7), "scope": "orders:write"}
    size = {"HS256": 32, "RS256": 256, "ES256": 64}[algorithm]
    signature = base64.urlsafe_b64encode(values.octets(size)).decode().rstrip("=")
    return f"{part({'alg': algorithm, 'typ': 'JWT'})}.{part(payload)}.{signature}"


def der(tag: int, *parts: bytes) -> bytes:
    """One element of DER."""
    body = b"".join(parts)
    if len(body) < 0x80:
        return bytes([tag, len(body)]) + body
    size = (len(body).bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + len(body).to_bytes(size, "big") + body


def integer(value: int) -> bytes:
    """A DER INTEGER."""
    return der(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def rsa(values: Values) -> bytes:
    """The form of an RSAPrivateKey (RFC 8017, A.1.2); its numbers are random, not primes."""
    def number(bits: int) -> bytes:
        return integer(values.random.getrandbits(bits) | 1 << (bits - 1) | 1)

    return der(0x30, integer(0), number(2048), integer(65537), number(2047),
               *(number(1024) for _ in range(5)))


OIDS = {
    "rsa": bytes.fromhex("06092a864886f70d010101") + b"\x05\0",
    "ec": bytes.fromhex("06072a8648ce3d0201") + bytes.fromhex("06082a8648ce3d030107"),
    "ed25519": bytes.fromhex("06032b6570"),
}


def key_bytes(values: Values, kind: str) -> tuple[str, bytes]:
    """The name in the armour and the DER of a private key."""
    if kind == "rsa":
        return "RSA PRIVATE KEY", rsa(values)
    ec = der(0x30, integer(1), der(4, values.octets(32)), der(0xA1, der(3, b"\0\4" + values.octets(64))))
    if kind == "ec":
        return "EC PRIVATE KEY", ec
    inner = {"pkcs8": ("rsa", rsa(values)), "pkcs8ec": ("ec", ec),
             "ed25519": ("ed25519", der(4, values.octets(32)))}[kind]
    return "PRIVATE KEY", der(0x30, integer(0), der(0x30, OIDS[inner[0]]), der(4, inner[1]))


def pem(values: Values, argument: str) -> str:
    """A private key in PEM: `kind,line end,indentation`."""
    kind, _, rest = argument.partition(",")
    name, data = openssh(values) if kind == "openssh" else key_bytes(values, kind)
    return armour(name, data, 70 if kind == "openssh" else 64, rest)


def armour(name: str, data: bytes, width: int, how: str = "", head: str = "", tail: str = "") -> str:
    """Lines of base64 between marks; `how` is the line end (`n` = the two characters `\\n`) and
    the indentation."""
    end, _, indent = how.partition(",")
    text = base64.b64encode(data).decode()
    lines = [text[at:at + width] for at in range(0, len(text), width)]
    dashes = "-" * 5
    lines = [f"{dashes}BEGIN {name}{dashes}", *head.splitlines(), *lines, *tail.splitlines(),
             f"{dashes}END {name}{dashes}"]
    joint = {"": "\n", "n": "\\n", "plus": '\\n" +\n    "'}[end]
    return (joint + " " * int(indent or 0)).join(lines)


def openssh(values: Values) -> tuple[str, bytes]:
    """An unencrypted Ed25519 key of OpenSSH."""
    def text(value: bytes) -> bytes:
        return len(value).to_bytes(4, "big") + value

    public = values.octets(32)
    check = values.octets(4)
    inside = (check * 2 + text(b"ssh-ed25519") + text(public) + text(values.octets(32) + public)
              + text(b"deploy"))
    inside += bytes(range(1, 1 + -len(inside) % 8))
    body = (b"openssh-key-v1\0" + text(b"none") + text(b"none") + text(b"") + b"\0\0\0\1"
            + text(text(b"ssh-ed25519") + text(public)) + text(inside))
    return "OPENSSH PRIVATE KEY", body


def pgp(values: Values, _: str) -> str:
    """A secret key packet (RFC 4880, 5.5.3) in armour, with its checksum."""
    body = b"\x04\x65\x00\x00\x00\x16" + values.octets(420)
    packet = b"\x95" + len(body).to_bytes(2, "big") + body
    crc = 0xB704CE
    for byte in packet:
        crc ^= byte << 16
        for _ in range(8):
            crc = crc << 1 ^ (0x1864CFB if crc & 0x800000 else 0)
    check = "=" + base64.b64encode((crc & 0xFFFFFF).to_bytes(3, "big")).decode()
    return armour("PGP PRIVATE KEY BLOCK", packet, 64, head="\n", tail=check)


def putty(values: Values, _: str) -> str:
    """A key file of PuTTY, version 3, not encrypted."""
    def lines(data: bytes) -> str:
        text = base64.b64encode(data).decode()
        parts = [text[at:at + 64] for at in range(0, len(text), 64)]
        return f"{len(parts)}\n" + "\n".join(parts)

    public = b"\0\0\0\x0bssh-ed25519\0\0\0 " + values.octets(32)
    return (f"PuTTY-User-Key-@@File-3: ssh-ed25519\nEncryption: none\nComment: deploy\n"
            f"Public-Lines: {lines(public)}\nPrivate-Lines: {lines(b'{0}{0} ' + values.octets(44))}\n"
            f"Private-MAC: {values.string(DIGITS + 'abcdef', 64)}").replace("@@", "")


def pkcs12(values: Values, _: str) -> str:
    """The frame of a PKCS #12 file (RFC 7292, 4): version 3 and a `data` content, in base64."""
    data = bytes.fromhex("06092a864886f70d010701")
    content = der(0x30, data, der(0xA0, der(4, values.octets(900))))
    return base64.b64encode(der(0x30, integer(3), content, values.octets(40))).decode()


def certificate(values: Values, _: str) -> str:
    """A certificate's armour: public."""
    return armour("CERTIFICATE", der(0x30, values.octets(700)), 64)


def public_key(values: Values, _: str) -> str:
    """A public key's armour."""
    return armour("PUBLIC KEY", der(0x30, der(0x30, OIDS["rsa"]), der(3, b"\0" + values.octets(270))), 64)


def bech32(values: Values, argument: str) -> str:
    """Human-readable part, `1`, data and checksum (BIP-173)."""
    name, _, octets = argument.partition(",")
    bits = int.from_bytes(values.octets(int(octets or 32)), "big")
    count = (int(octets or 32) * 8 + 4) // 5
    data = [bits << 5 * count - 8 * int(octets or 32) >> 5 * (count - 1 - at) & 31
            for at in range(count)]
    def polymod(numbers: list[int]) -> int:
        check = 1
        for number in numbers:
            top = check >> 25
            check = (check & 0x1FFFFFF) << 5 ^ number
            for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
                check ^= generator if top >> bit & 1 else 0
        return check

    low = name.lower()
    head = [ord(c) >> 5 for c in low] + [0] + [ord(c) & 31 for c in low]
    check = polymod(head + data + [0] * 6) ^ 1
    data += [check >> 5 * (5 - at) & 31 for at in range(6)]
    text = low + "1" + "".join(BECH32[number] for number in data)
    return text.upper() if name.isupper() else text


def base58check(values: Values, argument: str) -> str:
    """Base 58 with a checksum: `hex of the version,bytes,hex of the end`."""
    version, octets, end = (argument + ",,").split(",")[:3]
    body = bytes.fromhex(version) + values.octets(int(octets)) + bytes.fromhex(end)
    body += hashlib.sha256(hashlib.sha256(body).digest()).digest()[:4]
    number, out = int.from_bytes(body, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        out = BASE58[digit] + out
    return out


def sri(values: Values, argument: str) -> str:
    """A value of Subresource Integrity."""
    size = {"sha256": 32, "sha384": 48, "sha512": 64, "sha1": 20}[argument]
    return f"{argument}-" + base64.b64encode(values.octets(size)).decode()


def octets64(values: Values, argument: str) -> str:
    """Random bytes in base64, with padding."""
    return base64.b64encode(values.octets(int(argument))).decode()


def bcrypt(values: Values, _: str) -> str:
    """The form of a bcrypt hash."""
    return "$2b$12$" + values.string(BASE62 + "./", 53)


MAKERS: dict[str, Callable[[Values, str], str]] = {
    "pw": password, "person": person, "crc62": crc_base62, "crchex": crc_hex, "macaroon": macaroon,
    "uuid": uuid, "jwt": jwt, "pem": pem, "pgp": pgp, "putty": putty, "pkcs12": pkcs12,
    "certificate": certificate, "publickey": public_key, "bech32": bech32,
    "base58check": base58check, "sri": sri, "octets": octets64, "bcrypt": bcrypt,
}
