//! REGISTER, both sides.

use std::time::Duration;

use crate::script::*;
use crate::world::*;
use flexio_sip::*;

fn policy() -> AuthPolicy {
    AuthPolicy {
        realm: "flexio".to_owned(),
        algorithms: vec![Algorithm::Sha256, Algorithm::Md5],
        nonce_lifetime: Duration::from_secs(60),
    }
}

fn password(text: &str) -> Secret {
    Secret::Password(text.to_owned())
}

fn request(to: Destination) -> RegisterRequest {
    RegisterRequest {
        registrar: uri("sip:192.0.2.2"),
        aor: NameAddr::new(uri("sip:alice@192.0.2.2")),
        contact_user: "alice".to_owned(),
        expires: Duration::from_secs(600),
        destinations: vec![to],
        route: Vec::new(),
        login: Some(Login { username: "alice".to_owned(), secret: password("correct horse") }),
    }
}

/// Side 0 is a phone, side 1 a registrar.
fn world(seed: u64, weather: Weather) -> World {
    World::with(seed, weather, [config(0), Config { auth: Some(policy()), ..config(1) }])
}

/// The registrar's application: who has the password is registered for what he asks, at most 600 s.
fn serve(world: &mut World, event: &Event) -> Option<Registering> {
    let Event::Register(asked) = event else { return None };
    let now = world.now;
    let end = &mut world.ends[1];
    match end.verify(now, asked.authorization.digest().unwrap(), Some(&password("correct horse"))) {
        Verdict::Accepted => {
            let bindings: Vec<_> = asked
                .contacts
                .iter()
                .filter(|c| c.expires_s > 0)
                .map(|c| Binding { uri: c.uri.clone(), expires_s: c.expires_s.min(600) })
                .collect();
            end.accept_register(now, asked.id, &bindings, &ExtraHeaders::new()).unwrap();
        }
        Verdict::Stale => end.challenge_register(now, asked.id).unwrap(),
        Verdict::Wrong => end.reject_register(now, asked.id, 403, &ExtraHeaders::new()).unwrap(),
    }
    Some((**asked).clone())
}

/// Runs with the registrar answering; events of the phone, and what was asked.
fn run(world: &mut World, time: Duration) -> (Vec<Event>, Vec<Registering>) {
    let end = world.now + time;
    let (mut events, mut asked) = (Vec::new(), Vec::new());
    while let Some(at) = world.next().filter(|&at| at <= end) {
        world.step(at);
        for event in world.events(1) {
            asked.extend(serve(world, &event));
        }
        events.extend(world.events(0));
    }
    world.now = end;
    (events, asked)
}

#[test]
fn a_phone_is_registered_refreshed_in_time_called_on_its_line_and_leaves() {
    let mut world = world(1, CALM);
    let id = world.ends[0].register(world.now, request(Destination::udp(address(1)))).unwrap();
    let (events, asked) = run(&mut world, ms(100));
    assert!(
        matches!(events[..], [Event::Registered { registration, expires_s: 600, seen_as: Some(seen) }]
            if registration == id && seen == address(0)),
        "{events:?}"
    );
    let [first] = &asked[..] else { panic!("{asked:?}") };
    assert_eq!(
        (first.aor.as_str(), first.contacts.len(), first.removes_all),
        ("sip:alice@192.0.2.2", 1, false)
    );
    assert_eq!((first.contacts[0].expires_s, first.contacts[0].q_milli), (600, 1_000));
    assert_eq!(first.flow.remote, address(0));
    // A call to the Contact comes from nobody we know, and is trusted for its line; one to another line is not.
    let line = first.contacts[0].uri.clone();
    for (line, trust) in [
        (line.as_str().to_owned(), Trust::Trusted),
        (line.as_str().replace("line=", "line=0"), Trust::Unknown),
    ] {
        let text = invite("c1", "").replace("sip:+3225550100@192.0.2.1 SIP", &format!("{line} SIP"));
        let flow = Flow {
            transport: Transport::Udp,
            local: address(0),
            remote: "203.0.113.5:5060".parse().unwrap(),
            connection: None,
        };
        let text = text
            .replace("z9hG4bKc1", &format!("z9hG4bK{}", line.len()))
            .replace("c1", &line.len().to_string());
        world.ends[0].receive_datagram(
            world.now,
            flow,
            Trust::Unknown,
            text.replace('\n', "\r\n").as_bytes(),
        );
        let events = world.events(0);
        let [Event::Incoming(incoming)] = &events[..] else { panic!("{events:?}") };
        assert_eq!((incoming.trust, incoming.line), (trust, (trust == Trust::Trusted).then_some(id)));
        world.ends[0].reject(world.now, incoming.leg, 486, None, &ExtraHeaders::new()).unwrap();
        world.events(0);
    }
    // An hour: refreshed each time well before 600 s are over, and never refused for a nonce that was used.
    let (events, asked) = run(&mut world, Duration::from_secs(3_600));
    assert!(events.iter().all(|event| matches!(event, Event::Registered { .. })), "{events:?}");
    assert!((6..=9).contains(&asked.len()), "{}", asked.len());
    world.ends[0].unregister(world.now, id).unwrap();
    let (events, asked) = run(&mut world, ms(200));
    assert!(matches!(events[..], [Event::Unregistered { registration }] if registration == id), "{events:?}");
    assert_eq!(asked.last().unwrap().contacts[0].expires_s, 0);
    world.assert_clean();
}

#[test]
fn a_wrong_password_is_refused_like_an_unknown_user_and_tried_again_ever_more_seldom() {
    let mut world = world(2, CALM);
    let mut wrong = request(Destination::udp(address(1)));
    wrong.login = Some(Login { username: "alice".to_owned(), secret: password("wrong") });
    world.ends[0].register(world.now, wrong).unwrap();
    let (events, asked) = run(&mut world, Duration::from_secs(86_400));
    let pauses: Vec<u32> = events
        .iter()
        .map(|event| match event {
            Event::RegistrationFailed { status: Some(403 | 503), retry_in_s, .. } => *retry_in_s,
            other => panic!("{other:?}"),
        })
        .collect();
    assert!(pauses[0] <= 15 && pauses[1] <= 30 && *pauses.last().unwrap() >= 900, "{pauses:?}");
    assert!(pauses.len() < 100 && asked.len() <= pauses.len());
}

#[test]
fn a_registration_survives_a_bad_network() {
    for seed in 0..20 {
        let weather = Weather { loss_percent: 20, duplicate_percent: 10, delay_ms: (1, 400) };
        let mut world = world(seed, weather);
        world.record = false;
        let id = world.ends[0].register(world.now, request(Destination::udp(address(1)))).unwrap();
        let (events, _) = run(&mut world, Duration::from_secs(7_200));
        let granted = events.iter().filter(|event| matches!(event, Event::Registered { .. })).count();
        assert!(granted >= 10, "seed {seed}: {granted}");
        world.ends[0].unregister(world.now, id).unwrap();
        let (events, _) = run(&mut world, Duration::from_secs(100));
        assert!(matches!(events.last(), Some(Event::Unregistered { .. })), "seed {seed}");
        world.assert_clean();
    }
}

#[test]
fn the_registrar_in_turn_is_asked_and_wishes_for_longer_lives_are_met() {
    let mut script = Script::new();
    let mut ask = request(Destination::udp("192.0.2.21:5060".parse().unwrap()));
    ask.destinations.push(Destination::udp("192.0.2.22:5060".parse().unwrap()));
    ask.route.push(NameAddr::new(uri("sip:192.0.2.9;lr")));
    let id = script.end.register(script.now, ask).unwrap();
    let first = script.one();
    assert_eq!(
        (first.to.remote, first.header("Route")),
        ("192.0.2.21:5060".parse().unwrap(), "<sip:192.0.2.9;lr>".into())
    );
    assert!(first.header("Contact").contains(";line="), "{}", first.header("Contact"));
    script.answer(&first.message, 503, "x", "Retry-After: 9\n");
    let second = script.one();
    assert_eq!(
        (second.to.remote, second.header("CSeq")),
        ("192.0.2.22:5060".parse().unwrap(), "2 REGISTER".into())
    );
    assert_eq!(second.header("Call-ID"), first.header("Call-ID"));
    script.answer(&second.message, 423, "x", "Min-Expires: 1800\n");
    let third = script.one();
    assert_eq!(third.header("Expires"), "1800");
    script.answer(&third.message, 503, "x", "Retry-After: 100\n");
    assert!(
        matches!(script.events()[..], [Event::RegistrationFailed { registration, status: Some(503), retry_in_s: 100 }] if registration == id)
    );
    let sent = script.wait(Duration::from_secs(101));
    assert_eq!(sent[0], (100_000, "REGISTER".to_owned()));
}

/// A registrar, and a REGISTER of a phone with credentials for the last challenge.
fn registrar() -> Script {
    let mut script = Script::with(Config { auth: Some(policy()), ..config(0) });
    script.trust = Trust::Unknown;
    script
}

fn register_text(n: u32, lines: &str) -> String {
    format!(
        "REGISTER sip:192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKr{n}\n\
         From: <sip:alice@192.0.2.1>;tag=t\nTo: <sip:alice@192.0.2.1>\nCall-ID: reg\nCSeq: {n} REGISTER\nMax-Forwards: 70\n\
         X-Padding: {}\n{lines}Content-Length: 0\n\n",
        "0123456789".repeat(30)
    )
}

/// `Authorization` of `user` for a challenge, by a real client.
fn authorization(challenge: &Message, user: &str, secret: &str) -> String {
    let mut phone = Script::with(config(1));
    let mut ask = request(Destination::udp(address(0)));
    ask.registrar = uri("sip:192.0.2.1");
    ask.login = Some(Login { username: user.to_owned(), secret: password(secret) });
    phone.end.register(phone.now, ask).unwrap();
    let first = phone.one();
    let lines: Vec<_> = challenge
        .get_all(Name::WwwAuthenticate)
        .map(|value| format!("WWW-Authenticate: {}\n", String::from_utf8_lossy(value)))
        .collect();
    phone.answer(&first.message, 401, "x", &lines.concat());
    format!("Authorization: {}\n", phone.one().header("Authorization"))
}

#[test]
fn every_register_is_challenged_even_of_a_trusted_source_and_nothing_is_kept_for_it() {
    for trust in [Trust::Trusted, Trust::Unknown] {
        let mut script = registrar();
        script.trust = trust;
        script.receive(&register_text(1, "Contact: <sip:alice@10.0.0.1>\n"));
        assert_eq!(script.whats(), ["401 REGISTER"]);
        assert!(script.events().is_empty());
        assert_eq!(script.end.stats(), Stats::default());
    }
    let mut script = Script::new();
    script.receive(&register_text(1, "Contact: <sip:alice@10.0.0.1>\n"));
    assert_eq!(script.whats(), ["405 REGISTER"], "without a policy there is no registrar");
}

#[test]
fn what_a_register_asks_is_read_and_nonsense_is_refused() {
    for (lines, wanted) in [
        (
            "Contact: <sip:a@10.0.0.1:5062;transport=tcp>;q=0.7;expires=60;+sip.instance=\"<urn:uuid:1>\";reg-id=1\n",
            Some((1, false, 60)),
        ),
        ("Contact: sip:a@h, sip:b@h\nExpires: 120\n", Some((2, false, 120))),
        ("Contact: *\nExpires: 0\n", Some((0, true, 0))),
        ("", Some((0, false, 0))),
        ("Contact: <sip:a@h>\nExpires: soon\n", Some((1, false, 3_600))),
        ("Contact: *\n", None),
        ("Contact: *\nExpires: 60\n", None),
        ("Contact: *, <sip:a@h>\nExpires: 0\n", None),
        ("Contact: <mailto:a@h>\n", None),
        (&format!("Contact: {}\n", ["sip:a@h"; 11].join(",")), None),
    ] {
        let mut script = registrar();
        script.receive(&register_text(1, ""));
        let proof = authorization(&script.one().message, "alice", "correct horse");
        script.receive(&register_text(2, &format!("{proof}{lines}")));
        let events = script.events();
        match (&events[..], wanted) {
            ([Event::Register(asked)], Some((count, all, expires_s))) => {
                assert_eq!((asked.contacts.len(), asked.removes_all), (count, all), "{lines}");
                assert!(asked.contacts.iter().all(|c| c.expires_s == expires_s), "{lines}");
                if let [contact] = &asked.contacts[..]
                    && contact.reg_id.is_some()
                {
                    assert_eq!((contact.q_milli, contact.instance.as_deref()), (700, Some("<urn:uuid:1>")));
                }
            }
            ([], None) => assert_eq!(script.whats(), ["400 REGISTER"], "{lines}"),
            other => panic!("{lines}: {other:?}"),
        }
    }
}

#[test]
fn who_guesses_has_to_wait_and_at_last_is_not_answered_while_others_are() {
    let mut script = registrar();
    let mut number = 0;
    let mut guess = |script: &mut Script, user: &str, secret: &str| {
        number += 2;
        script.now += ms(300);
        script.receive(&register_text(number, ""));
        let proof = authorization(&script.one().message, user, secret);
        script.receive(&register_text(number + 1, &proof));
        for event in script.events() {
            let Event::Register(asked) = event else { panic!("{event:?}") };
            let known = (asked.authorization.digest().unwrap().username() == "alice")
                .then(|| password("correct horse"));
            match script.end.verify(script.now, asked.authorization.digest().unwrap(), known.as_ref()) {
                Verdict::Accepted => {
                    script.end.accept_register(script.now, asked.id, &[], &ExtraHeaders::new()).unwrap();
                }
                _ => script.end.reject_register(script.now, asked.id, 403, &ExtraHeaders::new()).unwrap(),
            }
        }
        script.whats()
    };
    for _ in 0..5 {
        assert_eq!(guess(&mut script, "alice", "guess"), ["403 REGISTER"]);
    }
    assert_eq!(guess(&mut script, "alice", "correct horse"), ["503 REGISTER"], "even the right one waits");
    assert_eq!(guess(&mut script, "nobody", "guess"), ["403 REGISTER"], "an unknown user is told the same");
    script.now += Duration::from_secs(5);
    assert_eq!(guess(&mut script, "alice", "correct horse"), ["200 REGISTER"]);
    for user in 0..14 {
        assert_eq!(guess(&mut script, &format!("user{user}"), "guess"), ["403 REGISTER"]);
    }
    assert!(guess(&mut script, "user99", "guess").is_empty(), "the network is blocked");
    assert_eq!(guess(&mut script, "alice", "correct horse"), ["200 REGISTER"], "but not who proved himself");
    script.now += Duration::from_secs(3_601);
    assert_eq!(guess(&mut script, "user99", "guess"), ["403 REGISTER"]);
}
