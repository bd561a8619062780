//! Refuses to build a console of nothing: an embedded folder that is missing would only be noticed by its first visitor.

fn main() {
    println!("cargo::rerun-if-changed=ui/index.html");
    let without = std::env::var_os("CARGO_FEATURE_NO_CONSOLE").is_some();
    if !without && !std::path::Path::new("ui/index.html").exists() {
        println!(
            "cargo::error=the web console is not built: run `scripts/setup console` (or build with `--features no-console`)"
        );
    }
}
