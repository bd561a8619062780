"""An SMTP server with STARTTLS and AUTH that keeps what it gets.

smtpd.py FOLDER USER PASSWORD

Writes into FOLDER its certificate (ca.pem) and two DKIM keys (rsa.pem, ed25519.pem); prints its port, then one JSON line for each e-mail:
from, to, the connection, the bytes as text, and what a DKIM verifier says of them. Recipients that begin with `nobody` are refused for good, those that
begin with `later` are put off the first time, and after an e-mail to `hangup…` the connection is closed.
"""
import asyncio, base64, datetime, json, pathlib, ssl, sys

import dkim
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

folder, user, password = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]


def write_key(name, key):
    path = folder / name
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


def certificate():
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    # Also for a flexio whose clock a test has set.
    begins = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
    ends = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=3650)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
        .sign(key, hashes.SHA256())
    )
    (folder / "ca.pem").write_bytes(made.public_bytes(Encoding.PEM))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "ca.pem", write_key("tls.pem", key))
    return context


def records():
    """What the domain's name servers would say."""
    of_rsa = rsa.generate_private_key(65537, 2048)
    of_ed25519 = ed25519.Ed25519PrivateKey.generate()
    write_key("rsa.pem", of_rsa)
    write_key("ed25519.pem", of_ed25519)
    public = of_rsa.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    short = of_ed25519.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return {
        b"s1._domainkey.acme.test.": b"v=DKIM1; k=rsa; p=" + base64.b64encode(public),
        b"s2._domainkey.shop.test.": b"v=DKIM1; k=ed25519; p=" + base64.b64encode(short),
    }


context, published = certificate(), records()


class Handler:
    seen = set()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody"):
            return "550 5.1.1 no such user"
        if address.startswith("later") and address not in self.seen:
            self.seen.add(address)
            return "450 4.2.1 try later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        content = envelope.content
        said = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "connection": session.peer[1],
            "tls": session.ssl is not None,
            "authenticated": session.authenticated,
            "dkim": bool(dkim.verify(content, dnsfunc=lambda name, timeout=5: published.get(name))),
            "altered": bool(dkim.verify(content + b"more\r\n", dnsfunc=lambda name, timeout=5: published.get(name))),
            "text": content.decode("ascii"),
        }
        print(json.dumps(said), flush=True)
        if any(address.startswith("hangup") for address in envelope.rcpt_tos):
            asyncio.get_running_loop().call_later(0.01, server.transport.close)
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    return AuthResult(success=(data.login, data.password) == (user.encode(), password.encode()))


def server():
    return SMTP(Handler(), tls_context=context, require_starttls=True, auth_required=True, authenticator=authenticate)


async def main():
    listening = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
    print(listening.sockets[0].getsockname()[1], flush=True)
    await listening.serve_forever()


asyncio.run(main())
