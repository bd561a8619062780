//! What docs/verbs.md calls done is in a document of a test over real sockets, where its effect is seen from outside.

use crate::tree::{files, root, shown};

/// Tests whose documents run in a whole program, or in a node with sockets.
const OUTSIDE: [&str; 2] = ["e2e/tests/", "crates/voice-node/tests/"];
/// Elements that a test writes as `<~` and puts one after the other there.
const PARTIES: [&str; 3] = ["Number", "Client", "Sip"];
/// What no test sees from outside, with the one that sees it within.
const INSIDE: [(&str, &str, &str); 7] = [
    ("Conference", "jitterBufferSize", "a_member_that_is_kept_back_for_longer_is_heard_later"),
    ("Conference", "trim", "each_attribute_changes_what_the_call_does"),
    ("Enqueue", "joinUrlMethod", "each_attribute_changes_what_the_call_does"),
    ("Hold", "holdMusic", "a_party_is_held_with_music_and_taken_back"),
    ("Queue", "joinUrlMethod", "each_attribute_changes_what_the_call_does"),
    ("Queue", "priority", "each_attribute_changes_what_the_call_does"),
    ("Queue", "waitUrlMethod", "each_attribute_changes_what_the_call_does"),
];

/// Elements and attributes that are done, an empty attribute for the element itself.
fn done() -> Vec<(String, String)> {
    let page = std::fs::read_to_string(root().join("docs/verbs.md")).expect("docs/verbs.md is there");
    let rows = page.lines().filter_map(|line| {
        let cells: Vec<&str> = line.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        let [_, element, attribute, "done", _] = cells[..] else { return None };
        Some((element.to_owned(), attribute.to_owned()))
    });
    rows.collect()
}

/// The start tags in what tests say, from `<` to before the next `<` or `>`.
fn tags() -> Vec<String> {
    let sources =
        files(&[".rs"]).into_iter().filter(|path| OUTSIDE.iter().any(|of| shown(path).starts_with(of)));
    let mut tags = Vec::new();
    for path in sources {
        let text = std::fs::read_to_string(&path).expect("a source can be read").replace("\\\"", "\"");
        let begins = text.split('<').skip(1);
        tags.extend(begins.map(|tag| tag.split('>').next().unwrap_or(tag).to_owned()));
    }
    tags
}

fn is_of(tag: &str, element: &str) -> bool {
    let name = tag.split(|c: char| c.is_whitespace() || c == '/').next().unwrap_or_default();
    name == element || name == "~" && PARTIES.contains(&element)
}

#[test]
fn each_attribute_that_is_done_is_seen_from_outside() {
    let (done, tags) = (done(), tags());
    assert!(done.len() > 150 && tags.len() > 300, "{} rows, {} tags", done.len(), tags.len());
    let has = |tag: &str, attribute: &str| {
        attribute.is_empty() || tag.split_whitespace().any(|part| part.starts_with(&format!("{attribute}=")))
    };
    let unseen: Vec<_> = done
        .iter()
        .filter(|(element, attribute)| !tags.iter().any(|tag| is_of(tag, element) && has(tag, attribute)))
        .filter(|(element, attribute)| !INSIDE.iter().any(|(e, a, _)| e == element && a == attribute))
        .collect();
    assert!(unseen.is_empty(), "no test sees these from outside: {unseen:?}");
}

#[test]
fn what_is_not_seen_from_outside_has_a_test() {
    let sources: Vec<String> =
        files(&[".rs"]).iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect();
    for (element, attribute, test) in INSIDE {
        let named = format!("fn {test}");
        assert!(sources.iter().any(|text| text.contains(&named)), "{element} {attribute}: no test {test}");
    }
}
