//! Byte classes and small scanners shared by every header parser (RFC 3261 §25.1).
//!
//! Input may hold any byte: folded lines have been joined by spaces before (see `message::parse`), so that linear
//! white space is only SP and HTAB here.

/// `token` characters of RFC 3261 §25.1.
const TOKEN: u8 = 1;
/// Characters of a host name; `_` is tolerated because it is met in private networks.
const HOST: u8 = 2;
/// Characters of the user part of a SIP URI, escapes apart; `#` is tolerated (service codes).
const USER: u8 = 4;
/// Characters of URI parameters and URI headers, escapes and separators apart.
const URI_PARAM: u8 = 8;

static CLASS: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [0u8; 256];
    let mut b = 0u8;
    loop {
        let mut class = 0;
        if b.is_ascii_alphanumeric() {
            class = TOKEN | HOST | USER | URI_PARAM;
        }
        if in_set(b, b"-.!%*_+`'~") {
            class |= TOKEN;
        }
        if in_set(b, b"-._") {
            class |= HOST;
        }
        if in_set(b, b"-_.!~*'()&=+$,;?/#:") {
            class |= USER;
        }
        if in_set(b, b"-_.!~*'()[]/:&+$") {
            class |= URI_PARAM;
        }
        table[b as usize] = class;
        if b == u8::MAX {
            return table;
        }
        b += 1;
    }
}

const fn in_set(b: u8, set: &[u8]) -> bool {
    let mut i = 0;
    while i < set.len() {
        if set[i] == b {
            return true;
        }
        i += 1;
    }
    false
}

pub(crate) fn is_token(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|&b| CLASS[b as usize] & TOKEN != 0)
}

pub(crate) fn is_host_name(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|&b| CLASS[b as usize] & HOST != 0)
}

/// User part with `%HH` escapes checked.
pub(crate) fn is_user(text: &[u8]) -> bool {
    escaped_all(text, USER)
}

/// URI parameter name or value with `%HH` escapes checked; the empty text passes.
pub(crate) fn is_uri_param(text: &[u8]) -> bool {
    escaped_all(text, URI_PARAM)
}

fn escaped_all(text: &[u8], class: u8) -> bool {
    let mut i = 0;
    while let Some(&b) = text.get(i) {
        if CLASS[b as usize] & class != 0 {
            i += 1;
        } else if b == b'%' && text.get(i + 1..i + 3).is_some_and(|h| h.iter().all(u8::is_ascii_hexdigit)) {
            i += 3;
        } else {
            return false;
        }
    }
    true
}

pub(crate) const fn is_ws(b: u8) -> bool {
    b == b' ' || b == b'\t'
}

/// Cuts leading and trailing SP and HTAB.
pub(crate) fn trim(mut text: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = text
        && is_ws(*first)
    {
        text = rest;
    }
    while let [rest @ .., last] = text
        && is_ws(*last)
    {
        text = rest;
    }
    text
}

/// Cuts leading SP and HTAB.
pub(crate) fn trim_start(mut text: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = text
        && is_ws(*first)
    {
        text = rest;
    }
    text
}

/// Splits off the longest leading token; `None` if there is none.
pub(crate) fn take_token(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = text.iter().position(|&b| CLASS[b as usize] & TOKEN == 0).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

/// Length of the quoted string at the start of `text`, both quotes included; `None` if it does not end.
pub(crate) fn quoted_len(text: &[u8]) -> Option<usize> {
    debug_assert_eq!(text.first(), Some(&b'"'));
    let mut i = 1;
    loop {
        i += memchr::memchr2(b'"', b'\\', text.get(i..)?)?;
        if text[i] == b'"' {
            return Some(i + 1);
        }
        i += 2;
    }
}

/// Takes away the backslashes and the outer quotes of a quoted string; other text is returned as it is.
pub(crate) fn unquote(text: &[u8]) -> Vec<u8> {
    let Some(inner) = text.strip_prefix(b"\"").and_then(|t| t.strip_suffix(b"\"")) else {
        return text.to_vec();
    };
    let mut out = Vec::with_capacity(inner.len());
    let mut bytes = inner.iter();
    while let Some(&b) = bytes.next() {
        match b {
            b'\\' => out.extend(bytes.next()),
            _ => out.push(b),
        }
    }
    out
}

/// Elements of a comma list, trimmed; commas inside quotes and angle brackets do not part elements.
///
/// An unbalanced quote or bracket makes the rest one element, which its own parser then refuses.
#[derive(Debug, Clone)]
pub(crate) struct Commas<'a> {
    rest: Option<&'a [u8]>,
}

pub(crate) fn commas(text: &[u8]) -> Commas<'_> {
    Commas { rest: Some(text) }
}

impl<'a> Iterator for Commas<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let text = self.rest?;
        let mut i = 0;
        while let Some(step) = memchr::memchr3(b',', b'"', b'<', &text[i..]) {
            i += step;
            match text[i] {
                b',' => {
                    self.rest = Some(&text[i + 1..]);
                    return Some(trim(&text[..i]));
                }
                b'"' => match quoted_len(&text[i..]) {
                    Some(len) => i += len,
                    None => break,
                },
                _ => match memchr::memchr(b'>', &text[i..]) {
                    Some(len) => i += len + 1,
                    None => break,
                },
            }
        }
        self.rest = None;
        Some(trim(text))
    }
}

/// Parameters `;name=value` of a header value; an error ends the iteration.
#[derive(Debug, Clone)]
pub(crate) struct Params<'a> {
    rest: &'a [u8],
}

/// `text` is empty or begins with `;`, with white space before it tolerated.
pub(crate) fn params(text: &[u8]) -> Params<'_> {
    Params { rest: text }
}

/// One parameter: name, and value as written (quotes kept); `None` when there was no `=`.
pub(crate) type Param<'a> = (&'a [u8], Option<&'a [u8]>);

impl<'a> Params<'a> {
    fn step(&mut self) -> Option<Param<'a>> {
        let text = trim_start(self.rest.strip_prefix(b";")?);
        let (name, after) = take_token(text)?;
        let after = trim_start(after);
        let Some(value) = after.strip_prefix(b"=") else {
            self.rest = after;
            return Some((name, None));
        };
        let value = trim_start(value);
        let len = match value.first()? {
            b'"' => quoted_len(value)?,
            // Host forms ("[2001:db8::1]") are values too; so is about anything old phones send.
            _ => value.iter().position(|&b| matches!(b, b';' | b' ' | b'\t' | b',')).unwrap_or(value.len()),
        };
        let (value, after) = value.split_at(len);
        self.rest = trim_start(after);
        (!value.is_empty()).then_some((name, Some(value)))
    }
}

impl<'a> Iterator for Params<'a> {
    type Item = Result<Param<'a>, ()>;

    fn next(&mut self) -> Option<Self::Item> {
        self.rest = trim_start(self.rest);
        if self.rest.is_empty() {
            return None;
        }
        let item = self.step();
        if item.is_none() {
            self.rest = b"";
        }
        Some(item.ok_or(()))
    }
}

/// Value of the parameter `name` (compared without case); the empty text when it has no value.
pub(crate) fn param<'a>(text: &'a [u8], name: &str) -> Option<&'a [u8]> {
    params(text)
        .map_while(Result::ok)
        .find_map(|(key, value)| key.eq_ignore_ascii_case(name.as_bytes()).then(|| value.unwrap_or_default()))
}

/// Decimal digits that fit `u32`; anything else is `None`.
pub(crate) fn decimal(text: &[u8]) -> Option<u32> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    text.iter().try_fold(0u32, |n, &b| n.checked_mul(10)?.checked_add(u32::from(b - b'0')))
}

/// Appends `number` in decimal.
pub(crate) fn push_decimal(out: &mut Vec<u8>, number: u32) {
    let mut digits = [0u8; 10];
    let mut at = digits.len();
    let mut rest = number;
    loop {
        at -= 1;
        digits[at] = b'0' + u8::try_from(rest % 10).expect("a digit");
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

/// Appends `number` as 16 lower-case hexadecimal digits.
pub(crate) fn push_hex(out: &mut Vec<u8>, number: u64) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.extend(
        number.to_be_bytes().into_iter().flat_map(|b| [HEX[usize::from(b >> 4)], HEX[usize::from(b & 15)]]),
    );
}

/// Reads exactly 16 lower-case hexadecimal digits.
pub(crate) fn hex64(text: &[u8]) -> Option<u64> {
    if text.len() != 16 {
        return None;
    }
    text.iter().try_fold(0u64, |n, &b| {
        let digit = match b {
            b'0'..=b'9' => b - b'0',
            b'a'..=b'f' => b - b'a' + 10,
            _ => return None,
        };
        Some(n << 4 | u64::from(digit))
    })
}

/// True for text that may stand in a header value: no CR, LF or NUL (response splitting, header injection).
pub(crate) fn is_safe_value(text: &[u8]) -> bool {
    memchr::memchr3(b'\r', b'\n', 0, text).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_in_quotes_and_brackets_do_not_part_elements() {
        let list: Vec<_> = commas(br#""a, \" b" <sip:x,y@h> , sip:z"#).collect();
        assert_eq!(list, [br#""a, \" b" <sip:x,y@h>"#.as_slice(), b"sip:z"]);
    }

    #[test]
    fn empty_parameters_are_an_error_and_not_skipped() {
        assert!(params(b";a=1;;b").any(|p| p.is_err()));
        assert_eq!(param(b"; Tag = \"x;y\" ; lr", "tag"), Some(b"\"x;y\"".as_slice()));
        assert_eq!(param(b";lr", "LR"), Some(b"".as_slice()));
    }

    #[test]
    fn decimals_overflow_to_nothing() {
        assert_eq!(decimal(b"4294967295"), Some(u32::MAX));
        assert_eq!(decimal(b"4294967296"), None);
        assert_eq!(decimal(b"-1"), None);
        assert_eq!(decimal(b""), None);
    }

    #[test]
    fn hex_round_trips() {
        let mut out = Vec::new();
        push_hex(&mut out, 0x0123_4567_89ab_cdef);
        assert_eq!(hex64(&out), Some(0x0123_4567_89ab_cdef));
        assert_eq!(hex64(b"0123456789ABCDEF"), None);
    }
}
