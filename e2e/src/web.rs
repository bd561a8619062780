//! A customer's web server: answers what the test says, remembers what it was asked, and misbehaves on demand.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::PATIENCE;

/// Longest request that is read, in bytes.
const REQUEST_MAX: usize = 1 << 20;

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Request {
    /// `GET`, `POST`.
    pub method: String,
    /// Path without query.
    pub path: String,
    /// Path and query as sent.
    pub target: String,
    /// Names in lower case.
    pub headers: HashMap<String, String>,
    /// Form or query parameters, in order.
    pub params: Vec<(String, String)>,
    /// When it had come.
    pub at: Instant,
}

impl Request {
    /// A parameter's value, empty when absent.
    pub fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(have, _)| have == name).map_or("", |(_, value)| value)
    }
}

/// What a path answers.
#[derive(Debug, Clone)]
pub enum Reply {
    /// Status, content type, body.
    Body(u16, &'static str, Vec<u8>),
    /// 302.
    Redirect(String),
    /// Never answers, but keeps the connection.
    Hang,
    /// A head, then one byte a second.
    Drip,
    /// Closes without an answer.
    Drop,
}

impl Reply {
    /// A document with these verbs.
    pub fn verbs(verbs: &str) -> Self {
        let text = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response>{verbs}</Response>");
        Self::Body(200, "application/xml", text.into_bytes())
    }
}

#[derive(Debug)]
struct Shared {
    replies: Mutex<HashMap<String, Reply>>,
    requests: watch::Sender<Vec<Request>>,
}

/// The server; it ends with the value.
#[derive(Debug)]
pub struct Web {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Web {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Web {
    /// Listens on a free loopback port. Paths nothing was said about answer an empty 200.
    pub async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("loopback has free ports");
        let address = listener.local_addr().expect("it is bound");
        let shared = Arc::new(Shared { replies: Mutex::default(), requests: watch::Sender::default() });
        let serving = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(Arc::clone(&serving), stream));
            }
        });
        Self { address, shared, task }
    }

    /// Absolute URL of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// From now on `path` answers this.
    pub fn answer(&self, path: &str, reply: Reply) {
        self.shared.replies.lock().expect("no panic while held").insert(path.to_owned(), reply);
    }

    /// From now on `path` answers a document with these verbs.
    pub fn verbs(&self, path: &str, verbs: &str) {
        self.answer(path, Reply::verbs(verbs));
    }

    /// Requests to `path` so far.
    pub fn asked(&self, path: &str) -> Vec<Request> {
        self.shared.requests.borrow().iter().filter(|request| request.path == path).cloned().collect()
    }

    /// Waits for requests to `path` until they satisfy `enough`.
    pub async fn wait(&self, path: &str, enough: impl Fn(&[Request]) -> bool) -> Vec<Request> {
        let mut changes = self.shared.requests.subscribe();
        let of_path = |all: &Vec<Request>| -> Vec<Request> {
            all.iter().filter(|request| request.path == path).cloned().collect()
        };
        let waited = tokio::time::timeout(PATIENCE, changes.wait_for(|all| enough(&of_path(all)))).await;
        if let Ok(Ok(all)) = waited {
            return of_path(&all);
        }
        panic!("{path} was not asked as expected: {:#?}", of_path(&self.shared.requests.borrow()));
    }

    /// Waits for the first request to `path`.
    pub async fn first(&self, path: &str) -> Request {
        self.wait(path, |requests| !requests.is_empty()).await.remove(0)
    }
}

async fn serve(shared: Arc<Shared>, mut stream: TcpStream) {
    let Some(request) = read(&mut stream).await else { return };
    let reply = shared.replies.lock().expect("no panic while held").get(&request.path).cloned();
    shared.requests.send_modify(|all| all.push(request));
    match reply.unwrap_or(Reply::Body(200, "text/plain", Vec::new())) {
        Reply::Body(status, content_type, body) => {
            let head = format!(
                "HTTP/1.1 {status} Said\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all(head.as_bytes()).await;
            let _ = stream.write_all(&body).await;
        }
        Reply::Redirect(to) => {
            let head = format!(
                "HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
            let _ = stream.write_all(head.as_bytes()).await;
        }
        Reply::Hang => {
            // Until the other side gives up.
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
        Reply::Drip => {
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: 60000\r\n\r\n";
            let _ = stream.write_all(head.as_bytes()).await;
            while stream.write_all(b" ").await.is_ok() {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
        Reply::Drop => {}
    }
    let _ = stream.shutdown().await;
}

async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        if bytes.len() > REQUEST_MAX || stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: HashMap<String, String> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length: usize = headers.get("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    while bytes.len() < head_end + length.min(REQUEST_MAX) {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let form = if method == "POST" { &bytes[head_end..] } else { query.as_bytes() };
    let params = form_urlencoded::parse(form).into_owned().collect();
    Some(Request { method, path: path.to_owned(), headers, params, at: Instant::now(), target })
}
