//! Size of functions and files, and what pure code may not call.

use syn::spanned::Spanned;
use syn::visit::Visit;

use crate::tree::{files, shown};

/// Lines of one function, signature and braces included.
const FUNCTION_LINES: usize = 70;
/// Lines of code of one file: neither blank, nor comment, nor test.
const FILE_LINES: usize = 500;
/// Functions that are one table or one match and lose by being split, as `file: function`. Only shrinks.
const LONG_FUNCTIONS: &[&str] = &["crates/messaging-node/src/node.rs: start"];
/// Files that are one table and lose by being split. Only shrinks.
const LONG_FILES: &[&str] = &[];

/// Crates on floors 0 to 2.
const PURE: [&str; 13] = [
    "domain",
    "sip",
    "sdp",
    "rtp",
    "codec",
    "smpp",
    "markup",
    "rating",
    "voice",
    "messaging",
    "billing",
    "documents",
    "payments",
];

struct Functions {
    file: String,
    too_long: Vec<String>,
}

impl Functions {
    fn check(&mut self, name: &syn::Ident, span: proc_macro2::Span, attributes: &[syn::Attribute]) {
        let lines = span.end().line - span.start().line + 1;
        let documented = attributes.iter().filter(|a| a.path().is_ident("doc")).count();
        let entry = format!("{}: {name}", self.file);
        if lines - documented.min(lines) > FUNCTION_LINES && !LONG_FUNCTIONS.contains(&entry.as_str()) {
            self.too_long.push(format!("{entry} ({lines} lines)"));
        }
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.check(&function.sig.ident, function.span(), &function.attrs);
        syn::visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.check(&function.sig.ident, function.span(), &function.attrs);
        syn::visit::visit_impl_item_fn(self, function);
    }
}

fn is_test(path: &str) -> bool {
    path.contains("/tests/")
        || path.ends_with("tests.rs")
        || path.starts_with("e2e")
        || path.starts_with("xtask")
}

#[test]
fn functions_fit_on_a_screen() {
    let mut too_long = Vec::new();
    for path in files(&[".rs"]) {
        let file = shown(&path);
        if is_test(&file) || file.starts_with("fuzz") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a source can be read");
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
        let mut functions = Functions { file, too_long: Vec::new() };
        functions.visit_file(&parsed);
        too_long.append(&mut functions.too_long);
    }
    assert!(too_long.is_empty(), "split these:\n{}", too_long.join("\n"));
}

#[test]
fn files_are_about_one_thing() {
    let mut too_long = Vec::new();
    for path in files(&[".rs"]) {
        let file = shown(&path);
        if is_test(&file) || LONG_FILES.contains(&file.as_str()) {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a source can be read");
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(&text);
        let is_code = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with("//");
        let lines = code.lines().filter(is_code).count();
        if lines > FILE_LINES {
            too_long.push(format!("{file} ({lines} lines of code)"));
        }
    }
    assert!(too_long.is_empty(), "split these by noun:\n{}", too_long.join("\n"));
}

#[test]
fn pure_floors_read_no_clock_and_touch_no_system() {
    let forbidden = [
        "Instant::now",
        "SystemTime::now",
        "Timestamp::now",
        "Zoned::now",
        "std::fs::",
        "std::net::TcpStream",
        "std::net::UdpSocket",
        "std::thread::",
        "std::process::",
        "std::env::",
    ];
    for path in files(&[".rs"]) {
        let file = shown(&path);
        let pure = PURE.iter().any(|name| file.starts_with(&format!("crates/{name}/src/")));
        if !pure || is_test(&file) {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a source can be read");
        let code = text.split("#[cfg(test)]").next().unwrap_or(&text);
        for word in forbidden {
            let called = code.lines().any(|line| line.contains(word) && !line.trim_start().starts_with("//"));
            assert!(!called, "{file} uses {word}: time and the system are handed in");
        }
    }
}

#[test]
fn money_is_never_a_float() {
    for path in files(&[".rs"]) {
        let file = shown(&path);
        let money = ["domain", "rating", "billing", "payments"]
            .iter()
            .any(|name| file.starts_with(&format!("crates/{name}/src/")));
        if !money || is_test(&file) {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a source can be read");
        // A deserialiser has to name floats to refuse them.
        let code = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//") && !line.contains("fn visit_f64"));
        let float = code.into_iter().any(|line| line.contains("f64") || line.contains("f32"));
        assert!(!float, "{file} uses a float");
    }
}
