//! Archives and documents that are made to harm: bombs, forged sizes, names that lead elsewhere.

use std::io::Write as _;

use zip::write::{SimpleFileOptions, ZipWriter};

use super::*;

fn packed(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Every place where these bytes stand.
fn places(bytes: &[u8], wanted: &[u8]) -> Vec<usize> {
    bytes.windows(wanted.len()).enumerate().filter(|(_, part)| *part == wanted).map(|(at, _)| at).collect()
}

/// The archive with other bytes so far behind each header of its list of entries (APPNOTE.TXT 4.3.12).
fn forged(mut bytes: Vec<u8>, offset: usize, value: &[u8]) -> Vec<u8> {
    for at in places(&bytes, b"PK\x01\x02") {
        bytes[at + offset..at + offset + value.len()].copy_from_slice(value);
    }
    bytes
}

/// What a file gives, with the sentence of a refusal. How long and in how much memory is seen in e2e/tests/all/flows.rs.
fn imported(bytes: &[u8]) -> Result<Imported, String> {
    project(bytes).and_then(|text| read(&text, "x").map_err(|error| error.to_string()))
}

const FLOW: &[u8] = br#"{"name":"x","nodes":[{"id":"a","type":"on_call"}]}"#;

#[test]
fn t21_bombs_are_refused_before_they_unfold() {
    let zeros = vec![b' '; 32 * 1024 * 1024];
    let bomb = packed(&[("state", &zeros)]);
    assert!(imported(&bomb).unwrap_err().contains("too large"));
    // A bomb in a bomb is a file like any other: nothing inside an entry is unpacked.
    let nested = packed(&[("state", &bomb)]);
    assert!(imported(&nested).unwrap_err().contains("not text"));
    let beside = packed(&[("inner.zip", &bomb), ("state", FLOW)]);
    assert!(imported(&beside).is_ok());
    // What the list of entries says of sizes is a claim.
    for claimed in [0_u32, 10, u32::MAX - 1] {
        let lying = forged(bomb.clone(), 24, &claimed.to_le_bytes());
        assert!(imported(&lying).is_err(), "{claimed}");
        let lying = forged(bomb.clone(), 20, &claimed.to_le_bytes());
        assert!(imported(&lying).is_err(), "packed {claimed}");
    }
}

#[test]
fn t21_more_entries_than_a_project_has_are_refused_whatever_is_claimed() {
    let names: Vec<String> = (0..5_000).map(|n| format!("f{n}.json")).collect();
    let many: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), FLOW)).collect();
    assert!(imported(&packed(&many)).unwrap_err().contains("200 entries"));
    // Entries that lie on each other: each would unfold the same bytes again.
    let mut overlapping = packed(&[("state", FLOW), ("other", FLOW)]);
    let list = places(&overlapping, b"PK\x01\x02");
    let first = overlapping[list[0] + 42..list[0] + 46].to_vec();
    overlapping[list[1] + 42..list[1] + 46].copy_from_slice(&first);
    let _ = imported(&overlapping);
    // Counts that are not true, in both forms of the end of an archive (4.3.14, 4.3.16).
    let mut counted = packed(&[("state", FLOW)]);
    let end = *places(&counted, b"PK\x05\x06").last().unwrap();
    counted[end + 8..end + 12].copy_from_slice(&[0xFF; 4]);
    assert!(imported(&counted).is_err());
    let mut wide = packed(&[("state", FLOW)]);
    let end = *places(&wide, b"PK\x05\x06").last().unwrap();
    let mut record = b"PK\x06\x06".to_vec();
    record.extend([44_u64.to_le_bytes().as_slice(), &[45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]].concat());
    record
        .extend([u64::MAX >> 1, u64::MAX >> 1, u64::MAX >> 1, 0].iter().flat_map(|n: &u64| n.to_le_bytes()));
    record.extend(b"PK\x06\x07\0\0\0\0");
    record.extend((end as u64).to_le_bytes());
    record.extend(1_u32.to_le_bytes());
    let rest = wide.split_off(end);
    wide.extend(record);
    wide.extend(rest);
    wide.splice(wide.len() - 14..wide.len() - 2, [0xFF; 12]);
    assert!(imported(&wide).is_err());
}

#[test]
fn t21_what_cannot_be_read_is_refused_in_words() {
    let locked = forged(packed(&[("state", FLOW)]), 8, &[1, 0]);
    assert!(imported(&locked).unwrap_err().contains("cannot be read"));
    let unknown = forged(packed(&[("state", FLOW)]), 10, &[99, 0]);
    assert!(!imported(&unknown).unwrap_err().is_empty());
    let damaged = forged(packed(&[("state", FLOW)]), 16, &[1, 2, 3, 4]);
    assert!(imported(&damaged).unwrap_err().contains("damaged"));
    let utf16: Vec<u8> = String::from_utf8_lossy(FLOW).encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(imported(&packed(&[("state", &utf16)])).is_err());
    assert!(
        imported(&packed(&[("state", b"{\"name\":\"caf\xE9\",\"nodes\":[]}")]))
            .unwrap_err()
            .contains("not text")
    );
    // The mark that some editors begin a file with is no harm.
    let marked = [b"\xEF\xBB\xBF", FLOW].concat();
    assert!(imported(&packed(&[("state", &marked)])).is_ok());
    for no_archive in [&b""[..], b"PK", b"Rar!\x1a\x07\x00", b"\x1f\x8b\x08\0", FLOW] {
        assert!(imported(no_archive).is_err());
    }
}

#[test]
fn t21_documents_that_unfold_or_go_deep_are_refused() {
    let laughs = |reference: &dyn Fn(usize) -> String| {
        let mut lines = vec!["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]".to_owned()];
        lines.extend((1..12).map(|n| format!("a{n}: &a{n} {}", reference(n - 1))));
        lines.join("\n")
    };
    // In one line, and an item a line.
    let inline = laughs(&|n| format!("[{}]", vec![format!("*a{n}"); 9].join(", ")));
    let block = laughs(&|n| format!("\n{}", vec![format!("  - *a{n}"); 9].join("\n")));
    let named =
        laughs(&|n| format!("{{{}}}", (0..9).map(|m| format!("k{m}: *a{n}")).collect::<Vec<_>>().join(", ")));
    let text = format!(
        "a: &a {}\nb: [{}]",
        (0..30_000).map(|n| n.to_string()).collect::<String>(),
        vec!["*a"; 5_000].join(", ")
    );
    for bomb in [inline, block, named, text] {
        let error = imported(&packed(&[("bomb.yaml", bomb.as_bytes())])).unwrap_err();
        assert!(error.contains("not YAML"), "{error}");
    }
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("{\"nodes\":[", "]}"), ("- ", "")] {
        let deep = format!("{}1{}", open.repeat(20_000), close.repeat(20_000));
        assert!(imported(&packed(&[("state", deep.as_bytes())])).is_err(), "{open}");
    }
    // XML is no form of a flow: what it names is never looked at.
    let entity = br#"<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>"#;
    let error = imported(&packed(&[("state", entity)])).unwrap_err();
    assert!(!error.contains("root:"), "{error}");
    let twice = br#"{"name":"x","nodes":[],"nodes":[{"id":"a","type":"on_call"}]}"#;
    let _ = imported(&packed(&[("state", twice)]));
}

#[test]
fn t21_an_alias_that_unfolds_nothing_and_a_text_that_looks_like_one_are_read() {
    let flow = "name: x\nnodes:\n  - id: a\n    type: on_call\n    next: {start: b}\n  - id: b\n    type: say\n    properties:\n      prompts: &p\n        - kind: say\n          text: |\n            *Welcome* &\n            & goodbye\n    next: {done: c}\n  - id: c\n    type: say\n    properties:\n      prompts: *p\n";
    let read = read(flow, "x").unwrap().flow;
    assert_eq!(read.nodes.len(), 3);
    let again = text::parse(&text::to_yaml(&read)).unwrap();
    assert_eq!(again, read);
}

#[test]
fn t22_names_and_links_lead_nowhere() {
    let names = [
        "../../../../tmp/flexio-evil",
        "/etc/flexio-evil",
        "..\\..\\evil",
        "\\\\server\\share\\evil",
        "C:\\evil",
        "%2e%2e%2fevil",
        "evil\0.json",
        "..\u{c0}\u{af}evil",
        "./././state/../evil",
        "con",
        "-rf",
        "\u{202e}live",
        "~/.ssh/authorized_keys",
    ];
    for name in names {
        let bytes = packed(&[(name, b"evil"), ("state", FLOW)]);
        assert!(imported(&bytes).is_ok(), "{name}");
        assert!(
            !std::path::Path::new("/tmp/flexio-evil").exists()
                && !std::path::Path::new("/etc/flexio-evil").exists()
        );
        // As the project's own name it is a name that is compared, and no more.
        let _ = imported(&packed(&[(&format!("{name}/state"), FLOW)]));
    }
    let long = "x/".repeat(30_000);
    let _ = imported(&packed(&[(&long, FLOW)]));
    let raw = forged(packed(&[("stXXX", FLOW)]), 46, b"\xC0\xAE\xFF/\x80");
    assert!(imported(&raw).is_err());
    let mut writer = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer.add_symlink("state", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    let linked = writer.finish().unwrap().into_inner();
    assert!(imported(&linked).unwrap_err().contains("is a link"));
}
