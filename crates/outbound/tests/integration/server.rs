//! A server that sends exactly the bytes it is told to, and keeps what it was sent.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use flexio_outbound::{
    CookieJar, FetchError, InstructionRequest, InstructionResponse, Outbound, OutboundConfig, Signer,
    WireForm,
};

/// One step of an answer.
#[derive(Debug, Clone)]
pub enum Step {
    Send(Vec<u8>),
    /// One byte, then this long nothing, without end.
    Drip(u8, Duration),
    /// Nothing, until the client goes.
    Hang,
}

/// A running server.
#[derive(Debug, Clone)]
pub struct Server {
    pub address: SocketAddr,
    connections: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Answers each request by `answer(number, request)` on 127.0.0.1, then closes the connection.
    pub async fn start(answer: impl Fn(usize, &str) -> Vec<Step> + Send + Sync + 'static) -> Self {
        Self::start_on("127.0.0.1:0", answer).await
    }

    pub async fn start_on(
        bind: &str,
        answer: impl Fn(usize, &str) -> Vec<Step> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(bind).await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Self { address, connections: Arc::default(), requests: Arc::default() };
        let (ours, answer) = (server.clone(), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                ours.connections.fetch_add(1, Ordering::SeqCst);
                let (ours, answer) = (ours.clone(), Arc::clone(&answer));
                tokio::spawn(async move { ours.serve(stream, &*answer).await });
            }
        });
        server
    }

    /// Always the same bytes.
    pub async fn fixed(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::start(move |_, _| vec![Step::Send(bytes.clone())]).await
    }

    async fn serve(&self, mut stream: TcpStream, answer: &(impl Fn(usize, &str) -> Vec<Step> + Sync)) {
        let Some(request) = read_request(&mut stream).await else { return };
        let number = {
            let mut requests = self.requests.lock().unwrap();
            requests.push(request.clone());
            requests.len() - 1
        };
        for step in answer(number, &request) {
            match step {
                Step::Send(bytes) => {
                    if stream.write_all(&bytes).await.is_err() {
                        return;
                    }
                }
                Step::Drip(byte, pause) => {
                    while stream.write_all(&[byte]).await.is_ok() {
                        tokio::time::sleep(pause).await;
                    }
                }
                Step::Hang => {
                    let _ = stream.read_u8().await;
                }
            }
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Connections accepted so far.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Requests as received: head and body.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let mut piece = [0; 4_096];
        let count = stream.read(&mut piece).await.ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&piece[..count]);
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        if body.len() >= header(head, "content-length").and_then(|length| length.parse().ok()).unwrap_or(0) {
            return Some(text.into_owned());
        }
    }
}

/// A header of a request kept by [`Server`].
pub fn header(request: &str, name: &str) -> Option<String> {
    let head = request.split("\r\n\r\n").next()?;
    let mut fields = head.lines().skip(1).filter_map(|line| line.split_once(": "));
    fields.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
}

/// A complete answer with a length.
pub fn answer(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let head =
        format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n{headers}\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// A document that is fine.
pub fn document() -> Vec<u8> {
    answer("200 OK", "Content-Type: text/xml\r\n", "<Response/>")
}

/// A redirect.
pub fn redirect(status: u16, location: &str) -> Vec<u8> {
    answer(&format!("{status} Elsewhere"), &format!("Location: {location}\r\n"), "")
}

/// A client that may reach loopback.
pub fn open_client() -> Outbound {
    client_allowing(&["127.0.0.0/8"])
}

pub fn client_allowing(networks: &[&str]) -> Outbound {
    let allow_private_cidrs = networks.iter().map(|network| network.parse().unwrap()).collect();
    Outbound::new(OutboundConfig { allow_private_cidrs, ..OutboundConfig::default() }).unwrap()
}

pub fn params() -> Vec<(String, String)> {
    [("CallSid", "CA1"), ("From", "+3225551234")].map(|(name, value)| (name.into(), value.into())).to_vec()
}

/// A POST of [`params`] with the token `12345`.
pub async fn fetch(client: &Outbound, wire: WireForm, url: &str) -> Result<InstructionResponse, FetchError> {
    fetch_with(client, wire, url, &mut CookieJar::new(), None).await
}

pub async fn fetch_with(
    client: &Outbound,
    wire: WireForm,
    url: &str,
    cookies: &mut CookieJar,
    timeout: Option<Duration>,
) -> Result<InstructionResponse, FetchError> {
    let (params, signer) = (params(), Signer::new("12345"));
    let request = InstructionRequest {
        url,
        method: flexio_domain::HttpMethod::Post,
        params: &params,
        signer: &signer,
        cookies,
        timeout,
        wire,
        idempotency_token: Some("token-1"),
    };
    client.fetch_instructions(request).await
}
