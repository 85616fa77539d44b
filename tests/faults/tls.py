"""Certificates, and a PostgreSQL that wants TLS. Come here to change what either is like.

The PostgreSQL that the suite brings along is built without TLS, so a relay before it speaks it.
"""

import asyncio
import contextlib
import ipaddress
import ssl
import threading
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from core import clock

# What libpq asks first: https://www.postgresql.org/docs/current/protocol-message-formats.html
_SSL_REQUEST = bytes([0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x2F])
_WAIT_SECONDS = 10


class Authority:
    """Who signs certificates; `file` is what clients need to believe them."""

    def __init__(self, directory, name):
        self._directory, self._name = directory, _named(name)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.file = directory / f"{name}.pem"
        constraint = x509.BasicConstraints(ca=True, path_length=0)
        self._write(self.file, self._signed(self._name, self._key, constraint))

    def certificate(self, address):
        """A file with a key and a certificate for this address."""
        key = ec.generate_private_key(ec.SECP256R1())
        place = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        file = self.file.with_suffix(f".{address}.pem")
        return self._write(file, self._signed(_named(address), key, place), private)

    def _signed(self, subject, key, extension):
        now = clock.now()
        builder = x509.CertificateBuilder(
            issuer_name=self._name,
            subject_name=subject,
            public_key=key.public_key(),
            serial_number=x509.random_serial_number(),
            not_valid_before=now - timedelta(hours=1),
            not_valid_after=now + timedelta(hours=1),
        )
        return builder.add_extension(extension, critical=True).sign(self._key, hashes.SHA256())

    def _write(self, file, certificate, private=b""):
        file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
        return file


def _named(name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


class Relay:
    """Speaks TLS with this certificate and passes everything on; without one, refuses TLS.

    `clear` is what came without TLS, but for the question whether there is any.
    """

    def __init__(self, port, certificate=None):
        self.target, self.certificate = port, certificate
        self.clear, self.handshakes = [], 0
        self._loop, self._ready = None, threading.Event()

    def __enter__(self):
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._thread.start()
        assert self._ready.wait(_WAIT_SECONDS)
        return self

    def __exit__(self, *_raised):
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(_WAIT_SECONDS)

    async def _serve(self):
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._relay, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()

    async def _relay(self, reader, writer):
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            first = await reader.readexactly(len(_SSL_REQUEST))
            if first != _SSL_REQUEST:
                self.clear.append(first)
            elif self.certificate:
                writer.write(b"S")
                await self._pass_on(reader, writer)
            else:
                writer.write(b"N")
                self.clear.append(await reader.read(1))
        writer.close()

    async def _pass_on(self, reader, writer):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate)
        await writer.start_tls(context)
        self.handshakes += 1
        inward, outward = await asyncio.open_connection("127.0.0.1", self.target)
        with contextlib.closing(outward):
            await asyncio.gather(_pump(reader, outward), _pump(inward, writer))


async def _pump(reader, writer):
    try:
        with contextlib.suppress(OSError):
            while part := await reader.read(65_536):
                writer.write(part)
                await writer.drain()
    finally:
        writer.close()
