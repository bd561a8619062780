//! Cookies of one call or one message conversation (RFC 6265, host-only).

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use url::Url;

/// Most cookies kept; the oldest goes first.
const COOKIES_MAX: usize = 50;
/// Longest name and value together, in bytes; longer cookies are ignored (RFC 6265 §6.1).
const COOKIE_BYTES_MAX: usize = 4_096;
/// Longest `Cookie` header sent; cookies that do not fit are left out.
const HEADER_BYTES_MAX: usize = 16 * 1024;
/// No cookie lives longer, whatever the server says.
const LIFETIME: SignedDuration = SignedDuration::from_hours(4);

/// Cookies an application set during one call or conversation. Never shared between calls.
///
/// A cookie goes back to the host that set it and to no other; `Domain` does not widen that. `Path`, `Secure`, `Max-Age` and `Expires`
/// are honoured. The jar can be serialised with the state of its call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CookieJar {
    cookies: Vec<Cookie>,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Cookie {
    host: String,
    path: String,
    name: String,
    value: String,
    secure: bool,
    expires: Timestamp,
}

impl std::fmt::Debug for Cookie {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The value is often a session secret.
        f.debug_struct("Cookie").field("host", &self.host).field("name", &self.name).finish_non_exhaustive()
    }
}

impl CookieJar {
    /// An empty jar.
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of cookies held, expired ones included until the next `store`.
    pub fn len(&self) -> usize {
        self.cookies.len()
    }

    /// Whether no cookie is held.
    pub fn is_empty(&self) -> bool {
        self.cookies.is_empty()
    }

    /// Takes one `Set-Cookie` value received from `url`. Unreadable, oversized and foreign cookies are ignored.
    pub fn store(&mut self, url: &Url, set_cookie: &str, now: Timestamp) {
        self.cookies.retain(|cookie| cookie.expires > now);
        let Some(cookie) = Cookie::parse(url, set_cookie, now) else { return };
        self.cookies.retain(|old| !old.replaces(&cookie));
        if cookie.expires <= now {
            return; // how a server deletes one
        }
        if self.cookies.len() == COOKIES_MAX {
            self.cookies.remove(0);
        }
        self.cookies.push(cookie);
    }

    /// Value of the `Cookie` header for `url`, longest path first (RFC 6265 §5.4).
    pub fn header(&self, url: &Url, now: Timestamp) -> Option<String> {
        let mut matching: Vec<&Cookie> =
            self.cookies.iter().filter(|cookie| cookie.matches(url, now)).collect();
        matching.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let mut header = String::new();
        for cookie in matching {
            if header.len() + cookie.name.len() + cookie.value.len() + 3 > HEADER_BYTES_MAX {
                continue;
            }
            if !header.is_empty() {
                header.push_str("; ");
            }
            header.push_str(&cookie.name);
            header.push('=');
            header.push_str(&cookie.value);
        }
        (!header.is_empty()).then_some(header)
    }
}

impl Cookie {
    fn parse(url: &Url, text: &str, now: Timestamp) -> Option<Self> {
        let host = url.host_str()?.to_owned();
        let mut parts = text.split(';').map(str::trim);
        let (name, value) = parts.next()?.split_once('=')?;
        let (name, value) = (name.trim(), value.trim());
        let is_sendable =
            |text: &str| text.bytes().all(|byte| byte >= 0x20 && byte != 0x7f && byte.is_ascii());
        if name.is_empty()
            || name.len() + value.len() > COOKIE_BYTES_MAX
            || !is_sendable(name)
            || !is_sendable(value)
        {
            return None;
        }
        let mut cookie = Self {
            host,
            path: default_path(url),
            name: name.to_owned(),
            value: value.to_owned(),
            secure: false,
            expires: now + LIFETIME,
        };
        let mut max_age = None;
        for part in parts {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            match key.trim().to_ascii_lowercase().as_str() {
                "secure" => cookie.secure = true,
                "path" if value.starts_with('/') && value.len() <= 1_024 => {
                    value.clone_into(&mut cookie.path);
                }
                "domain" if !is_own_domain(&cookie.host, value) => return None,
                "max-age" => max_age = value.trim().parse::<i64>().ok().or(max_age),
                "expires" => {
                    if let Ok(zoned) = jiff::fmt::rfc2822::parse(value.trim()) {
                        cookie.expires = zoned.timestamp().min(cookie.expires);
                    }
                }
                _ => {} // HttpOnly, SameSite and unknown attributes do not concern a client without scripts
            }
        }
        if let Some(seconds) = max_age {
            // Max-Age wins over Expires (RFC 6265 §5.3).
            cookie.expires = now + SignedDuration::from_secs(seconds.clamp(0, LIFETIME.as_secs()));
        }
        Some(cookie)
    }

    fn replaces(&self, other: &Self) -> bool {
        (&self.host, &self.path, &self.name) == (&other.host, &other.path, &other.name)
    }

    fn matches(&self, url: &Url, now: Timestamp) -> bool {
        let under_path = url
            .path()
            .strip_prefix(self.path.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || self.path.ends_with('/'));
        self.expires > now
            && under_path
            && url.host_str() == Some(self.host.as_str())
            && (!self.secure || url.scheme() == "https")
    }
}

/// Directory of the URL's path (RFC 6265 §5.1.4).
fn default_path(url: &Url) -> String {
    match url.path().rfind('/') {
        None | Some(0) => "/".to_owned(),
        Some(end) => url.path()[..end].to_owned(),
    }
}

/// Whether a server of `host` may name `domain`: itself or a parent of itself.
fn is_own_domain(host: &str, domain: &str) -> bool {
    let domain = domain.trim().trim_start_matches('.').to_ascii_lowercase();
    domain.is_empty() || host == domain || host.strip_suffix(&domain).is_some_and(|rest| rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn jar(url_text: &str, cookies: &[&str]) -> CookieJar {
        let mut jar = CookieJar::new();
        for cookie in cookies {
            jar.store(&url(url_text), cookie, NOW);
        }
        jar
    }

    #[test]
    fn a_cookie_returns_to_its_host_and_path_only() {
        let jar = jar("https://a.be/app/one", &["s=1; Path=/app", "t=2", "u=3; Domain=a.be; Path=/"]);
        let sent = |text: &str| jar.header(&url(text), NOW);
        assert_eq!(sent("https://a.be/app/x").as_deref(), Some("s=1; t=2; u=3"));
        assert_eq!(sent("https://a.be/apple").as_deref(), Some("u=3"));
        assert_eq!(sent("https://www.a.be/app/x"), None);
        assert_eq!(sent("https://a.be.evil.example/app"), None);
    }

    #[test]
    fn a_cookie_for_another_domain_is_ignored() {
        assert!(
            jar("https://a.be/", &["s=1; Domain=b.be", "s=1; Domain=x.a.be", "s=1; Domain=evila.be"])
                .is_empty()
        );
    }

    #[test]
    fn a_secure_cookie_stays_off_plain_http() {
        let jar = jar("https://a.be/", &["s=1; Secure; HttpOnly; SameSite=Lax"]);
        assert_eq!(jar.header(&url("http://a.be/"), NOW), None);
        assert_eq!(jar.header(&url("https://a.be/"), NOW).as_deref(), Some("s=1"));
    }

    #[test]
    fn cookies_end_at_their_age_and_after_four_hours_at_the_latest() {
        let jar = jar(
            "https://a.be/",
            &["a=1; Max-Age=60", "b=2; Max-Age=999999", "c=3; Expires=Thu, 01 Jan 1970 00:02:00 GMT"],
        );
        let after = |seconds| jar.header(&url("https://a.be/"), NOW + SignedDuration::from_secs(seconds));
        assert_eq!(after(59).as_deref(), Some("a=1; b=2; c=3"));
        assert_eq!(after(61).as_deref(), Some("b=2; c=3"));
        assert_eq!(after(121).as_deref(), Some("b=2"));
        assert_eq!(after(4 * 3600), None);
    }

    #[test]
    fn a_past_expiry_deletes_and_a_second_value_replaces() {
        let mut jar = jar("https://a.be/", &["a=1", "a=2"]);
        assert_eq!(jar.header(&url("https://a.be/"), NOW).as_deref(), Some("a=2"));
        jar.store(&url("https://a.be/"), "a=; Max-Age=0", NOW);
        assert!(jar.is_empty());
    }

    #[test]
    fn the_jar_is_bounded_in_number_size_and_header() {
        let many: Vec<String> = (0..80).map(|n| format!("c{n}={}", "x".repeat(1_000))).collect();
        let mut jar = jar("https://a.be/", &many.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(jar.len(), 50);
        assert!(jar.header(&url("https://a.be/"), NOW).unwrap().len() <= 16 * 1024);
        jar.store(&url("https://a.be/"), &format!("big={}", "x".repeat(4_096)), NOW);
        jar.store(&url("https://a.be/"), "bad=a\u{7f}b", NOW);
        jar.store(&url("https://a.be/"), "no-value", NOW);
        assert_eq!(jar.len(), 50);
        assert!(!jar.header(&url("https://a.be/"), NOW).unwrap().contains("big="));
    }
}
