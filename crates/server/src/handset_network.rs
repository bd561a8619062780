//! The sandbox carrier as the handsets know it: the calls of one node, the messages of the other, one voice.

use std::sync::Arc;

use async_trait::async_trait;
use flexio_app::handsets::{HandsetAct, HandsetFault, HandsetNetwork};
use flexio_domain::{E164, HandsetCallSid, MessageSid};
use flexio_messaging_node::sandbox::Uplink;
use flexio_speech::{Keep, SayRequest, Speech, Voice};
use flexio_voice_node::sandbox::Carrier;

#[derive(Debug)]
pub(crate) struct SandboxNetwork {
    pub calls: Arc<Carrier>,
    pub messages: Uplink,
    pub speech: Speech,
}

#[async_trait]
impl HandsetNetwork for SandboxNetwork {
    async fn send(&self, from: &E164, to: &E164, body: &str) -> Result<MessageSid, HandsetFault> {
        let kept = self.messages.receive(from.as_str(), to.as_str(), body).await;
        kept.map_err(|error| {
            tracing::info!(%error, "handset_message_not_taken");
            HandsetFault::NotTaken
        })
    }

    fn call(&self, sid: HandsetCallSid, from: &E164, to: &E164) {
        self.calls.dial(sid, from, to);
    }

    async fn act(&self, sid: HandsetCallSid, act: HandsetAct) -> Result<(), HandsetFault> {
        self.calls.act(sid, act)
    }

    async fn join(&self, sid: HandsetCallSid, offer: &str) -> Result<String, HandsetFault> {
        self.calls.join(sid, offer).await
    }

    async fn speak(&self, text: &str, language: &str) -> Result<Vec<i16>, HandsetFault> {
        let request =
            SayRequest { text, language, voice: Voice::default(), named: None, keep: Keep::Nowhere };
        let spoken = self.speech.say(request).await.map_err(|_| HandsetFault::NotSpoken)?;
        Ok(spoken.prompt.pcm.to_vec())
    }
}
