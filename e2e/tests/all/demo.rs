//! The main job, as a newcomer meets it.

use flexio_e2e::flexio::binary;
use flexio_e2e::programs::run;

#[tokio::test]
async fn the_demo_does_the_main_job_shows_what_it_costs_and_ends_well() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data").display().to_string();
    let output = run(&binary(), &["demo", "--data", &data, "--once"], &[]).await;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    for fact in [
        "is yours as PN",
        "delivered",
        "answered after",
        "ended by the application",
        "voice.in",
        "recording RE",
        "EUR",
        "Done in",
    ] {
        assert!(said.contains(fact), "`{fact}` is missing from\n{said}");
    }
    // The timeline has a line per event, each with its time.
    for event in ["ringing", "in-progress", "gathered", "completed"] {
        let timed = |line: &str| line.contains(event) && line.trim_start().as_bytes().get(2) == Some(&b':');
        assert!(said.lines().any(timed), "{event} is missing from\n{said}");
    }
}
