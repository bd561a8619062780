//! MESSAGE outside dialogs (RFC 3428): a text to somebody's phone, and one from it.
//!
//! One that comes in is challenged, whoever sends it, as a REGISTER is: who wrote it is what its reader goes by. It is answered when the
//! application has decided, and it has to decide in 20 s.

use std::time::Duration;

use super::client::Purpose;
use super::dialog::{local_for, write_line};
use super::tables::TxKey;
use super::{Endpoint, Source};
use crate::event::{Event, PageId, Paged, SentPageId};
use crate::header::ExtraHeaders;
use crate::message::{Message, write_body, write_name_addr};
use crate::request::{OpError, PageRequest};
use crate::scan;

/// Most bytes of a text.
const MAX_BODY: usize = 16 * 1024;

impl Endpoint {
    pub(super) fn receive_page(&mut self, source: Source, key: TxKey, request: Message) {
        let Some(authorization) = self.authorization(source, &request, "MESSAGE") else { return };
        let tag = self.random.next_u64();
        let id = PageId(self.start_server(&request, source.flow, key, tag));
        let Source { flow, trust, .. } = source;
        self.events.push_back(Event::Paged(Box::new(Paged { id, flow, trust, authorization, request })));
    }

    /// Answers an [`Event::Paged`] with 200 to 699: 200 when the text has arrived, 202 when it is on its way (RFC 3428 §7).
    pub fn answer_page(
        &mut self,
        now: Duration,
        id: PageId,
        status: u16,
        extra: &ExtraHeaders,
    ) -> Result<(), OpError> {
        let tx = self.not_decided(now, id.0)?;
        if !(200..700).contains(&status) {
            return Err(OpError::BadStatus);
        }
        self.respond(tx, status, None, extra.lines(), None);
        Ok(())
    }

    /// Asks for credentials once more: the nonce was used before, or is too old.
    pub fn challenge_page(&mut self, now: Duration, id: PageId) -> Result<(), OpError> {
        self.challenge_again(now, id.0)
    }

    /// Sends a text; [`Event::PageAnswered`] follows, at the latest after 64·T1.
    pub fn page(&mut self, now: Duration, request: PageRequest) -> Result<SentPageId, OpError> {
        self.tick(now);
        let PageRequest { uri, from, to, destination, content_type, body, headers } = request;
        if body.len() > MAX_BODY {
            return Err(OpError::TooLarge);
        }
        if content_type.chars().any(char::is_control) {
            return Err(OpError::BadText);
        }
        let [branch, tag, call_id] = [0; 3].map(|_| self.random.next_u64());
        let local = local_for(&self.locals, &destination).ok_or(OpError::NoDestination)?;
        let out = &mut self.scratch;
        out.clear();
        for part in ["MESSAGE ", uri.as_str(), " SIP/2.0\r\n"] {
            out.extend_from_slice(part.as_bytes());
        }
        local.write_via(out, branch);
        out.extend_from_slice(b"Max-Forwards: 70\r\nFrom: ");
        write_name_addr(out, &from);
        out.extend_from_slice(b";tag=");
        scan::push_hex(out, tag);
        out.extend_from_slice(b"\r\nTo: ");
        write_name_addr(out, &to);
        out.extend_from_slice(b"\r\nCall-ID: ");
        scan::push_hex(out, call_id);
        // Without Contact, which RFC 3428 §4 forbids.
        out.extend_from_slice(b"\r\nCSeq: 1 MESSAGE\r\n");
        out.extend_from_slice(headers.lines());
        out.extend_from_slice(&self.agent_line);
        write_line(out, b"Content-Type: ", content_type.as_bytes());
        write_body(out, &body);
        let bytes = out.as_slice().into();
        self.pages_sent += 1;
        let id = self.pages_sent;
        self.start_client(Purpose::Page(id), branch, false, bytes, destination);
        Ok(SentPageId(id))
    }

    pub(super) fn page_answered(&mut self, id: u64, status: u16, is_heard: bool) {
        self.events
            .push_back(Event::PageAnswered { page: SentPageId(id), status: is_heard.then_some(status) });
    }
}
