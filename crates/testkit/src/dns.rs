//! A name server that knows what a test tells it (RFC 1035, RFC 2782, RFC 3403).

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use tokio::net::UdpSocket;

/// What a name has.
#[derive(Debug, Clone)]
pub enum Record {
    /// An address.
    A(Ipv4Addr),
    /// A host of a service: priority, weight, port, host.
    Srv(u16, u16, u16, &'static str),
    /// A service of a domain: order, preference, service such as `SIP+D2U`, name of its SRV records.
    Naptr(u16, u16, &'static str, &'static str),
}

impl Record {
    fn kind(&self) -> u16 {
        match self {
            Self::A(_) => 1,
            Self::Srv(..) => 33,
            Self::Naptr(..) => 35,
        }
    }

    fn data(&self) -> Vec<u8> {
        let mut data = Vec::new();
        match self {
            Self::A(address) => data.extend(address.octets()),
            Self::Srv(priority, weight, port, host) => {
                for number in [priority, weight, port] {
                    data.extend(number.to_be_bytes());
                }
                push_name(&mut data, host);
            }
            Self::Naptr(order, preference, service, replacement) => {
                for number in [order, preference] {
                    data.extend(number.to_be_bytes());
                }
                // Flags, services, and no expression.
                for text in ["s", service, ""] {
                    push_text(&mut data, text);
                }
                push_name(&mut data, replacement);
            }
        }
        data
    }
}

fn push_text(out: &mut Vec<u8>, text: &str) {
    out.push(u8::try_from(text.len()).expect("a short text"));
    out.extend(text.as_bytes());
}

fn push_name(out: &mut Vec<u8>, name: &str) {
    for label in name.split('.').filter(|label| !label.is_empty()) {
        push_text(out, label);
    }
    out.push(0);
}

/// A running server.
#[derive(Debug, Clone)]
pub struct NameServer {
    address: SocketAddr,
    zone: Arc<Mutex<HashMap<String, Vec<Record>>>>,
    asked: Arc<Mutex<Vec<(String, u16)>>>,
}

impl NameServer {
    /// Answers on loopback over UDP until the runtime ends.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn start() -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port is free");
        let address = socket.local_addr().expect("it is bound");
        let server = Self { address, zone: Arc::default(), asked: Arc::default() };
        let answering = server.clone();
        tokio::spawn(async move {
            let mut buffer = [0; 4_096];
            while let Ok((length, peer)) = socket.recv_from(&mut buffer).await {
                if let Some(answer) = answering.answer(&buffer[..length]) {
                    let _ = socket.send_to(&answer, peer).await;
                }
            }
        });
        server
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The name has these records from now on.
    ///
    /// # Panics
    /// After a panic in the server.
    pub fn set(&self, name: &str, records: Vec<Record>) {
        self.zone.lock().expect("nobody panics").insert(name.to_lowercase(), records);
    }

    /// Names that were asked for, and the numbers of the types.
    ///
    /// # Panics
    /// After a panic in the server.
    pub fn asked(&self) -> Vec<(String, u16)> {
        self.asked.lock().expect("nobody panics").clone()
    }

    fn answer(&self, query: &[u8]) -> Option<Vec<u8>> {
        let mut labels = Vec::new();
        let mut at = 12;
        loop {
            let length = usize::from(*query.get(at)?);
            at += 1;
            if length == 0 {
                break;
            }
            labels.push(String::from_utf8_lossy(query.get(at..at + length)?).to_lowercase());
            at += length;
        }
        let name = labels.join(".");
        let kind = u16::from_be_bytes(query.get(at..at + 2)?.try_into().ok()?);
        self.asked.lock().expect("nobody panics").push((name.clone(), kind));
        let zone = self.zone.lock().expect("nobody panics");
        let known = zone.get(&name);
        let found: Vec<&Record> = known.into_iter().flatten().filter(|r| r.kind() == kind).collect();
        let mut answer = query.get(..2)?.to_vec();
        // An answer with recursion; the name does not exist where nothing is known of it.
        answer.extend([0x81, if known.is_some() { 0x80 } else { 0x83 }, 0, 1]);
        answer.extend(u16::try_from(found.len()).ok()?.to_be_bytes());
        answer.extend([0; 4]);
        answer.extend(query.get(12..at + 4)?);
        for record in found {
            let data = record.data();
            // The name of the question, class IN, one second to live.
            answer.extend([0xC0, 12]);
            answer.extend(kind.to_be_bytes());
            answer.extend([0, 1, 0, 0, 0, 1]);
            answer.extend(u16::try_from(data.len()).ok()?.to_be_bytes());
            answer.extend(data);
        }
        Some(answer)
    }
}
