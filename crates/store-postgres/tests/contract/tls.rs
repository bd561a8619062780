//! The wire to the server, encrypted and checked as the URL says.
//!
//! The certificates are those of the SMSC tests: a server certificate for `smsc.test` under an authority, and another authority.

use std::error::Error;
use std::path::{Path, PathBuf};

use flexio_store::Store;
use flexio_store_postgres::{OpenError, PostgresStore};
use flexio_testkit::postgres::Server;

fn certificate(name: &str) -> PathBuf {
    // The server reads it from a folder of its own.
    std::path::absolute(Path::new("../messaging-node/tests/it/smpp_client/certs").join(name)).expect("a path")
}

fn causes(mut error: &dyn Error) -> String {
    let mut text = error.to_string();
    while let Some(source) = error.source() {
        text = format!("{text}: {source}");
        error = source;
    }
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn each_mode_checks_what_it_says() {
    let server = Server::start_tls(&certificate("smsc.pem"), &certificate("smsc.key"));
    let url = server.new_database().await;
    let (ours, other) = (certificate("ca.pem"), certificate("other-ca.pem"));
    let roots = |file: &Path| format!("sslrootcert={}", file.display());
    let named = url.replace("127.0.0.1", "smsc.test") + "&hostaddr=127.0.0.1";
    for (base, settings, expected) in [
        (&url, "sslmode=disable".to_owned(), Some("no encryption")),
        (&url, String::new(), None),
        (&url, "sslmode=require".to_owned(), None),
        (&url, format!("sslmode=require&{}", roots(&other)), Some("certificate")),
        (&url, format!("sslmode=verify-ca&{}", roots(&ours)), None),
        (&url, format!("sslmode=verify-ca&{}", roots(&other)), Some("certificate")),
        (&url, format!("sslmode=verify-full&{}", roots(&ours)), Some("certificate")),
        (&named, format!("sslmode=verify-full&{}", roots(&ours)), None),
        (&named, format!("sslmode=verify-full&{}", roots(&other)), Some("certificate")),
        (&url, "sslmode=verify-full".to_owned(), Some("certificate")),
        (
            &url,
            "sslmode=verify-full&sslrootcert=/nonexistent.pem".to_owned(),
            Some("cannot read certificates"),
        ),
    ] {
        let with = format!("{base}&{settings}");
        match (PostgresStore::connect(&with).await, expected) {
            (Ok(store), None) => store.ready().await.unwrap(),
            (Err(error), Some(part)) => {
                let text = causes(&error);
                assert!(text.contains(part), "{settings}: {text}");
            }
            (Ok(_), Some(part)) => panic!("{settings} was taken, without {part}"),
            (Err(error), None) => panic!("{settings}: {}", causes(&error)),
        }
    }
    let wrong = PostgresStore::connect(&format!("{url}&sslmode=always")).await;
    assert!(matches!(wrong, Err(OpenError::SslMode(mode)) if mode == "always"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_encrypted_store_comes_back_after_its_server_was_away() {
    let server = Server::start_tls(&certificate("smsc.pem"), &certificate("smsc.key"));
    let url = server.new_database().await + "&sslmode=require";
    let store = PostgresStore::connect(&url).await.unwrap();
    store.ready().await.unwrap();
    assert!(store.root_account().await.unwrap().is_none());
    server.kill();
    assert!(store.ready().await.is_err());
    server.restart();
    store.ready().await.unwrap();
    assert!(store.root_account().await.unwrap().is_none(), "readers come back too");
}
