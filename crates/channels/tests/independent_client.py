"""Checks one push message with clients that share no code with this project: http_ece and py_vapid.

Reads from stdin: {"body", "private_key", "auth", "authorization", "origin", "now"}; bytes are base64url.
Prints the decrypted payload; exits with 1 and a sentence where a check fails.
"""

import base64
import json
import sys

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def main():
    given = json.load(sys.stdin)
    number = int.from_bytes(decode(given["private_key"]), "big")
    private_key = ec.derive_private_key(number, ec.SECP256R1())
    payload = http_ece.decrypt(
        decode(given["body"]),
        private_key=private_key,
        auth_secret=decode(given["auth"]),
        version="aes128gcm",
    )
    # py_vapid expects the list without the optional space (RFC 9110, section 5.6.1).
    if not Vapid02.verify(given["authorization"].replace(", ", ",")):
        sys.exit("py_vapid does not verify the signature")
    token = given["authorization"].split("t=", 1)[1].split(",", 1)[0]
    claims = json.loads(decode(token.split(".")[1]))
    if claims["aud"] != given["origin"]:
        sys.exit("aud is not the origin")
    if not given["now"] < claims["exp"] <= given["now"] + 86400:
        sys.exit("exp is not within 24 hours")
    sys.stdout.buffer.write(payload)


main()
