//! The pages of the error catalogue, carried in the program: `more_info` of every error leads to one.

use std::fmt::Write as _;

use flexio_domain::ErrorCode;

use crate::write::push_xml_text;

macro_rules! pages {
    ($($number:literal),* $(,)?) => {
        /// `docs/errors/<number>.md`.
        pub(crate) fn error_page(code: ErrorCode) -> Option<&'static str> {
            match code.number() {
                $($number => Some(include_str!(concat!("../../../docs/errors/", $number, ".md"))),)*
                _ => None,
            }
        }
    };
}

pages!(
    20001, 20003, 20004, 20005, 20006, 20404, 20409, 20410, 20411, 20412, 20413, 20414, 20415, 20416, 20417,
    20418, 20419, 20422, 20423, 20424, 20425, 20426, 20427, 20428, 20429, 20430, 20431, 20432, 20440, 20441,
    20442, 20443, 20444, 20450, 20451, 20452, 20453, 20454, 20460, 20461, 20462, 20463, 20464, 20465, 20472,
    20473, 20474, 20475, 20476, 20477, 20480, 20481, 20482, 20483, 20485, 20486, 20487, 20488, 20489, 20490,
    20491, 20492, 20493, 20494, 20495, 20496, 20497, 20498, 20500, 20503, 20507, 20510, 20520, 20521, 20522,
    20523, 20524, 20525, 20526, 20550, 20551, 20552, 20553, 20554, 20560, 20561, 20562, 20563, 21201, 21205,
    21206, 21208, 21209, 21210, 21211, 21212, 21213, 21215, 21216, 21218, 21220, 21232, 21233, 21234, 21236,
    21239, 21240, 21241, 21242, 21243, 21266, 21421, 21422, 21450, 21451, 21452, 21502, 21601, 21602, 21603,
    21604, 21606, 21610, 21612, 21614, 21617, 21620, 21623, 21701, 21703, 21704, 21710, 21712, 22001, 22003,
    30001, 30002, 30003, 30004, 30005, 30006, 30007, 30008, 30009, 30010, 30409, 32201, 35114, 60200, 60202,
    60203, 60204, 60205, 60207, 60208, 60212, 60223, 60318, 60323, 60410, 81001, 81002, 81003, 81004, 81005,
);

/// `docs/notifications.md`.
pub(crate) const NOTIFICATIONS: &str = include_str!("../../../docs/notifications.md");

/// The little Markdown these pages use (headings, lists, code, paragraphs) as a page without scripts or styles from elsewhere.
pub(crate) fn html(markdown: &str) -> String {
    html_in("en", "", markdown)
}

/// The same in another language, behind something that is HTML already.
pub(crate) fn html_in(language: &str, before: &str, markdown: &str) -> String {
    let mut body = String::with_capacity(markdown.len() * 2);
    let mut title = "";
    let mut in_list = false;
    for block in markdown.lines().filter(|line| !line.trim().is_empty()) {
        let item = block.strip_prefix("- ");
        if item.is_some() != in_list {
            body.push_str(if in_list { "</ul>\n" } else { "<ul>\n" });
            in_list = item.is_some();
        }
        if let Some(heading) = block.strip_prefix("## ") {
            // An anchor: notifications lead to theirs by number.
            let _ = writeln!(body, "<h2 id=\"{0}\">{0}</h2>", inline(heading));
            continue;
        }
        let (tag, text) = match (item, block.strip_prefix("# ")) {
            (Some(item), _) => ("li", item),
            (None, Some(heading)) => {
                title = heading;
                ("h1", heading)
            }
            (None, None) => ("p", block),
        };
        let _ = writeln!(body, "<{tag}>{}</{tag}>", inline(text));
    }
    if in_list {
        body.push_str("</ul>\n");
    }
    let mut head = String::new();
    push_xml_text(&mut head, title);
    format!(
        "<!DOCTYPE html>\n<html lang=\"{language}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{head}</title></head>\n<body>{before}<main>\n{body}</main></body></html>\n"
    )
}

/// Text with `code` in backticks.
fn inline(text: &str) -> String {
    let mut out = String::new();
    for (index, piece) in text.split('`').enumerate() {
        let code = index % 2 == 1;
        out.push_str(if code { "<code>" } else { "" });
        push_xml_text(&mut out, piece);
        out.push_str(if code { "</code>" } else { "" });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_code_has_a_page_with_cause_and_cure() {
        for code in ErrorCode::ALL {
            let page = error_page(*code).unwrap_or_else(|| panic!("docs/errors/{}.md", code.number()));
            assert!(page.starts_with(&format!("# {} ", code.number())), "{page}");
            assert!(page.contains(code.sentence()), "{} does not quote the catalogue", code.number());
            assert!(page.contains("## Cause") && page.contains("## Cure"), "{}", code.number());
        }
    }

    #[test]
    fn a_page_is_escaped_and_well_formed() {
        let page = html("# 1 <b>\n\nText with `a < b`.\n\n- one\n- two\n\nEnd.\n");
        assert!(page.contains("<h1>1 &lt;b&gt;</h1>"));
        assert!(page.contains(
            "<p>Text with <code>a &lt; b</code>.</p>\n<ul>\n<li>one</li>\n<li>two</li>\n</ul>\n<p>End.</p>"
        ));
    }
}
