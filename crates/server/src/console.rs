//! The web console's files, served under `/console/`: built by `scripts/setup`, embedded here, compressed beforehand.

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;

/// Where the console is.
pub(crate) const PATH: &str = "/console/";

/// What a page of the console may do: nothing from elsewhere, no script in a page. Styles are set by its components at run time.
/// `wss:` is the softphone's, whose SIP gateway may have another name.
const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     media-src 'self' blob:; connect-src 'self' ws: wss:; object-src 'none'; base-uri 'none'; form-action 'self'; \
     frame-ancestors 'none'";

#[cfg(not(feature = "no-console"))]
#[derive(rust_embed::RustEmbed)]
#[folder = "ui/"]
struct Files;

#[cfg(feature = "no-console")]
struct Files;

#[cfg(feature = "no-console")]
impl Files {
    fn get(_: &str) -> Option<rust_embed::EmbeddedFile> {
        None
    }
}

/// The routes of the console.
pub(crate) fn router() -> Router {
    Router::new()
        .route("/console", get(|| async { Redirect::permanent(PATH) }))
        .route("/console/", get(|headers: HeaderMap| async move { file("index.html", &headers) }))
        .route("/console/{*path}", get(asked))
}

/// Browsers that came by HTTPS once come by nothing else for a year (RFC 6797), where that is how customers reach us.
pub(crate) fn guarded(router: Router, public_url: &str) -> Router {
    if !public_url.starts_with("https://") {
        return router;
    }
    router.layer(axum::middleware::map_response(|mut response: Response| async move {
        let year = HeaderValue::from_static("max-age=31536000");
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, year);
        response
    }))
}

async fn asked(Path(path): Path<String>, headers: HeaderMap) -> Response {
    if Files::get(&path).is_some() {
        return file(&path, &headers);
    }
    // A page of the application is found by its own router; a file that is missing is missing.
    let name = path.rsplit('/').next().unwrap_or("");
    if path.starts_with("assets/") || name.contains('.') {
        return dressed(StatusCode::NOT_FOUND.into_response());
    }
    file("index.html", &headers)
}

/// One file, in the smallest form the browser takes.
fn file(path: &str, asked: &HeaderMap) -> Response {
    let accepts = asked.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or("");
    let takes =
        |coding: &str| accepts.split(',').any(|one| one.split(';').next().unwrap_or("").trim() == coding);
    let forms = [("br", ".br"), ("gzip", ".gz")];
    let packed = forms
        .iter()
        .filter(|(coding, _)| takes(coding))
        .find_map(|(coding, suffix)| Some((Some(*coding), Files::get(&format!("{path}{suffix}"))?)));
    let Some((coding, found)) = packed.or_else(|| Some((None, Files::get(path)?))) else {
        return dressed(StatusCode::NOT_FOUND.into_response());
    };
    let mut tag = String::from("\"");
    for byte in &found.metadata.sha256_hash()[..16] {
        tag.push_str(&format!("{byte:02x}"));
    }
    tag.push('"');
    let known = asked.get(header::IF_NONE_MATCH).is_some_and(|value| value.as_bytes() == tag.as_bytes());
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Response::new(Body::from(found.data.into_owned()))
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(path)));
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if let Some(coding) = coding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    // Files under `assets/` carry a digest of their content in their names.
    let cached = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cached));
    dressed(response)
}

fn dressed(mut response: Response) -> Response {
    let headers = response.headers_mut();
    let value = HeaderValue::from_static;
    headers.insert(header::CONTENT_SECURITY_POLICY, value(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, value("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, value("DENY"));
    headers.insert(header::REFERRER_POLICY, value("no-referrer"));
    headers.insert(HeaderName::from_static("cross-origin-opener-policy"), value("same-origin"));
    headers.insert(
        HeaderName::from_static("permissions-policy"),
        value("microphone=(self), camera=(), geolocation=()"),
    );
    response
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or("") {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "json" => "application/json",
        "woff2" => "font/woff2",
        "png" => "image/png",
        "wav" => "audio/wav",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
#[cfg(not(feature = "no-console"))]
mod tests {
    use super::*;

    async fn get(path: &str, coding: &str) -> Response {
        let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, coding.parse().unwrap())]);
        asked(Path(path.to_owned()), headers).await
    }

    #[tokio::test]
    async fn a_page_of_the_application_is_the_index_and_a_missing_file_is_missing() {
        for (path, status) in
            [("numbers", 200), ("flows/FW1", 200), ("assets/none.js", 404), ("none.js", 404)]
        {
            assert_eq!(get(path, "").await.status().as_u16(), status, "{path}");
        }
    }

    #[tokio::test]
    async fn files_with_a_digest_are_kept_for_a_year_and_sent_compressed() {
        let script =
            Files::iter().find(|file| file.starts_with("assets/index") && file.ends_with(".js")).unwrap();
        let response = get(&script, "gzip, br").await;
        let headers = response.headers();
        assert_eq!(headers[header::CONTENT_ENCODING], "br");
        assert_eq!(headers[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
        let page = get("", "").await;
        assert_eq!(page.headers()[header::CACHE_CONTROL], "no-cache");
        assert!(
            page.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().contains("script-src 'self';")
        );
    }
}
