//! Whether a customer's URL may be saved. Where it leads is checked when it is fetched: names change.

use flexio_domain::{ErrorCode, HttpMethod, Webhook};
use url::Url;

use crate::error::{AppError, refuse};

/// Longest URL, in bytes.
pub const URL_BYTES_MAX: usize = 2_048;

/// A change of one webhook: its URL, its method, both or neither.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WebhookPatch {
    /// `Some(None)` clears it.
    pub url: Option<Option<String>>,
    /// A method without a URL changes the URL that is there.
    pub method: Option<HttpMethod>,
}

impl WebhookPatch {
    /// Applies it.
    pub fn apply(self, target: &mut Option<Webhook>) {
        match self.url {
            Some(None) => *target = None,
            Some(Some(url)) => {
                let method =
                    self.method.or(target.as_ref().map(|webhook| webhook.method)).unwrap_or_default();
                *target = Some(Webhook { url, method });
            }
            None => {
                if let (Some(webhook), Some(method)) = (target.as_mut(), self.method) {
                    webhook.method = method;
                }
            }
        }
    }
}

/// Accepts an absolute http or https URL with a host, without user information, of at most [`URL_BYTES_MAX`] visible ASCII bytes.
/// It is kept byte for byte, because signatures cover it. `code` is the error of the parameter it came in.
pub fn check_url(url: &str, code: ErrorCode) -> Result<(), AppError> {
    let bad = |why: &str| Err(refuse(code, format!("The URL {why}.")));
    if url.len() > URL_BYTES_MAX {
        return bad("is longer than 2048 bytes");
    }
    // CR and LF would split headers; other control characters, blanks and raw UTF-8 are read differently by different parsers.
    if !url.bytes().all(|b| b.is_ascii_graphic()) {
        return bad("has characters that must be percent-encoded");
    }
    let Ok(parsed) = Url::parse(url) else { return bad("is not absolute or not valid") };
    if !matches!(parsed.scheme(), "http" | "https") {
        return bad("is neither http nor https");
    }
    if parsed.host_str().is_none_or(str::is_empty) {
        return bad("has no host");
    }
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return bad("has user information");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_web_urls_are_saved() {
        let check = |url: &str| check_url(url, ErrorCode::UrlInvalid).is_ok();
        for good in ["http://a.test/", "https://a.test:8443/x?y=%0A#rc=2", "http://127.0.0.1:9/x"] {
            assert!(check(good), "{good}");
        }
        for bad in [
            "",
            "/relative",
            "a.test/x",
            "ftp://a.test/",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "http://",
            "http://u:p@a.test/",
            "http://u@a.test/",
            "http://a.test/\r\nX: y",
            "http://a.test/ x",
            "http://é.test/",
            "http://[::1",
        ] {
            assert!(!check(bad), "{bad:?}");
        }
        assert!(!check(&format!("http://a.test/{}", "x".repeat(2048))));
    }

    #[test]
    fn a_patch_changes_what_it_names() {
        let mut webhook = None;
        let url = |text: &str| Some(Some(text.to_owned()));
        WebhookPatch { url: None, method: Some(HttpMethod::Get) }.apply(&mut webhook);
        assert_eq!(webhook, None);
        WebhookPatch { url: url("http://a"), method: Some(HttpMethod::Get) }.apply(&mut webhook);
        WebhookPatch { url: url("http://b"), method: None }.apply(&mut webhook);
        assert_eq!(webhook, Some(Webhook { url: "http://b".to_owned(), method: HttpMethod::Get }));
        WebhookPatch { url: Some(None), method: None }.apply(&mut webhook);
        assert_eq!(webhook, None);
    }
}
