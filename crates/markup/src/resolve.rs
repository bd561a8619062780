//! Relative URLs.

use url::Url;

/// A URL attribute that leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a usable URL")]
pub struct ResolveError(String);

/// Resolves a URL attribute against the URL of the document it stands in (RFC 3986 §5).
///
/// `base` may be empty for a document that has no URL; then `reference` must be absolute. Blanks
/// around are dropped and blanks inside are encoded, as browsers do. The fragment is kept: Twilio's
/// connection overrides travel in it.
///
/// # Errors
/// Not a URL, or a scheme other than `http`, `https` and `sound` (a file of the account) that differs from the base's.
///
/// ```
/// let next = flexio_markup::resolve("https://app.test/voice/start?x=1", "menu.xml");
/// assert_eq!(next.unwrap(), "https://app.test/voice/menu.xml");
/// ```
pub fn resolve(base: &str, reference: &str) -> Result<String, ResolveError> {
    let base = Url::parse(base).ok();
    let url = join(base.as_ref(), reference)?;
    // A flow's own scheme may lead to itself: only the shell makes such a base.
    let same_scheme = base.is_some_and(|base| base.scheme() == url.scheme());
    if matches!(url.scheme(), "http" | "https" | "sound") || same_scheme {
        Ok(url.into())
    } else {
        Err(refused(reference))
    }
}

/// Resolves the URL of a media stream, which is `wss:` or `ws:`. `https:` and `http:` stand for them, so that a relative URL works.
///
/// # Errors
/// Not a URL, or of another scheme.
pub fn resolve_stream(base: &str, reference: &str) -> Result<String, ResolveError> {
    let mut url = join(Url::parse(base).ok().as_ref(), reference)?;
    let scheme = match url.scheme() {
        "wss" | "https" => "wss",
        "ws" | "http" => "ws",
        _ => return Err(refused(reference)),
    };
    url.set_scheme(scheme).map_err(|()| refused(reference))?;
    Ok(url.into())
}

fn join(base: Option<&Url>, reference: &str) -> Result<Url, ResolveError> {
    let reference = reference.trim();
    if reference.is_empty() {
        return Err(refused(reference));
    }
    Url::options().base_url(base).parse(reference).map_err(|_| refused(reference))
}

fn refused(reference: &str) -> ResolveError {
    ResolveError(reference.chars().take(200).collect())
}
