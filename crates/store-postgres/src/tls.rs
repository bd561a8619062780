//! The wire to the server: what `sslmode` asks for, by rustls.
//!
//! `sslmode` and `sslrootcert` mean what they mean to libpq, and are read here: the driver knows neither checks nor roots.

use std::path::PathBuf;
use std::sync::Arc;

use tokio_postgres::Config;
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{
    CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature,
};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

use crate::OpenError;

/// How much of the server's certificate is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Check {
    /// Nothing: the wire is private against listeners, not against somebody in the middle.
    Nothing,
    /// That one of the authorities signed it.
    Authority,
    /// That, and that it is for this host.
    Full,
}

/// What the URL says of the wire.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    mode: SslMode,
    check: Check,
    /// PEM file of the only authorities believed; none: those of the operating system.
    roots: Option<PathBuf>,
}

/// Reads a connection URL: the driver's settings, and what makes its connections.
pub fn read(url: &str) -> Result<(Config, MakeRustlsConnect), OpenError> {
    let (rest, settings) = take_settings(url);
    let wanted = wanted(&settings)?;
    let mut config: Config = rest.parse().map_err(OpenError::Url)?;
    config.ssl_mode(wanted.mode);
    Ok((config, MakeRustlsConnect::new(client(&wanted)?)))
}

/// The URL without our settings, and those.
fn take_settings(url: &str) -> (String, Vec<(String, String)>) {
    let mut taken = Vec::new();
    if let Some((address, query)) = url.split_once('?').filter(|(address, _)| address.contains("://")) {
        let mut kept = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=').filter(|(name, _)| OURS.contains(name)) {
                Some((name, value)) => taken.push((name.to_owned(), decoded(value))),
                None => kept.push(pair),
            }
        }
        let separator = if kept.is_empty() { "" } else { "?" };
        return (format!("{address}{separator}{}", kept.join("&")), taken);
    }
    let mut kept = Vec::new();
    for word in words(url) {
        match word.split_once('=').filter(|(name, _)| OURS.contains(name)) {
            Some((name, value)) => taken.push((name.to_owned(), value.trim_matches('\'').to_owned())),
            None => kept.push(word),
        }
    }
    (kept.join(" "), taken)
}

const OURS: [&str; 2] = ["sslmode", "sslrootcert"];

/// The `name=value` words; a value in quotes may hold spaces, and a quote behind a backslash.
fn words(text: &str) -> Vec<&str> {
    let (mut words, mut start) = (Vec::new(), 0);
    let (mut is_quoted, mut is_escaped) = (false, false);
    for (at, character) in text.char_indices() {
        if !is_escaped && character == '\'' {
            is_quoted = !is_quoted;
        }
        is_escaped = !is_escaped && character == '\\';
        if !is_quoted && character.is_whitespace() {
            words.push(&text[start..at]);
            start = at + character.len_utf8();
        }
    }
    words.push(&text[start..]);
    words.retain(|word| !word.is_empty());
    words
}

/// Percent-decoding (RFC 3986 §2.1); what is not a code stays.
fn decoded(text: &str) -> String {
    let (bytes, mut out, mut at) = (text.as_bytes(), Vec::new(), 0);
    while at < bytes.len() {
        let code = text.get(at + 1..at + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match code.filter(|_| bytes[at] == b'%') {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn wanted(settings: &[(String, String)]) -> Result<Wanted, OpenError> {
    let last = |name| settings.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    // libpq: with roots of one's own, `require` checks against them.
    let roots = last("sslrootcert").filter(|file| *file != "system").map(PathBuf::from);
    let encrypted = if roots.is_some() { Check::Authority } else { Check::Nothing };
    let (mode, check) = match last("sslmode").unwrap_or("prefer") {
        "disable" => (SslMode::Disable, Check::Nothing),
        "prefer" => (SslMode::Prefer, Check::Nothing),
        "require" => (SslMode::Require, encrypted),
        "verify-ca" => (SslMode::Require, Check::Authority),
        "verify-full" => (SslMode::Require, Check::Full),
        other => return Err(OpenError::SslMode(other.to_owned())),
    };
    Ok(Wanted { mode, check, roots })
}

fn client(wanted: &Wanted) -> Result<ClientConfig, OpenError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(OpenError::Tls)?;
    if wanted.check == Check::Nothing {
        let verifier = Arc::new(Lenient { authority: None, provider });
        return Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth());
    }
    let mut roots = RootCertStore::empty();
    match &wanted.roots {
        Some(file) => {
            let read = |error| OpenError::Roots(file.clone(), error);
            for certificate in CertificateDer::pem_file_iter(file).map_err(read)? {
                roots.add(certificate.map_err(read)?).map_err(OpenError::Tls)?;
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    if wanted.check == Check::Full {
        return Ok(builder.with_root_certificates(roots).with_no_client_auth());
    }
    let authority = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
        .build()
        .map_err(|error| OpenError::Tls(Error::General(error.to_string())))?;
    let verifier = Arc::new(Lenient { authority: Some(authority), provider });
    Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

/// Checks less of a certificate than rustls would: whom it is for not at all, and who signed it where there is an authority. That the
/// server holds its key is always checked.
#[derive(Debug)]
struct Lenient {
    authority: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(authority) = &self.authority else { return Ok(ServerCertVerified::assertion()) };
        match authority.verify_server_cert(certificate, chain, name, ocsp, now) {
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            outcome => outcome,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_settings_are_taken_out_of_both_forms_and_the_rest_stays() {
        for (url, rest, settings) in [
            ("postgres://u:p@h/db", "postgres://u:p@h/db", &[][..]),
            ("postgres://h/db?sslmode=require", "postgres://h/db", &[("sslmode", "require")]),
            (
                "postgres://h/db?a=b&sslrootcert=%2Fetc%2Fca.pem&c=d",
                "postgres://h/db?a=b&c=d",
                &[("sslrootcert", "/etc/ca.pem")],
            ),
            ("host=/run user=x sslmode=disable", "host=/run user=x", &[("sslmode", "disable")]),
            (
                r"host=h password='a sslmode=b \' c' sslmode='verify-full'",
                r"host=h password='a sslmode=b \' c'",
                &[("sslmode", "verify-full")],
            ),
        ] {
            let (left, taken) = take_settings(url);
            let expected: Vec<_> =
                settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            assert_eq!((left.as_str(), taken), (rest, expected), "{url}");
        }
    }

    #[test]
    fn a_mode_means_what_it_means_to_libpq() {
        for (mode, roots, expected) in [
            ("disable", "", (SslMode::Disable, Check::Nothing)),
            ("prefer", "", (SslMode::Prefer, Check::Nothing)),
            ("require", "", (SslMode::Require, Check::Nothing)),
            ("require", "/ca.pem", (SslMode::Require, Check::Authority)),
            ("verify-ca", "", (SslMode::Require, Check::Authority)),
            ("verify-full", "system", (SslMode::Require, Check::Full)),
        ] {
            let mut settings = vec![("sslmode".to_owned(), mode.to_owned())];
            if !roots.is_empty() {
                settings.push(("sslrootcert".to_owned(), roots.to_owned()));
            }
            let wanted = wanted(&settings).unwrap();
            assert_eq!((wanted.mode, wanted.check), expected, "{mode} {roots}");
        }
        assert_eq!(wanted(&[]).unwrap().mode, SslMode::Prefer);
        assert!(matches!(read("postgres://h/db?sslmode=verify"), Err(OpenError::SslMode(_))));
    }
}
