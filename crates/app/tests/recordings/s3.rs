//! An S3 server that is not ours: the npm package `s3rver`, which checks signatures.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::{ClientOptions, ObjectStore, RetryConfig};
use tempfile::TempDir;

pub struct S3 {
    folder: TempDir,
    port: u16,
    server: Option<Child>,
}

impl S3 {
    pub fn start() -> Self {
        let mut s3 = Self { folder: tempfile::tempdir().unwrap(), port: 0, server: None };
        s3.restart();
        s3
    }

    /// Starts it again, on the port it had.
    pub fn restart(&mut self) {
        let peers = "../../e2e/peers";
        let mut server = Command::new("node")
            .arg("s3.mjs")
            .arg(self.folder.path())
            .arg(self.port.to_string())
            .current_dir(peers)
            .stdout(Stdio::piped())
            .spawn()
            .expect("node is missing: run scripts/setup");
        let mut line = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
        self.port = line.trim().parse().expect("s3rver did not start: run scripts/setup");
        self.server = Some(server);
    }

    /// Kills it; what it holds stays.
    pub fn stop(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill().unwrap();
            server.wait().unwrap();
        }
    }

    /// Stops answering, or goes on: connections are made, and nothing comes over them.
    pub fn stall(&self, stalls: bool) {
        let server = self.server.as_ref().unwrap().id().to_string();
        let signal = if stalls { "-STOP" } else { "-CONT" };
        assert!(Command::new("kill").args([signal, &server]).status().unwrap().success());
    }

    pub fn client(&self) -> Arc<dyn ObjectStore> {
        let patience = Duration::from_secs(5);
        let store = AmazonS3Builder::new()
            .with_endpoint(format!("http://127.0.0.1:{}", self.port))
            .with_bucket_name("recordings")
            .with_region("us-east-1")
            .with_access_key_id("S3RVER")
            .with_secret_access_key("S3RVER")
            .with_virtual_hosted_style_request(false)
            .with_client_options(ClientOptions::new().with_allow_http(true).with_timeout(patience))
            .with_retry(RetryConfig { max_retries: 0, ..RetryConfig::default() });
        Arc::new(store.build().unwrap())
    }

    /// Bytes of all objects.
    pub fn bytes(&self) -> u64 {
        self.objects().iter().map(|path| std::fs::metadata(path).unwrap().len()).sum()
    }

    pub fn holds(&self, wanted: &[u8]) -> bool {
        self.objects().iter().any(|path| contains(&std::fs::read(path).unwrap(), wanted))
    }

    fn objects(&self) -> Vec<PathBuf> {
        // Beside each object it keeps its metadata and checksum.
        files(self.folder.path())
            .into_iter()
            .filter(|path| path.to_string_lossy().ends_with("_object"))
            .collect()
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        self.stop();
    }
}

pub fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|seen| seen == wanted)
}

/// All files below a folder.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
