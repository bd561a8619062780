//! Watchers of dialogs: SUBSCRIBE and the NOTIFYs it brings (RFC 6665, RFC 4235).

use crate::script::*;
use crate::world::*;
use flexio_sip::*;

/// An endpoint with a watcher on a connection of its own, who shows a token.
fn server() -> Script {
    let policy = AuthPolicy {
        realm: "flexio".to_owned(),
        algorithms: vec![Algorithm::Sha256],
        nonce_lifetime: ms(60_000),
    };
    let locals = vec![Local::new(Transport::Ws, address(0))];
    let mut script = Script::with(Config { locals, auth: Some(policy), ..config(0) });
    script.trust = Trust::Unknown;
    script.flow.transport = Transport::Ws;
    script.flow.connection = Some(ConnectionId(7));
    script
}

const TOKEN: &str = "Authorization: Bearer abc.def.ghi\n";

fn subscribe(call_id: &str, expires_s: u32, lines: &str) -> String {
    invite(call_id, &format!("Event: dialog;id=4\nExpires: {expires_s}\n{lines}"))
        .replace("INVITE", "SUBSCRIBE")
}

fn asked(script: &mut Script) -> SubscriptionId {
    match script.events().as_slice() {
        [Event::Subscribe(asked)] => asked.id,
        other => panic!("{other:?}"),
    }
}

/// A watcher who was accepted and told this; our 200 and NOTIFY.
fn watching(script: &mut Script, expires_s: u32) -> (SubscriptionId, Sent, Sent) {
    script.receive(&subscribe("w1", expires_s, TOKEN));
    let id = asked(script);
    script.end.accept_subscription(script.now, id).unwrap();
    script.end.notify_dialogs(script.now, id, b"<one/>").unwrap();
    let mut sent = script.sent();
    assert_eq!(sent.iter().map(Sent::what).collect::<Vec<_>>(), ["200 SUBSCRIBE", "NOTIFY"]);
    let notify = sent.remove(1);
    (id, sent.remove(0), notify)
}

#[test]
fn a_watcher_is_asked_who_he_is_accepted_told_and_told_again_when_he_refreshes() {
    let mut script = server();
    script.receive(&subscribe("w0", 600, ""));
    assert_eq!(script.whats(), ["401 SUBSCRIBE"]);
    let (id, answer, notify) = watching(&mut script, 7_200);
    assert_eq!(answer.header("Expires"), "600");
    assert_eq!(
        ["Event", "Subscription-State", "Content-Type"].map(|name| notify.header(name)),
        ["dialog;id=4", "active;expires=600", "application/dialog-info+xml"]
    );
    assert_eq!((notify.message.body(), notify.to.connection), (&b"<one/>"[..], Some(ConnectionId(7))));
    assert_eq!(notify.header("To"), "<sip:peer@192.0.2.2>;tag=theirs");
    script.answer(&notify.message, 200, "", "");
    script.now += ms(500_000);
    script.receive(&in_dialog(&answer.message, "SUBSCRIBE", 11, "Event: dialog;id=4\nExpires: 300\n", ""));
    assert!(matches!(script.events()[..], [Event::Resubscribed { subscription }] if subscription == id));
    assert_eq!(script.one().header("Expires"), "300");
    // It ends by its time, counted anew.
    let told = script.wait(ms(299_000));
    assert_eq!(told, []);
    assert_eq!(script.wait(ms(2_000)), [(800_000, "NOTIFY".to_owned())]);
    assert!(matches!(script.events()[..], [Event::SubscriptionEnded { subscription }] if subscription == id));
    assert_eq!(script.end.notify_dialogs(script.now, id, b""), Err(OpError::UnknownLeg));
    assert_eq!(script.end.stats().subscriptions, 0);
}

#[test]
fn one_notify_is_under_way_and_only_the_newest_of_what_came_meanwhile_follows() {
    let mut script = server();
    let (id, _, notify) = watching(&mut script, 600);
    for document in [&b"<two/>"[..], b"<three/>"] {
        script.end.notify_dialogs(script.now, id, document).unwrap();
    }
    assert_eq!(script.whats(), [""; 0]);
    script.answer(&notify.message, 200, "", "");
    let next = script.one();
    assert_eq!(next.message.body(), b"<three/>");
    assert_eq!((notify.header("CSeq"), next.header("CSeq")), ("1 NOTIFY".into(), "2 NOTIFY".into()));
    script.answer(&next.message, 481, "", "");
    assert!(matches!(script.events()[..], [Event::SubscriptionEnded { subscription }] if subscription == id));
    assert_eq!(script.end.stats().subscriptions, 0);
}

#[test]
fn a_watcher_leaves_is_sent_away_or_is_gone_with_his_connection() {
    let mut script = server();
    let (_, answer, notify) = watching(&mut script, 600);
    script.answer(&notify.message, 200, "", "");
    script.receive(&in_dialog(&answer.message, "SUBSCRIBE", 11, "Event: dialog\nExpires: 0\n", ""));
    let sent = script.sent();
    assert_eq!(sent.iter().map(Sent::what).collect::<Vec<_>>(), ["200 SUBSCRIBE", "NOTIFY"]);
    assert_eq!(sent[1].header("Subscription-State"), "terminated;reason=timeout");
    assert!(matches!(script.events()[..], [Event::SubscriptionEnded { .. }]));
    script.receive(&in_dialog(&answer.message, "SUBSCRIBE", 12, "Event: dialog\nExpires: 600\n", ""));
    assert_eq!(script.whats(), ["481 SUBSCRIBE"]);

    let mut script = server();
    let (id, _, _) = watching(&mut script, 600);
    script.end.end_subscription(script.now, id, "deactivated").unwrap();
    assert_eq!(script.one().header("Subscription-State"), "terminated;reason=deactivated");
    assert!(script.events().is_empty());

    let mut script = server();
    watching(&mut script, 600);
    script.end.connection_closed(script.now, ConnectionId(7));
    assert!(matches!(script.events()[..], [Event::SubscriptionEnded { .. }]));
    assert_eq!(script.end.stats().subscriptions, 0);
}

#[test]
fn one_look_is_told_and_over_at_once() {
    let mut script = server();
    let (id, answer, notify) = watching(&mut script, 0);
    assert_eq!(
        (answer.header("Expires"), notify.header("Subscription-State")),
        ("0".into(), "terminated;reason=timeout".into())
    );
    assert_eq!(notify.message.body(), b"<one/>");
    assert_eq!(script.end.notify_dialogs(script.now, id, b""), Err(OpError::UnknownLeg));
    assert!(script.events().is_empty());
}

#[test]
fn what_cannot_be_watched_is_refused_without_state() {
    let mut script = server();
    for (lines, status, header, value) in [
        ("Event: message-summary\n", 489, "Allow-Events", "dialog"),
        ("", 489, "Allow-Events", "dialog"),
        ("Event: dialog\nAccept: text/plain\n", 406, "Accept", "application/dialog-info+xml"),
        ("Event: dialog\nExpires: 5\n", 423, "Min-Expires", "60"),
    ] {
        script.receive(&invite("x", &format!("{lines}{TOKEN}")).replace("INVITE", "SUBSCRIBE"));
        let answer = script.one();
        assert_eq!(
            (answer.message.status(), answer.header(header)),
            (Some(status), value.to_owned()),
            "{lines}"
        );
        script.now += ms(1_000);
    }
    assert_eq!(script.end.stats().subscriptions, 0);
    script.receive(&subscribe("w1", 600, TOKEN));
    let id = asked(&mut script);
    assert_eq!(script.end.notify_dialogs(script.now, id, b""), Err(OpError::WrongState));
    script.end.reject_subscription(script.now, id, 404, &ExtraHeaders::new()).unwrap();
    assert_eq!(script.whats(), ["404 SUBSCRIBE"]);
    // An application that does not decide.
    script.receive(&subscribe("w2", 600, TOKEN));
    let id = asked(&mut script);
    assert_eq!(script.wait(ms(21_000)).first().map(|(_, what)| what.as_str()), Some("480 SUBSCRIBE"));
    assert_eq!(script.end.accept_subscription(script.now, id), Err(OpError::UnknownLeg));
}

#[test]
fn a_leg_is_described_as_its_peer_knows_it() {
    let mut script = Script::new();
    let (leg, invite) = script.dial(|_| {});
    let facts = script.end.dialog_of(leg).unwrap();
    assert_eq!((facts.state, facts.their_tag, facts.is_ours), (DialogState::Trying, None, true));
    assert_eq!(
        (facts.call_id, facts.our_uri.as_str()),
        (invite.header("Call-ID"), "sip:+3220000000@192.0.2.1")
    );
    script.answer(&invite.message, 180, "theirs", CONTACT);
    let facts = script.end.dialog_of(leg).unwrap();
    assert_eq!((facts.state, facts.their_tag.as_deref()), (DialogState::Early, Some("theirs")));
    assert!(invite.header("From").ends_with(&facts.our_tag), "{facts:?}");
    script.answer(&invite.message, 200, "theirs", CONTACT);
    assert_eq!(script.end.dialog_of(leg).unwrap().state, DialogState::Confirmed);
    script.end.bye(script.now, leg, None).unwrap();
    assert_eq!(script.end.dialog_of(leg), None);
}
