//! `flexio flow test`: the tests recorded in flow files, without a phone.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use flexio_flows::{FlowRef, Library, Place, Severity, differences, parse, simulate, validate};
use serde_json::json;

use crate::cli;

/// Runs the tests of each file; an error where one fails.
pub(crate) fn test(files: &[PathBuf], as_json: bool) -> Result<()> {
    let (mut failed, mut results) = (0, Vec::new());
    for file in files {
        for (name, found) in test_file(file)? {
            let shown = file.display().to_string();
            let is_skipped = found.is_none();
            let found = found.unwrap_or_default();
            failed += usize::from(!found.is_empty());
            if !as_json {
                let word = match (is_skipped, found.is_empty()) {
                    (true, _) => "skip",
                    (false, true) => "ok  ",
                    (false, false) => "FAIL",
                };
                cli::say(&format!("{word} {shown}: {name}"))?;
                for difference in &found {
                    cli::say(&format!("     {difference}"))?;
                }
            }
            results.push(json!({ "file": shown, "test": name, "skipped": is_skipped, "passed": found.is_empty(), "differences": found }));
        }
    }
    if as_json {
        cli::say(&json!({ "passed": failed == 0, "results": results }).to_string())?;
    }
    if failed > 0 {
        bail!("{failed} of {} tests failed", results.len());
    }
    Ok(())
}

/// Each test of a file and what differs; errors of the flow itself are a test that failed. `None`: the test is of an environment, whose
/// values only its server has.
fn test_file(file: &Path) -> Result<Vec<(String, Option<Vec<String>>)>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let flow = parse(&text).with_context(|| format!("{} is no flow", file.display()))?;
    let errors = validate(&flow).into_iter().filter(|problem| problem.severity == Severity::Error);
    let errors = errors.map(|problem| {
        let node = problem.node.map(|node| format!("`{node}`: ")).unwrap_or_default();
        format!("{node}{}: {}", problem.text, problem.cure)
    });
    let mut results = vec![("validation".to_owned(), Some(errors.collect()))];
    let reference = FlowRef { sid: "draft".to_owned(), revision: 0 };
    let tests = flow.tests.clone();
    let library = Library::of(reference.clone(), flow);
    for test in tests {
        let found = test.environment.is_none().then(|| {
            let run = simulate(&reference, &library, &Place::default(), &test);
            differences(&test, &run)
        });
        results.push((test.name, found));
    }
    Ok(results)
}
