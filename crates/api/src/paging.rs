//! Lists: envelopes, links and order in both faces.
//!
//! Pages are found by key: a link carries the sid at the edge of the page it comes from, so rows added meanwhile move nothing. A page
//! asked for by number alone is found by stepping over rows, up to 100 000.

use std::cmp::Ordering;

use flexio_domain::ErrorCode;
use flexio_store::{Order, Page};

use crate::answer::Answer;
use crate::ask::Ask;
use crate::dialect::{Face, Format};
use crate::error::{Result, invalid, refuse};
use crate::route::is_later;
use crate::write::{Writer, push_xml_text};

/// Rows of a page, by default and at most.
const PAGE_SIZE: u32 = 50;
const PAGE_SIZE_MAX: u32 = 1_000;
/// Rows that can be stepped over.
const SKIP_MAX: u32 = 100_000;
/// Rows that can be sorted by something else than their creation: they are read whole.
const SORT_MAX: u32 = 1_000;

/// A value rows are sorted by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SortKey {
    Text(String),
    Number(i64),
}

impl SortKey {
    pub(crate) fn count(value: u64) -> Self {
        Self::Number(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl From<String> for SortKey {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for SortKey {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// A resource that comes in pages.
pub(crate) trait Listed: Sized + Sync {
    /// JSON member of the list: Twilio's, and the classic API's.
    const MEMBERS: (&'static str, &'static str);
    /// XML elements of the list and of a row.
    const ELEMENTS: (&'static str, &'static str);
    /// What the classic API's `SortBy` may name, besides `DateCreated`.
    const SORTABLE: &'static [&'static str] = &[];

    /// The sid as its number.
    fn cursor(&self) -> u128;

    /// The value of an attribute of [`Listed::SORTABLE`].
    fn sort_key(&self, attribute: &str) -> Option<SortKey> {
        let _ = attribute;
        None
    }
}

/// Which page was asked for.
#[derive(Debug, Clone)]
pub(crate) struct Paged {
    /// Number, from 0.
    page: u32,
    size: u32,
    after: Option<u128>,
    /// The rows *before* a key: the link back.
    backward: bool,
    order: Order,
    /// Sorted by this attribute, descending if true; found by reading all rows.
    sorted: Option<(&'static str, bool)>,
}

impl Paged {
    /// Reads `Page`, `PageSize`, `PageToken` (Twilio), `AfterSid`, `SortBy` and `Reverse` (native).
    pub(crate) fn read<T: Listed>(ask: &Ask<'_>) -> Result<Self> {
        Self::read_with(ask, PAGE_SIZE, T::SORTABLE)
    }

    /// As [`Paged::read`], for lists that come whole in the classic API: its page is as large as pages get.
    pub(crate) fn whole<T: Listed>(ask: &Ask<'_>) -> Result<Self> {
        let size = if ask.face == Face::Native { PAGE_SIZE_MAX } else { PAGE_SIZE };
        Self::read_with(ask, size, T::SORTABLE)
    }

    /// Rows of the page, at most.
    pub(crate) const fn size(&self) -> u32 {
        self.size
    }

    /// Nothing lies before this page.
    pub(crate) const fn is_first(&self) -> bool {
        self.page == 0 && self.after.is_none()
    }

    fn read_with(ask: &Ask<'_>, size: u32, sortable: &[&'static str]) -> Result<Self> {
        let number = |name, max| ask.params.whole(name, 0..=max, ErrorCode::InvalidParameter);
        let mut paged = Self {
            page: number("Page", u32::MAX)?.unwrap_or(0),
            // Beyond the limits the nearest is taken, as both platforms do.
            size: number("PageSize", u32::MAX)?.unwrap_or(size).clamp(1, PAGE_SIZE_MAX),
            after: None,
            backward: false,
            order: Order::Newest,
            sorted: None,
        };
        match ask.face {
            Face::Twilio => {
                if let Some(token) = ask.params.text("PageToken") {
                    let (backward, key) =
                        token_key(token).ok_or_else(|| invalid("PageToken", "is not one of ours"))?;
                    paged.after = Some(key);
                    paged.backward = backward;
                }
            }
            Face::Native => {
                if let Some(sid) = ask.params.text("AfterSid") {
                    let key =
                        sid.get(2..).and_then(hex_key).ok_or_else(|| invalid("AfterSid", "is not a sid"))?;
                    paged.after = Some(key);
                }
                paged.read_order(ask, sortable)?;
            }
        }
        if paged.after.is_none() && paged.skip() > SKIP_MAX {
            return Err(invalid("Page", "is beyond 100000 rows: follow the links, or filter by date"));
        }
        Ok(paged)
    }

    fn read_order(&mut self, ask: &Ask<'_>, sortable: &[&'static str]) -> Result<()> {
        if let Some(reverse) = ask.params.boolean("Reverse")? {
            self.order = if reverse { Order::Newest } else { Order::Oldest };
        }
        let Some(sort) = ask.params.text("SortBy") else { return Ok(()) };
        let (attribute, direction) = sort.split_once(':').unwrap_or((sort, "asc"));
        let descending = match direction {
            "asc" => false,
            "desc" => true,
            _ => return Err(ErrorCode::SortInvalid.into()),
        };
        if attribute == "DateCreated" {
            self.order = if descending { Order::Newest } else { Order::Oldest };
            return Ok(());
        }
        let known = sortable.iter().find(|name| **name == attribute);
        self.sorted = Some((known.ok_or(ErrorCode::SortInvalid)?, descending));
        Ok(())
    }

    const fn skip(&self) -> u32 {
        self.page.saturating_mul(self.size)
    }

    /// The question for the store: one row more than is shown tells whether there is a next page.
    pub(crate) const fn query(&self) -> Page {
        if self.sorted.is_some() {
            return Page { after: None, skip: 0, limit: SORT_MAX, order: Order::Newest };
        }
        let order = match (self.order, self.backward) {
            (order, false) => order,
            (Order::Newest, true) => Order::Oldest,
            (Order::Oldest, true) => Order::Newest,
        };
        let skip = if self.after.is_some() { 0 } else { self.skip() };
        // The store takes at most 1000: a full page of the largest size then has a next link that may lead to an empty page.
        let limit = if self.size < PAGE_SIZE_MAX { self.size + 1 } else { self.size };
        Page { after: self.after, skip, limit, order }
    }

    /// Cuts what the store answered to the page, in the order shown. The flag says whether more rows follow.
    pub(crate) fn cut<T: Listed>(&self, mut rows: Vec<T>, total: Option<u64>) -> Result<(Vec<T>, bool)> {
        let size = self.size as usize;
        if let Some((attribute, descending)) = self.sorted {
            if total.is_some_and(|total| total > u64::from(SORT_MAX)) {
                let why = format!(
                    "Only lists of at most {SORT_MAX} rows can be sorted by {attribute}: filter first."
                );
                return Err(refuse(ErrorCode::SortInvalid, why));
            }
            rows.sort_by(|a, b| {
                let order = a.sort_key(attribute).cmp(&b.sort_key(attribute));
                let order = if descending { order.reverse() } else { order };
                if order == Ordering::Equal { b.cursor().cmp(&a.cursor()) } else { order }
            });
            let skip = self.skip() as usize;
            let more = rows.len() > skip.saturating_add(size);
            return Ok((rows.into_iter().skip(skip).take(size).collect(), more));
        }
        let more = rows.len() > size || (size == PAGE_SIZE_MAX as usize && rows.len() == size);
        rows.truncate(size);
        if self.backward {
            rows.reverse();
        }
        // A page reached backward came from its next page.
        Ok((rows, more || self.backward))
    }
}

fn token_key(token: &str) -> Option<(bool, u128)> {
    let (kind, digits) = token.split_at_checked(2)?;
    let backward = match kind {
        "PA" => false,
        "PB" => true,
        _ => return None,
    };
    hex_key(digits).map(|key| (backward, key))
}

fn hex_key(digits: &str) -> Option<u128> {
    let well_formed = digits.len() == 32 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    well_formed.then(|| u128::from_str_radix(digits, 16).ok()).flatten()
}

impl Ask<'_> {
    /// A page in the envelope of the face. `total` is asked for natively only.
    pub(crate) fn page<T: Listed>(
        &self,
        paged: &Paged,
        rows: Vec<T>,
        total: Option<u64>,
        each: impl Fn(&mut Writer, &T),
    ) -> Result<Answer> {
        let (rows, more) = paged.cut(rows, total)?;
        let body = match self.face {
            Face::Twilio => self.twilio_page(paged, &rows, more, &each),
            Face::Native => self.native_page(paged, &rows, total.unwrap_or(0), more, &each),
        };
        Ok(self.answer(200, body))
    }

    /// A list without an envelope in the classic API, a page in Twilio's.
    pub(crate) fn bare<T: Listed>(
        &self,
        paged: &Paged,
        rows: Vec<T>,
        each: impl Fn(&mut Writer, &T),
    ) -> Result<Answer> {
        if self.face == Face::Twilio {
            return self.page(paged, rows, None, each);
        }
        let (rows, _) = paged.cut(rows, None)?;
        let writer = Writer::new(self.face, self.format);
        Ok(self.answer(200, writer.root_array(T::ELEMENTS.0, T::ELEMENTS.1, &rows, each)))
    }

    /// A page of rows that are all here already, found by its number, in Twilio's envelope.
    pub(crate) fn numbered_page<T: Listed>(
        &self,
        rows: Vec<T>,
        each: impl Fn(&mut Writer, &T),
    ) -> Result<Answer> {
        let paged = Paged::read_with(self, PAGE_SIZE, &[])?;
        let skip = paged.skip() as usize;
        let more = rows.len() > skip.saturating_add(paged.size as usize);
        let rows: Vec<T> = rows.into_iter().skip(skip).take(paged.size as usize).collect();
        Ok(self.answer(200, self.twilio_page(&paged, &rows, more, &each)))
    }

    /// Links to the page behind and the page before.
    fn neighbours<T: Listed>(
        &self,
        paged: &Paged,
        rows: &[T],
        more: bool,
    ) -> (Option<String>, Option<String>) {
        let link = |page: u32, kind: &str, row: &T| {
            let key = Some(row.cursor()).filter(|key| *key != 0);
            self.link(paged, page, key.map(|key| ("PageToken", format!("{kind}{key:032x}"))))
        };
        let next = rows.last().filter(|_| more).map(|row| link(paged.page.saturating_add(1), "PA", row));
        let previous = rows.first().filter(|_| paged.page > 0).map(|row| link(paged.page - 1, "PB", row));
        (next, previous)
    }

    fn twilio_page<T: Listed>(
        &self,
        paged: &Paged,
        rows: &[T],
        more: bool,
        each: &impl Fn(&mut Writer, &T),
    ) -> String {
        let (next, previous) = self.neighbours(paged, rows, more);
        if is_later(self.path) {
            return self.later_page(paged, rows, (next, previous), each);
        }
        let start = u64::from(paged.skip());
        let end = start + (rows.len() as u64).saturating_sub(1);
        let envelope: Vec<(&str, crate::write::Scalar<'_>)> = vec![
            ("page", paged.page.into()),
            ("page_size", paged.size.into()),
            ("start", i64::try_from(start).unwrap_or(i64::MAX).into()),
            ("end", i64::try_from(end).unwrap_or(i64::MAX).into()),
            ("uri", self.this_uri().into()),
            ("first_page_uri", self.link(paged, 0, None).into()),
            ("next_page_uri", next.into()),
            ("previous_page_uri", previous.into()),
        ];
        self.enveloped::<T>(T::MEMBERS.0, &envelope, rows, each)
    }

    /// The envelope of Twilio's later APIs: rows under one name, links in `meta`. Always JSON.
    fn later_page<T: Listed>(
        &self,
        paged: &Paged,
        rows: &[T],
        (next, previous): (Option<String>, Option<String>),
        each: &impl Fn(&mut Writer, &T),
    ) -> String {
        Writer::new(self.face, self.format).bare_root(|w| {
            w.list(T::MEMBERS.0, T::ELEMENTS.1, rows, each);
            w.object("meta", |w| {
                w.put("page", paged.page);
                w.put("page_size", paged.size);
                w.put("first_page_url", self.link(paged, 0, None));
                w.put("previous_page_url", previous);
                w.put("url", self.this_uri());
                w.put("next_page_url", next);
                w.put("key", T::MEMBERS.0);
            });
        })
    }

    fn native_page<T: Listed>(
        &self,
        paged: &Paged,
        rows: &[T],
        total: u64,
        more: bool,
        each: &impl Fn(&mut Writer, &T),
    ) -> String {
        let start = u64::from(paged.skip());
        let end = start + (rows.len() as u64).saturating_sub(1);
        let size = u64::from(paged.size);
        let link =
            |page: u32, after: Option<String>| self.link(paged, page, after.map(|sid| ("AfterSid", sid)));
        let by_key = paged.sorted.is_none();
        let next = rows.last().filter(|_| more).map(|row| {
            let after = by_key.then(|| format!("{}{:032x}", self.prefix_of::<T>(), row.cursor()));
            link(paged.page.saturating_add(1), after)
        });
        let previous = (paged.page > 0).then(|| link(paged.page - 1, None));
        let last = u32::try_from(total.saturating_sub(1) / size).unwrap_or(u32::MAX);
        let envelope: Vec<(&str, crate::write::Scalar<'_>)> = vec![
            ("page", paged.page.into()),
            ("num_pages", i64::try_from(total / size).unwrap_or(i64::MAX).into()),
            ("page_size", paged.size.into()),
            ("total", i64::try_from(total).unwrap_or(i64::MAX).into()),
            // Texts, as in the original.
            ("start", start.to_string().into()),
            ("end", end.to_string().into()),
            ("uri", self.this_uri().into()),
            ("first_page_uri", link(0, None).into()),
            ("previous_page_uri", previous.into()),
            ("next_page_uri", next.into()),
            ("last_page_uri", link(last, None).into()),
        ];
        self.enveloped::<T>(T::MEMBERS.1, &envelope, rows, each)
    }

    fn enveloped<T: Listed>(
        &self,
        member: &str,
        envelope: &[(&str, crate::write::Scalar<'_>)],
        rows: &[T],
        each: &impl Fn(&mut Writer, &T),
    ) -> String {
        let writer = Writer::new(self.face, self.format);
        writer.bare_root(|w| match self.format {
            Format::Json => {
                for (name, value) in envelope {
                    w.put(name, value.clone());
                }
                w.list(member, T::ELEMENTS.1, rows, each);
            }
            Format::Xml => {
                let attributes = xml_attributes(envelope);
                w.element(T::ELEMENTS.0, &attributes, |w| w.items(T::ELEMENTS.1, rows, each));
            }
        })
    }

    /// The two letters before the digits do not matter to us; they are for people.
    fn prefix_of<T: Listed>(&self) -> &'static str {
        let _ = self;
        match T::ELEMENTS.1 {
            "Call" => "CA",
            "SMSMessage" | "Message" => "SM",
            "Recording" => "RE",
            "Conference" => "CF",
            "Queue" => "QU",
            "Notification" => "NO",
            _ => "PN",
        }
    }

    /// The list's own address: with the host in Twilio's later APIs.
    fn place(&self) -> String {
        if is_later(self.path) {
            return format!("{}/{}", self.shown().base, self.path);
        }
        self.face.uri(self.format, self.path)
    }

    fn this_uri(&self) -> String {
        let uri = self.place();
        if self.query.is_empty() { uri } else { format!("{uri}?{}", self.query) }
    }

    /// The same list at another place: filters stay, page parameters are replaced.
    fn link(&self, paged: &Paged, page: u32, key: Option<(&str, String)>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let place = ["Page", "PageSize", "PageToken", "AfterSid"];
        let filters = form_urlencoded::parse(self.query.as_bytes());
        query.extend_pairs(filters.filter(|(name, _)| !place.contains(&&**name)));
        query.append_pair("PageSize", &paged.size.to_string()).append_pair("Page", &page.to_string());
        if let Some((name, value)) = key {
            query.append_pair(name, &value);
        }
        format!("{}?{}", self.place(), query.finish())
    }
}

/// XML attributes are the JSON members without their underscores: `first_page_uri` is `firstpageuri`.
fn xml_attributes(envelope: &[(&str, crate::write::Scalar<'_>)]) -> String {
    use crate::write::Scalar;
    let mut out = String::new();
    for (name, value) in envelope {
        out.push(' ');
        out.extend(name.chars().filter(|c| *c != '_'));
        out.push_str("=\"");
        match value {
            Scalar::Null => {}
            Scalar::Text(text) => push_xml_text(&mut out, text),
            Scalar::Int(number) => out.push_str(&number.to_string()),
            Scalar::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        }
        out.push('"');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_token_is_a_direction_and_a_key() {
        assert_eq!(token_key(&format!("PA{:032x}", 7)), Some((false, 7)));
        assert_eq!(token_key(&format!("PB{:032x}", 7)), Some((true, 7)));
        for bad in
            ["", "P", "PA", "PC00000000000000000000000000000007", "PA+0000000000000000000000000000007", "éa"]
        {
            assert_eq!(token_key(bad), None, "{bad}");
        }
    }
}
