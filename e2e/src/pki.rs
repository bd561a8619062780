//! Certificates of a test, and the TLS client and server they are tried with: all by the `openssl` command.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::programs::{free_port, port_taken, run};

/// Ciphers that the old clients and servers of a test still take, as OpenSSL writes them.
pub const ALL_CIPHERS: &str = "ALL:@SECLEVEL=0";

/// An authority of its own, in a folder that goes with it.
#[derive(Debug)]
pub struct Pki {
    folder: TempDir,
}

/// Files of a certificate and its key (PEM).
#[derive(Debug, Clone)]
pub struct Certificate {
    /// The certificate.
    pub cert: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

async fn openssl(arguments: &[&str]) {
    let done = run(Path::new("openssl"), arguments, &[]).await;
    assert!(done.status.success(), "openssl {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}

/// As an argument.
pub fn shown(path: &Path) -> &str {
    path.to_str().expect("temporary files have plain names")
}

impl Pki {
    /// Makes the authority.
    pub async fn new() -> Self {
        let pki = Self { folder: tempfile::tempdir().expect("there is room for temporary files") };
        pki.self_signed("authority").await;
        pki
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The authority's certificate.
    pub fn authority(&self) -> PathBuf {
        self.file("authority.pem")
    }

    /// A certificate that nobody vouches for but itself.
    pub async fn self_signed(&self, name: &str) -> Certificate {
        let (cert, key) = (self.file(&format!("{name}.pem")), self.file(&format!("{name}.key")));
        let subject = format!("/CN={name}");
        let request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", &subject];
        let files = ["-keyout", shown(&key), "-out", shown(&cert)];
        let names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
        openssl(&[&request[..], &names[..], &files[..]].concat()).await;
        Certificate { cert, key }
    }

    /// A certificate of the authority, called `name`, for `names` such as `DNS:localhost,IP:127.0.0.1`. It ends in `days`: below zero it has.
    pub async fn certificate(&self, name: &str, names: &str, days: i32) -> Certificate {
        let (cert, key) = (self.file(&format!("{name}.pem")), self.file(&format!("{name}.key")));
        let (request, further) = (self.file(&format!("{name}.csr")), self.file(&format!("{name}.ext")));
        std::fs::write(&further, format!("subjectAltName={names}\n")).expect("the folder is ours");
        let subject = format!("/CN={name}");
        let made = ["req", "-newkey", "rsa:2048", "-nodes", "-subj", &subject, "-keyout", shown(&key)];
        openssl(&[&made[..], &["-out", shown(&request)]].concat()).await;
        let (authority, its_key, days) = (self.authority(), self.file("authority.key"), days.to_string());
        let signed =
            ["x509", "-req", "-in", shown(&request), "-CA", shown(&authority), "-CAkey", shown(&its_key)];
        let as_asked = ["-CAcreateserial", "-days", &days, "-extfile", shown(&further), "-out", shown(&cert)];
        openssl(&[&signed[..], &as_asked[..]].concat()).await;
        Certificate { cert, key }
    }

    /// Shakes hands with what listens on the port, as one who trusts the authority alone and wants `localhost`. What was agreed, in OpenSSL's words,
    /// or why nothing was.
    pub async fn shakes(&self, port: u16, arguments: &[&str]) -> Result<String, String> {
        let (target, authority) = (format!("localhost:{port}"), self.authority());
        let client =
            ["s_client", "-brief", "-connect", &target, "-CAfile", shown(&authority), "-verify_return_error"];
        let who = ["-verify_hostname", "localhost", "-servername", "localhost"];
        let done = run(Path::new("openssl"), &[&client[..], &who[..], arguments].concat(), &[]).await;
        let told = String::from_utf8_lossy(&done.stderr).into_owned();
        if done.status.success() && told.contains("CONNECTION ESTABLISHED") { Ok(told) } else { Err(told) }
    }
}

/// OpenSSL's own server on a port of its own; it ends with the value.
#[derive(Debug)]
pub struct TlsServer {
    /// Where it listens.
    pub port: u16,
    _child: Child,
}

impl TlsServer {
    /// Shows the certificate; `-HTTP` among the arguments serves the files of `folder`.
    pub async fn start(certificate: &Certificate, folder: &Path, arguments: &[&str]) -> Self {
        let port = free_port();
        let child = Command::new("openssl")
            .args([
                "s_server",
                "-quiet",
                "-4",
                "-accept",
                &port.to_string(),
                "-cert",
                shown(&certificate.cert),
            ])
            .args(["-key", shown(&certificate.key)])
            .args(arguments)
            .current_dir(folder)
            // Its standard input is what it says to clients: at its end it ends.
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("openssl starts");
        port_taken("tcp", port).await;
        Self { port, _child: child }
    }
}
