//! Every error the customer can meet has a page.

use flexio_domain::ErrorCode;

use crate::tree::root;

#[test]
fn every_error_code_has_a_page_with_cause_and_cure() {
    for code in ErrorCode::ALL {
        let path = root().join(format!("docs/errors/{}.md", code.number()));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("{} is missing", path.display()));
        assert!(text.contains(&code.number().to_string()), "{} does not name its code", path.display());
        for part in ["Cause", "Cure"] {
            assert!(text.contains(part), "{} has no `{part}`", path.display());
        }
    }
}

#[test]
fn no_page_is_about_a_code_that_is_gone() {
    for entry in std::fs::read_dir(root().join("docs/errors")).expect("docs/errors is there").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(number) = name.strip_suffix(".md").and_then(|n| n.parse::<u32>().ok()) else { continue };
        assert!(ErrorCode::try_from(number).is_ok(), "docs/errors/{name} is about no code");
    }
}
