//! Who may use whom.

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

/// Lowest first. A crate uses floors below its own.
const FLOORS: [&[&str]; 6] = [
    &["domain"],
    &["sip", "sdp", "rtp", "codec", "smpp", "markup", "streams", "rating", "store"],
    &["voice", "messaging", "billing", "documents", "flows", "payments", "verify"],
    &["store-sqlite", "store-postgres", "outbound", "mail", "speech", "media", "webrtc", "tls", "app"],
    &["voice-node", "messaging-node", "api"],
    &["server"],
];

/// Beside the floors: tests, tools and measurements.
const ASIDE: [&str; 4] = ["testkit", "e2e", "xtask", "benches"];

/// Crates that do I/O, read the clock or run threads.
const IO: [&str; 11] = [
    "tokio",
    "axum",
    "rusqlite",
    "tokio-postgres",
    "deadpool-postgres",
    "reqwest",
    "lettre",
    "mio",
    "socket2",
    "hound",
    "symphonia",
];

fn packages() -> Vec<Package> {
    MetadataCommand::new().no_deps().exec().expect("cargo metadata runs here").packages
}

fn bare(name: &str) -> &str {
    name.strip_prefix("flexio-").unwrap_or(name)
}

fn floor(name: &str) -> Option<usize> {
    FLOORS.iter().position(|crates| crates.contains(&name))
}

#[test]
fn every_dependency_points_down() {
    for package in packages() {
        let name = bare(&package.name);
        if ASIDE.contains(&name) {
            continue;
        }
        let from = floor(name).unwrap_or_else(|| panic!("{name} has no floor: name it in FLOORS"));
        for dependency in package.dependencies.iter().filter(|d| d.kind == DependencyKind::Normal) {
            let to = floor(bare(&dependency.name)).filter(|_| dependency.name.starts_with("flexio-"));
            assert!(
                to.is_none_or(|to| to < from),
                "`{name}` (floor {from}) may not use `{}`",
                dependency.name
            );
            let does_io = from <= 2 && IO.contains(&dependency.name.as_str());
            assert!(!does_io, "`{name}` is pure (floor {from}) and may not use `{}`", dependency.name);
        }
    }
}

#[test]
fn protocols_know_nothing_of_accounts_or_money() {
    for package in packages() {
        let protocol =
            ["sip", "sdp", "rtp", "codec", "smpp", "markup", "streams"].contains(&bare(&package.name));
        let uses_domain = package
            .dependencies
            .iter()
            .any(|d| d.name == "flexio-domain" && d.kind == DependencyKind::Normal);
        assert!(!(protocol && uses_domain), "{} is a protocol: it may not use the domain", package.name);
    }
}

#[test]
fn the_api_never_touches_storage_adapters_and_the_app_never_sees_http() {
    for package in packages() {
        let uses = |wanted: &str| {
            package.dependencies.iter().any(|d| d.name == wanted && d.kind == DependencyKind::Normal)
        };
        match bare(&package.name) {
            "api" => {
                assert!(
                    !uses("flexio-store-sqlite") && !uses("flexio-store-postgres"),
                    "api uses an adapter"
                );
            }
            "app" => assert!(!uses("axum") && !uses("http") && !uses("reqwest"), "app sees HTTP"),
            "voice" | "messaging" => {
                assert!(
                    !uses("flexio-sip") && !uses("flexio-smpp") && !uses("flexio-rtp"),
                    "an engine knows a protocol"
                );
            }
            _ => {}
        }
    }
}

#[test]
fn no_crate_has_a_name_that_says_nothing() {
    for package in packages() {
        let name = bare(&package.name);
        assert!(!["common", "util", "utils", "core", "manager", "helpers"].contains(&name), "{name}");
        assert!(package.name.starts_with("flexio-"), "{} lacks the prefix", package.name);
    }
}
