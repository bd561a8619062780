//! A URL that passed the checks, split from the credentials written in it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use url::{Host, Url};

use crate::address::AddressPolicy;
use crate::{FetchError, OutboundConfig};

/// Longest URL taken from a user, in bytes.
const URL_BYTES_MAX: usize = 4_096;

/// What a URL must satisfy before it is requested. Names are checked again, by address, when they are resolved.
#[derive(Debug, Clone)]
pub(crate) struct TargetPolicy {
    addresses: AddressPolicy,
    https_only: bool,
    low_ports: Vec<u16>,
}

/// A checked URL without user-info and fragment, and the `Authorization` its user-info asked for.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) url: Url,
    /// Marked sensitive, so that it never prints.
    pub(crate) authorization: Option<HeaderValue>,
}

impl TargetPolicy {
    pub(crate) fn new(config: &OutboundConfig) -> Self {
        Self {
            addresses: AddressPolicy::new(config),
            https_only: config.https_only,
            low_ports: config.low_ports.clone(),
        }
    }

    /// The rule for addresses alone, for the resolver.
    pub(crate) fn addresses(&self) -> &AddressPolicy {
        &self.addresses
    }

    /// Checks a URL as a user wrote it.
    pub(crate) fn check(&self, text: &str) -> Result<Target, FetchError> {
        if text.len() > URL_BYTES_MAX {
            return Err(FetchError::BadUrl("it is longer than 4096 bytes"));
        }
        let url = Url::parse(text.trim()).map_err(|_| FetchError::BadUrl("it cannot be read"))?;
        self.check_url(url)
    }

    /// Checks where a redirect leads. User-info in it is dropped: a server does not choose our credentials.
    pub(crate) fn check_redirect(&self, from: &Url, location: &str) -> Result<Target, FetchError> {
        if location.len() > URL_BYTES_MAX {
            return Err(FetchError::BadUrl("a redirect leads to more than 4096 bytes"));
        }
        let url = from.join(location).map_err(|_| FetchError::BadUrl("a redirect leads to no URL"))?;
        Ok(Target { authorization: None, ..self.check_url(url)? })
    }

    fn check_url(&self, mut url: Url) -> Result<Target, FetchError> {
        match url.scheme() {
            "https" => {}
            "http" if !self.https_only => {}
            _ => return Err(FetchError::NotAllowed),
        }
        // The parser has brought decimal, octal, hexadecimal and short forms of IPv4 to one address already.
        let literal = match url.host() {
            None => return Err(FetchError::BadUrl("it has no host")),
            Some(Host::Ipv4(address)) => Some(address.into()),
            Some(Host::Ipv6(address)) => Some(address.into()),
            Some(Host::Domain(name)) => name.trim_end_matches('.').parse().ok(),
        };
        let port = url.port_or_known_default().unwrap_or(0);
        let is_port_allowed = port >= 1_024 || self.low_ports.contains(&port);
        if !is_port_allowed || literal.is_some_and(|address| !self.addresses.permits(address)) {
            tracing::warn!(host = url.host_str(), port, "outbound target refused");
            return Err(FetchError::NotAllowed);
        }
        let authorization = basic_authorization(&url)?;
        let cleared = url.set_username("").and_then(|()| url.set_password(None));
        cleared.map_err(|()| FetchError::BadUrl("its user-info cannot be read"))?;
        url.set_fragment(None);
        Ok(Target { url, authorization })
    }
}

impl Target {
    /// The key requests are counted by: host and port.
    pub(crate) fn host_key(&self) -> String {
        format!(
            "{}:{}",
            self.url.host_str().unwrap_or_default(),
            self.url.port_or_known_default().unwrap_or(0)
        )
    }
}

/// Whether secrets meant for `first` may go to `next`: same host and port, or the same host moving from plain HTTP to HTTPS.
pub(crate) fn keeps_secrets(first: &Url, next: &Url) -> bool {
    let parts = |url: &Url| (url.scheme().to_owned(), url.port_or_known_default());
    let is_upgrade =
        parts(first) == ("http".to_owned(), Some(80)) && parts(next) == ("https".to_owned(), Some(443));
    first.host() == next.host() && (parts(first) == parts(next) || is_upgrade)
}

/// RFC 7617 credentials from the user-info, percent-decoded.
fn basic_authorization(url: &Url) -> Result<Option<HeaderValue>, FetchError> {
    if url.username().is_empty() && url.password().is_none() {
        return Ok(None);
    }
    let decode = |text: &str| percent_encoding::percent_decode_str(text).collect::<Vec<u8>>();
    let mut pair = decode(url.username());
    if pair.contains(&b':') {
        return Err(FetchError::BadUrl("its user name contains a colon"));
    }
    pair.push(b':');
    pair.extend(decode(url.password().unwrap_or_default()));
    let mut value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(pair)))
        .map_err(|_| FetchError::BadUrl("its user-info cannot be sent"))?;
    value.set_sensitive(true);
    Ok(Some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> TargetPolicy {
        TargetPolicy::new(&OutboundConfig::default())
    }

    #[test]
    fn user_info_leaves_the_url_and_becomes_basic_authorization() {
        let target = policy().check("https://Aladdin:open%20sesame@example.com/a?b=c#frag").unwrap();
        assert_eq!(target.url.as_str(), "https://example.com/a?b=c");
        assert_eq!(target.authorization.clone().unwrap(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert!(!format!("{target:?}").contains("QWxh"));
    }

    #[test]
    fn ports_and_schemes_outside_the_rule_are_refused() {
        for url in [
            "http://example.com:22/",
            "https://example.com:1023/",
            "http://example.com:0/",
            "ftp://example.com/",
        ] {
            assert_eq!(policy().check(url).unwrap_err(), FetchError::NotAllowed, "{url}");
        }
        for url in [
            "http://example.com/",
            "https://example.com:443/",
            "http://example.com:1024/",
            "https://example.com:8443/",
        ] {
            assert!(policy().check(url).is_ok(), "{url}");
        }
        let strict = TargetPolicy::new(&OutboundConfig { https_only: true, ..OutboundConfig::default() });
        assert_eq!(strict.check("http://example.com/").unwrap_err(), FetchError::NotAllowed);
    }

    #[test]
    fn the_query_stays_as_it_was_written() {
        let url = "https://example.com/a?x=%7E~&y=a+b&z[]=1|2&e=";
        assert_eq!(policy().check(url).unwrap().url.as_str(), url);
    }

    #[test]
    fn a_redirect_keeps_secrets_on_its_host_only() {
        let url = |text: &str| Url::parse(text).unwrap();
        let first = url("https://example.com/a");
        assert!(keeps_secrets(&first, &url("https://example.com/b?c")));
        for other in [
            "https://www.example.com/",
            "http://example.com/",
            "https://example.com:8443/",
            "https://example.org/",
        ] {
            assert!(!keeps_secrets(&first, &url(other)), "{other}");
        }
        assert!(keeps_secrets(&url("http://example.com/"), &url("https://example.com/")));
    }

    #[test]
    fn a_redirect_cannot_give_us_credentials() {
        let from = Url::parse("https://example.com/a").unwrap();
        let target = policy().check_redirect(&from, "https://u:p@example.com/b").unwrap();
        assert!(target.authorization.is_none());
        assert_eq!(target.url.as_str(), "https://example.com/b");
    }
}
