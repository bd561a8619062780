//! Lists of Twilio's later APIs (`/v2/…`): rows under one name, links to other pages in `meta`.
//!
//! The token of a page is the sid behind which it begins, so a page stays as it is while rows are added.

use flexio_domain::{ErrorCode, Timestamp};
use flexio_store::{Order, Page};

use crate::answer::Answer;
use crate::ask::Ask;
use crate::error::{Result, invalid};
use crate::write::Writer;

/// Rows of a page when nobody says otherwise.
const PAGE: u32 = 50;

/// `Page`, `PageSize`, `PageToken` of a request.
#[derive(Debug)]
pub(crate) struct MetaPage {
    pub(crate) query: Page,
    number: u32,
}

impl MetaPage {
    pub(crate) fn read(ask: &Ask<'_>) -> Result<Self> {
        let size = ask.params.whole("PageSize", 0..=u32::MAX, ErrorCode::InvalidParameter)?;
        let number = ask.params.whole("Page", 0..=u32::MAX, ErrorCode::InvalidParameter)?.unwrap_or(0);
        let token = ask.params.text("PageToken").map(|token| {
            let digits = token.strip_prefix("PA").unwrap_or_default();
            u128::from_str_radix(digits, 16).map_err(|_| invalid("PageToken", "is not one of ours"))
        });
        let limit = size.unwrap_or(PAGE).clamp(1, 1_000);
        Ok(Self { query: Page { after: token.transpose()?, skip: 0, limit, order: Order::Newest }, number })
    }

    /// The page of `rows`, each written by `view`; `cursor` is the number of a row's sid.
    pub(crate) fn answer<T>(
        &self,
        ask: &Ask<'_>,
        name: &str,
        rows: &[T],
        cursor: impl Fn(&T) -> u128,
        view: impl Fn(&mut Writer, &T),
    ) -> Answer {
        let size = self.query.limit;
        let base = format!("{}/{}?PageSize={size}", ask.shown().base, ask.path);
        // A full page may have another behind it.
        let last = rows.last().filter(|_| rows.len() >= size as usize);
        let next =
            last.map(|row| format!("{base}&Page={}&PageToken=PA{:032x}", self.number + 1, cursor(row)));
        let here = match self.query.after {
            Some(after) => format!("{base}&Page={}&PageToken=PA{after:032x}", self.number),
            None => format!("{base}&Page={}", self.number),
        };
        let body = Writer::new(ask.face, ask.format).bare_root(|w| {
            w.list(name, name, rows, view);
            w.object("meta", |w| {
                w.put("page", self.number);
                w.put("page_size", size);
                w.put("first_page_url", format!("{base}&Page=0"));
                w.put("previous_page_url", None::<String>);
                w.put("url", here);
                w.put("next_page_url", next);
                w.put("key", name);
            });
        });
        ask.answer(200, body)
    }
}

/// `2015-07-30T20:00:00Z`: without fractions, which some of the official libraries do not read.
pub(crate) fn iso(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
