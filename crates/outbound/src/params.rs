//! How parameters are laid out in a request, by dialect.

use std::borrow::Cow;

use flexio_domain::HttpMethod;
use url::Url;
use url::form_urlencoded::{Serializer, parse};

use crate::WireForm;

/// `application/x-www-form-urlencoded` text of `params`, in their order.
pub(crate) fn encode(params: &[(String, String)]) -> String {
    Serializer::new(String::new()).extend_pairs(params).finish()
}

/// The URL and form parameters of one request. GET has no form.
///
/// Restcomm puts the platform's parameters before the URL's own, so that a reader taking the first of two equal names sees the
/// platform's; Twilio appends. The URL's own query keeps its bytes either way, or signature checks at the receiver would fail.
pub(crate) fn lay_out<'p>(
    wire: WireForm,
    method: HttpMethod,
    url: &Url,
    params: &'p [(String, String)],
) -> (Url, Cow<'p, [(String, String)]>) {
    let own = url.query().filter(|query| !query.is_empty());
    match (method, own) {
        (HttpMethod::Get, _) if params.is_empty() => (url.clone(), Cow::Borrowed(&[])),
        (HttpMethod::Get, own) => {
            let ours = encode(params);
            let query = match own {
                None => ours,
                Some(own) if wire == WireForm::Twiml => format!("{own}&{ours}"),
                Some(own) => format!("{ours}&{own}"),
            };
            let mut url = url.clone();
            url.set_query(Some(&query));
            (url, Cow::Borrowed(&[]))
        }
        // The first Restcomm generation moved the URL's own parameters into the body; applications of that time read them there.
        (HttpMethod::Post, Some(own)) if wire == WireForm::RcmlG1 => {
            let copied = parse(own.as_bytes()).into_owned();
            (url.clone(), params.iter().cloned().chain(copied).collect::<Vec<_>>().into())
        }
        (HttpMethod::Post, _) => (url.clone(), Cow::Borrowed(params)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laid_out(wire: WireForm, method: HttpMethod) -> (String, String) {
        let url = Url::parse("https://e.be/a?x=%7E&From=own").unwrap();
        let params = [("From".to_owned(), "+32 2".to_owned())];
        let (url, form) = lay_out(wire, method, &url, &params);
        (url.into(), encode(&form))
    }

    #[test]
    fn each_dialect_places_the_urls_own_parameters_as_its_original_did() {
        let plain = "https://e.be/a?x=%7E&From=own".to_owned();
        assert_eq!(laid_out(WireForm::Rcml, HttpMethod::Get).0, "https://e.be/a?From=%2B32+2&x=%7E&From=own");
        assert_eq!(
            laid_out(WireForm::Twiml, HttpMethod::Get).0,
            "https://e.be/a?x=%7E&From=own&From=%2B32+2"
        );
        assert_eq!(laid_out(WireForm::Rcml, HttpMethod::Post), (plain.clone(), "From=%2B32+2".to_owned()));
        assert_eq!(laid_out(WireForm::Twiml, HttpMethod::Post), (plain.clone(), "From=%2B32+2".to_owned()));
        let copied = "From=%2B32+2&x=%7E&From=own".to_owned();
        assert_eq!(laid_out(WireForm::RcmlG1, HttpMethod::Post), (plain, copied));
    }
}
