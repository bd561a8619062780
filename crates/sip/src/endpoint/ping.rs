//! OPTIONS outside dialogs: is the peer alive? (RFC 3261 §11)

use std::time::Duration;

use super::Endpoint;
use super::client::{ClientTx, Purpose, reissue};
use super::dialog::{local_for, write_line};
use crate::digest::ClientAuth;
use crate::event::{Event, PingId};
use crate::message::{Message, write_body, write_name_addr};
use crate::request::{OpError, OptionsRequest};
use crate::scan;
use crate::slab::Key;

/// An OPTIONS without answer.
#[derive(Debug)]
pub(super) struct Ping {
    uri: String,
    auth: Option<ClientAuth>,
    cseq: u32,
}

impl Endpoint {
    /// Sends OPTIONS; [`Event::Pong`] follows, at the latest after 64·T1.
    pub fn options(&mut self, now: Duration, request: OptionsRequest) -> Result<PingId, OpError> {
        self.tick(now);
        let OptionsRequest { uri, from, destination: to, login } = request;
        let [branch, tag, call_id] = [0; 3].map(|_| self.random.next_u64());
        let local = local_for(&self.locals, &to).ok_or(OpError::NoDestination)?;
        let out = &mut self.scratch;
        out.clear();
        for part in ["OPTIONS ", uri.as_str(), " SIP/2.0\r\n"] {
            out.extend_from_slice(part.as_bytes());
        }
        local.write_via(out, branch);
        out.extend_from_slice(b"Max-Forwards: 70\r\nFrom: ");
        write_name_addr(out, &from);
        out.extend_from_slice(b";tag=");
        scan::push_hex(out, tag);
        out.extend_from_slice(b"\r\nTo: <");
        out.extend_from_slice(uri.as_str().as_bytes());
        out.extend_from_slice(b">\r\nCall-ID: ");
        scan::push_hex(out, call_id);
        out.extend_from_slice(b"\r\nCSeq: 1 OPTIONS\r\n");
        write_line(out, b"Contact: ", &local.contact(&self.config.contact_user));
        out.extend_from_slice(b"Accept: application/sdp\r\n");
        out.extend_from_slice(&self.agent_line);
        write_body(out, b"");
        let bytes = out.as_slice().into();
        let ping = Ping { uri: uri.as_str().to_owned(), auth: login.map(ClientAuth::new), cseq: 1 };
        let ping = self.pings.insert(ping);
        self.start_client(Purpose::Ping(ping), branch, false, bytes, to);
        Ok(PingId(ping))
    }

    pub(super) fn ping_answered(&mut self, tx: &ClientTx, key: Key, status: u16, response: Option<&Message>) {
        let branch = self.random.next_u64();
        if let (Some(response), Some(ping)) = (response, self.pings.get_mut(key))
            && let Some(auth) = &mut ping.auth
            && auth.take(response)
        {
            let mut lines = Vec::new();
            auth.lines(&mut self.random, "OPTIONS", &ping.uri, &mut lines);
            ping.cseq += 1;
            let bytes = reissue(&tx.request, branch, ping.cseq, &lines);
            self.start_client(tx.purpose, branch, false, bytes, tx.to);
            return;
        }
        self.pings.remove(key);
        self.events.push_back(Event::Pong { ping: PingId(key), status: response.map(|_| status) });
    }
}
