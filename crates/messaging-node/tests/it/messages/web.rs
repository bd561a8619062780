//! A customer's web server: it keeps what it was asked and answers by path.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::watch,
};

use super::PATIENCE;

/// The path that gives a cookie with each answer: the number of the request.
pub(super) const VISITS: &str = "visits";

/// One request.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub path: String,
    pub form: HashMap<String, String>,
    pub headers: HashMap<String, String>,
}

impl Asked {
    pub(super) fn param(&self, name: &str) -> &str {
        self.form.get(name).map_or("", String::as_str)
    }
}

/// What is answered: a status and a document. `None` answers never.
pub(super) type Answer = Option<(u16, String)>;
type Answering = dyn Fn(&Asked) -> Answer + Send + Sync;

pub(super) struct Web {
    port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
    changed: watch::Receiver<usize>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Web {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Web {
    pub(super) async fn start(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        Self::slow(Duration::ZERO, answer).await
    }

    /// Takes its time before each answer.
    pub(super) async fn slow(
        delay: Duration,
        answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (changes, changed) = watch::channel(0);
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (kept, answer): (_, Arc<Answering>) = (Arc::clone(&asked), Arc::new(answer));
        let changes = Arc::new(changes);
        let task = tokio::spawn(async move {
            let mut sessions = tokio::task::JoinSet::new();
            loop {
                let Ok((stream, _)) = listener.accept().await else { return };
                let (kept, answer) = (Arc::clone(&kept), Arc::clone(&answer));
                sessions.spawn(serve(stream, kept, answer, Arc::clone(&changes), delay));
            }
        });
        Self { port, asked, changed, task }
    }

    /// Answers everything with an empty 200.
    pub(super) async fn pleased() -> Self {
        Self::start(|_| Some((200, String::new()))).await
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/{path}", self.port)
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Values of one parameter, in the order of the requests to `path`.
    pub(super) fn values(&self, path: &str, name: &str) -> Vec<String> {
        self.asked().iter().filter(|a| a.path == path).map(|a| a.param(name).to_owned()).collect()
    }

    /// Waits until there were this many requests.
    pub(super) async fn until(&self, requests: usize) {
        let mut changed = self.changed.clone();
        let waiting = changed.wait_for(|seen| *seen >= requests);
        let came = tokio::time::timeout(PATIENCE, waiting).await.is_ok();
        assert!(came, "{} of {requests} requests came: {:?}", self.asked().len(), self.asked());
    }
}

async fn serve(
    stream: TcpStream,
    kept: Arc<Mutex<Vec<Asked>>>,
    answer: Arc<Answering>,
    changes: Arc<watch::Sender<usize>>,
    delay: Duration,
) {
    let mut stream = BufReader::new(stream);
    while let Some(asked) = read(&mut stream).await {
        let count = {
            let mut kept = kept.lock().unwrap();
            kept.push(asked.clone());
            kept.len()
        };
        let answered = answer(&asked);
        changes.send_replace(count);
        tokio::time::sleep(delay).await;
        let Some((status, body)) = answered else {
            tokio::time::sleep(Duration::from_secs(3_600)).await;
            return;
        };
        let cookie = if asked.path == VISITS {
            format!("Set-Cookie: visit={count}; Path=/\r\n")
        } else {
            String::new()
        };
        let kind = if body.is_empty() { "" } else { "Content-Type: text/xml\r\n" };
        let head = format!("HTTP/1.1 {status} X\r\n{kind}{cookie}Content-Length: {}\r\n\r\n", body.len());
        if stream.get_mut().write_all(format!("{head}{body}").as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok().filter(|octets| *octets > 0)?;
    let path = line.split(' ').nth(1)?.trim_start_matches('/').split('?').next()?.to_owned();
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    let form = url::form_urlencoded::parse(&body).into_owned().collect();
    Some(Asked { path, form, headers })
}
