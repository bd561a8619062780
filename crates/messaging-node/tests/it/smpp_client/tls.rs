//! The same over TLS, with a private authority.

use std::sync::Arc;

use flexio_messaging_node::smpp_client::{SmppClient, SmppNews, StartError, TlsError, TlsOptions};
use flexio_smpp::{DownReason, Outcome, SubmitKey};
use flexio_testkit::smsc::{Behaviour, Smsc};
use tokio::sync::mpsc;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

use super::{next, request, route, up};

const CERTIFICATE: &[u8] = include_bytes!("certs/smsc.pem");
const KEY: &[u8] = include_bytes!("certs/smsc.key");

async fn tls_smsc() -> Smsc {
    let chain = vec![CertificateDer::from_pem_slice(CERTIFICATE).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(KEY).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    Smsc::start_with(Behaviour::default(), move |tcp| acceptor.clone().accept(tcp).into_future())
        .await
        .unwrap()
}

fn options(ca: &str, name: &str) -> TlsOptions {
    let here = std::env::var("CARGO_MANIFEST_DIR").expect("cargo runs the tests");
    TlsOptions {
        server_name: Some(name.to_owned()),
        ca_file: format!("{here}/tests/it/smpp_client/certs/{ca}"),
    }
}

#[tokio::test]
async fn a_route_over_tls_works_as_one_without() {
    let smsc = tls_smsc().await;
    let mut secure = route(&smsc);
    secure.tls = Some(options("ca.pem", "smsc.test"));
    let (handle, mut events) = up(secure).await;
    for key in 0..300 {
        handle.submit(SubmitKey(key), request("x")).await.unwrap();
    }
    let (mut accepted, mut receipts) = (0, 0);
    while accepted < 300 || receipts < 300 {
        match next(&mut events).await {
            SmppNews::Submitted { outcome: Outcome::Accepted { .. }, .. } => accepted += 1,
            SmppNews::Receipt { ack, .. } => {
                ack.accept();
                receipts += 1;
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_certificate_of_another_authority_or_name_is_not_spoken_to() {
    let smsc = tls_smsc().await;
    for wrong in [options("other-ca.pem", "smsc.test"), options("ca.pem", "other.test")] {
        let mut secure = route(&smsc);
        secure.tls = Some(wrong);
        let (sender, mut events) = mpsc::channel(10);
        let _handle = SmppClient::start(secure, sender).unwrap();
        assert!(matches!(next(&mut events).await, SmppNews::Down { reason: DownReason::Lost, .. }));
    }
    assert_eq!(smsc.record().binds, 0, "no password was shown");
}

#[tokio::test]
async fn unusable_authorities_are_told_at_the_start() {
    let smsc = Smsc::start(Behaviour::default()).await.unwrap();
    let mut secure = route(&smsc);
    secure.tls = Some(options("smsc.key", "smsc.test"));
    let refused = SmppClient::start(secure, mpsc::channel(1).0);
    assert!(matches!(refused, Err(StartError::Tls(TlsError::Authorities(_)))));
}
