//! A handset in hand: what is noted of its calls, what whoever holds it does in them, and calls it makes.

use flexio_domain::E164;

use super::*;

/// Longest call of a handset in hand.
pub(super) const TALK_MAX: Duration = Duration::from_secs(3_600);
/// Longest time it rings at the other end.
const RING_MAX: Duration = Duration::from_secs(180);
/// Acts that may wait for a call.
const ACTS: usize = 16;

/// One call of a handset, for as long as something can be done in it.
pub(super) struct Hand {
    number: E164,
    sid: HandsetCallSid,
    acts: mpsc::Receiver<Wish>,
}

impl Hand {
    /// A call to a number that is a handset.
    pub(super) fn called(shared: &Shared, called: &str, request: &sip::Message) -> Option<Self> {
        let number: E164 = called.parse().ok()?;
        let caller = request.from().ok().and_then(|from| from.uri().user_decoded());
        let (sid, now) = (HandsetCallSid::new(), shared.app.clock.now());
        let peer = caller.unwrap_or_else(|| "anonymous".to_owned());
        shared.app.handsets.begin_call(&number, sid, true, &peer, now);
        Some(Self::new(shared, number, sid))
    }

    fn new(shared: &Shared, number: E164, sid: HandsetCallSid) -> Self {
        let (sender, acts) = mpsc::channel(ACTS);
        shared.hands.lock().expect("no panic while held").insert(sid, sender);
        Self { number, sid, acts }
    }

    pub(super) fn answering(&self, shared: &Shared) -> Answering {
        shared.app.handsets.answering(&self.number)
    }
}

impl Carrier {
    /// Calls a number of the platform with a handset; the handset's list tells how it goes.
    pub fn dial(&self, sid: HandsetCallSid, from: &E164, to: &E164) {
        let (sender, inbox) = mpsc::channel(INBOX);
        let mut phone = Phone::new(Arc::clone(&self.shared), CallSender(sender), inbox);
        phone.hand = Some(Hand::new(&self.shared, from.clone(), sid));
        let (from, to) = (from.clone(), to.clone());
        tokio::spawn(async move {
            let unanswered = phone.dial(&from, &to).await;
            phone.let_go(unanswered);
            phone.close(false).await;
        });
    }

    /// Does something in a call of a handset.
    pub fn act(&self, sid: HandsetCallSid, act: HandsetAct) -> Result<(), HandsetFault> {
        self.shared.wish(sid, Wish::Act(act))
    }
}

impl Phone {
    /// What happens next, at the latest at `until`.
    pub(super) async fn next(&mut self, until: Instant) -> Next {
        let wish = async {
            match &mut self.hand {
                Some(hand) => hand.acts.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            input = self.inbox.recv() => input.map_or(Next::Gone, Next::Input),
            Some(wish) = wish => Next::Wish(wish),
            () = tokio::time::sleep_until(until) => Next::Time,
        }
    }

    pub(super) fn heard(&self, key: char) {
        if let Some(hand) = &self.hand {
            self.shared.app.handsets.key_heard(&hand.number, hand.sid, key);
        }
    }

    pub(super) fn note_answer(&self) {
        if let Some(hand) = &self.hand {
            let app = &self.shared.app;
            app.handsets.call_answered(&hand.number, hand.sid, app.clock.now());
        }
    }

    /// The call is over: nothing can be done in it any more.
    pub(super) fn let_go(&mut self, unanswered: CallStatus) {
        let Some(hand) = self.hand.take() else { return };
        self.shared.hands.lock().expect("no panic while held").remove(&hand.sid);
        let app = &self.shared.app;
        app.handsets.call_ended(&hand.number, hand.sid, unanswered, app.clock.now());
    }

    /// Places a call and stays in it. How it ended where it was not answered.
    async fn dial(&mut self, from: &E164, to: &E164) -> CallStatus {
        let Some(offer) = self.invite(from.as_str(), to.as_str()).await else { return CallStatus::Failed };
        let Some(leg) = self.leg else { return CallStatus::Failed };
        let (mut until, mut unanswered) = (Instant::now() + RING_MAX, CallStatus::Failed);
        loop {
            match self.next(until).await {
                Next::Gone => return unanswered,
                Next::Time | Next::Wish(Wish::Act(HandsetAct::HangUp | HandsetAct::Decline)) => {
                    unanswered = CallStatus::Canceled;
                    // From here on it is only waited for the end.
                    until = Instant::now() + RING_MAX;
                    self.shared.sip().order(Order::Bye { leg, reason: None }).await;
                }
                Next::Wish(Wish::Act(HandsetAct::Keys(digits))) => self.media(Command::SendDtmf { digits }),
                Next::Wish(Wish::Act(HandsetAct::Say(samples))) => self.say(samples),
                Next::Wish(Wish::Join(offer, reply)) => self.join(&offer, reply),
                Next::Input(CallInput::Media(media::Event::Dtmf { digit, .. })) => self.heard(digit),
                Next::Input(CallInput::Sip { event, .. }) => match *event {
                    sip::Event::Progress { status: 180..=189, .. } => self.note_ringing(),
                    sip::Event::Answered { response, .. } => {
                        until = Instant::now() + TALK_MAX;
                        self.connect(&offer, &response);
                        self.note_answer();
                    }
                    sip::Event::Failed { status, .. } if unanswered != CallStatus::Canceled => {
                        unanswered = seen(status);
                    }
                    sip::Event::Ended { .. } => return unanswered,
                    _ => {}
                },
                Next::Wish(Wish::Act(HandsetAct::Answer)) | Next::Input(_) => {}
            }
        }
    }

    fn note_ringing(&self) {
        if let Some(hand) = &self.hand {
            self.shared.app.handsets.call_rings(&hand.number, hand.sid);
        }
    }

    fn connect(&self, offer: &Sdp, response: &sip::Message) {
        if self.agree(offer, response) {
            self.media(play(silence(), PlayMode::Replace));
        }
    }
}

/// A refusal as the handset sees it.
const fn seen(status: u16) -> CallStatus {
    match status {
        486 | 600 => CallStatus::Busy,
        408 | 480 | 487 => CallStatus::NoAnswer,
        _ => CallStatus::Failed,
    }
}
