"""Whether a certificate and its key can be read, asked of OpenSSL: a sentence, empty when all is well."""

import ssl
from pathlib import Path

from registry.settings.kinds import Secret


def certificate_problem(file: Path) -> str:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(file)
    except ssl.SSLError:
        return "there is no certificate in it, in PEM."
    except OSError as error:
        return f"it cannot be read: {error.strerror}."
    return ""


def key_problem(certificate: Path, file: Path, password: Secret | None) -> str:
    """OpenSSL says "PEM lib" to nearly all that may be wrong."""
    given = password.text if password else ""  # at None, OpenSSL would ask at the terminal
    try:
        is_encrypted = b"ENCRYPTED" in file.read_bytes()
    except OSError as error:
        return f"it cannot be read: {error.strerror}."
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(certificate, file, given)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            return f"it belongs to another certificate than {certificate}."
        if is_encrypted:
            return "kafka_tls_key_password does not open it." if given else "it needs kafka_tls_key_password."
        return "there is no private key in it, in PEM; if it is in another file, kafka_tls_key says where."
    return ""
