//! SIGKILL at any moment: what was answered with 2xx is kept, nothing is sent or charged twice.
//!
//! `FLEXIO_KILLS` sets the number of kills, `FLEXIO_SEED` repeats a run.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flexio_e2e::eventually;
use flexio_e2e::flexio::{Flexio, Setup};
use flexio_e2e::rest::{OVER, Rest};
use flexio_e2e::smsc::Smsc;
use flexio_e2e::web::Web;
use serde_json::Value;

const KILLS: u64 = 50;
/// Off-net; the sandbox carrier answers it.
const FRIEND: &str = "+32470123456";
const PERSON: &str = "+32470111222";

/// SplitMix64.
struct Lot(u64);

impl Lot {
    fn draw(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % below
    }
}

fn number_of(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// A creation: where, what, under which key.
#[derive(Debug, Clone)]
struct Wish {
    path: &'static str,
    form: Vec<(&'static str, String)>,
    key: String,
}

/// What the customer's program remembers.
#[derive(Debug, Default)]
struct Memory {
    /// Answered with 2xx: path of the resource, and what it was asked for.
    kept: Vec<(String, Wish)>,
    /// No answer came: to be asked again under the same key.
    open: Vec<Wish>,
}

struct Customer {
    memory: Mutex<Memory>,
    number: String,
    hook: String,
    /// Told of the states of messages.
    status: String,
}

impl Customer {
    /// Asks; false when flexio is gone.
    async fn ask(&self, rest: &Rest, wish: Wish) -> bool {
        let form: Vec<(&str, &str)> = wish.form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let key = [("Idempotency-Key", wish.key.as_str())];
        match rest.try_post(&rest.path(&format!("{}.json", wish.path)), &form, &key).await {
            Ok(answer) => {
                let made = answer.ok();
                let path = format!("{}/{}.json", wish.path, made["sid"].as_str().expect("a sid"));
                self.memory.lock().expect("no panic while held").kept.push((path, wish));
                true
            }
            Err(_) => {
                self.memory.lock().expect("no panic while held").open.push(wish);
                false
            }
        }
    }

    fn message(&self, id: &str) -> Wish {
        // Every third is long: two segments, each with the id.
        let is_long = id.ends_with(['0', '3', '6', '9']);
        let body = if is_long { format!("{id} {} {id}", "x".repeat(200)) } else { id.to_owned() };
        let ends = [("From", self.number.clone()), ("To", PERSON.to_owned())];
        let form =
            ends.into_iter().chain([("Body", body), ("StatusCallback", self.status.clone())]).collect();
        Wish { path: "/Messages", form, key: format!("m-{id}") }
    }

    fn call(&self, id: &str) -> Wish {
        let form = vec![("From", self.number.clone()), ("To", FRIEND.to_owned()), ("Url", self.hook.clone())];
        Wish { path: "/Calls", form, key: format!("c-{id}") }
    }

    fn rent(number: &str) -> Wish {
        let form = vec![("PhoneNumber", number.to_owned())];
        Wish { path: "/IncomingPhoneNumbers", form, key: format!("n-{number}") }
    }

    /// Messages as fast as they are taken, and now and then a call and a number, until flexio is gone.
    async fn traffic(self: Arc<Self>, rest: Rest, round: u64, number: Option<String>) {
        let messages = |lane: u64| {
            let (me, rest) = (Arc::clone(&self), rest.clone());
            async move {
                for n in 0..100_u64 {
                    if !me.ask(&rest, me.message(&format!("r{round}-l{lane}-{n}"))).await {
                        return;
                    }
                    tokio::time::sleep(Duration::from_millis(15)).await;
                }
            }
        };
        let calls = async {
            for n in 0..8_u64 {
                if !self.ask(&rest, self.call(&format!("r{round}-{n}"))).await {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        let numbers = async {
            if let Some(number) = number {
                self.ask(&rest, Self::rent(&number)).await;
            }
        };
        tokio::join!(messages(1), messages(2), calls, numbers);
    }
}

async fn stock(rest: &Rest) -> Vec<String> {
    let found = rest.get("/AvailablePhoneNumbers/BE/Local.json?PageSize=100").await;
    let rows = found["available_phone_numbers"].as_array().expect("a list");
    rows.iter().filter_map(|row| row["phone_number"].as_str().map(ToOwned::to_owned)).collect()
}

async fn nothing_is_left_open(rest: &Rest) {
    for status in ["queued", "ringing", "in-progress"] {
        let rows = rest.get(&format!("/Calls.json?Status={status}&PageSize=1000")).await;
        assert_eq!(rows["calls"].as_array().map(Vec::len), Some(0), "{status} after a restart: {rows}");
    }
}

/// Each thing the customer was promised exists, as asked, once.
async fn everything_kept_exists(rest: &Rest, kept: &[(String, Wish)]) {
    let mut sids = HashMap::new();
    for (path, wish) in kept {
        let found = rest.get(path).await;
        for (name, field) in [("Body", "body"), ("PhoneNumber", "phone_number"), ("To", "to")] {
            if let Some((_, value)) = wish.form.iter().find(|(have, _)| *have == name) {
                assert_eq!(found[field], *value, "{path}");
            }
        }
        assert!(sids.insert(path.clone(), wish.key.clone()).is_none(), "{path} was given twice");
    }
}

fn micros(price: &Value) -> i64 {
    let text = price.as_str().unwrap_or("0");
    let value: f64 = text.parse().expect("a price");
    #[expect(clippy::cast_possible_truncation, reason = "some hundred euro in micro-euro")]
    let micros = (value.abs() * 1e6).round() as i64;
    micros
}

/// Every message has come to rest in a state that the carrier's own log bears out; gives what they cost.
async fn messages_tell_the_truth(rest: &Rest, smsc: &Smsc, kills: u64) -> i64 {
    let settled = rest.messages_at_rest().await;
    let mut seen: HashMap<String, usize> = HashMap::new();
    for submit in smsc.submits() {
        // A part is known by its text and its place.
        let place = submit["udh"].as_str().map_or("", |udh| &udh[udh.len() - 4..]);
        *seen.entry(format!("{place} {}", submit["text"].as_str().unwrap_or_default())).or_default() += 1;
    }
    for (text, count) in &seen {
        assert_eq!(*count, 1, "sent twice: {text}");
    }
    for row in &settled {
        let body = row["body"].as_str().expect("a body");
        let first: String = body.chars().take(153).collect();
        let left = seen.contains_key(&format!(" {body}")) || seen.contains_key(&format!("0201 {first}"));
        let status = row["status"].as_str().expect("a status");
        assert!(left || !["sent", "delivered"].contains(&status), "never left: {row}");
        if !left {
            assert_eq!(micros(&row["price"]), 0, "charged for nothing: {row}");
        }
    }
    // Only what was in the carrier's window at a kill may be unknown: the window is 10, and it fills again after a restart.
    let unknown = settled.iter().filter(|row| row["status"] == "sending").count() as u64;
    assert!(unknown <= kills * 20, "{unknown} messages of unknown outcome");
    settled.iter().map(|row| micros(&row["price"])).sum()
}

/// Each state was told at least once, no earlier one after a later one, and the last one is the message's.
async fn states_are_told_in_order(rest: &Rest, web: &Web) {
    const ORDER: [&str; 5] = ["sending", "sent", "delivered", "undelivered", "failed"];
    let rows = rest.all("/Messages", "messages").await;
    let told = eventually("the last state of each message is told", || async {
        let mut told: HashMap<String, Vec<String>> = HashMap::new();
        for request in web.asked("/status") {
            let states = told.entry(request.param("MessageSid").to_owned()).or_default();
            states.push(request.param("MessageStatus").to_owned());
        }
        let is_told = |row: &Value| {
            let states = row["sid"].as_str().and_then(|sid| told.get(sid));
            states.and_then(|states| states.last()).is_some_and(|last| row["status"] == last.as_str())
        };
        rows.iter().all(is_told).then_some(told)
    })
    .await;
    for (sid, states) in told {
        let places: Vec<_> = states.iter().map(|state| ORDER.iter().position(|one| one == state)).collect();
        assert!(places.is_sorted() && places[0].is_some(), "{sid}: {states:?}");
    }
}

/// Every leg that was answered is charged once, the others not at all.
async fn calls_are_charged_once(rest: &Rest) {
    for call in rest.all("/Calls", "calls").await {
        let sid = call["sid"].as_str().expect("a sid");
        let timeline = rest.timeline(sid).await;
        let items = timeline["items"].as_array().expect("a list");
        let is_voice = |item: &&Value| item["usage"].as_str().is_some_and(|usage| usage.starts_with("voice"));
        let voice: Vec<&Value> = items.iter().filter(is_voice).collect();
        assert!(voice.len() <= 1, "{timeline:#}");
        assert!(call["status"] != "completed" || voice.len() == 1, "not metered: {timeline:#}");
        let charged: i64 = voice.iter().map(|event| micros(&event["amount"])).sum();
        assert!((micros(&call["price"]) - charged).abs() <= 5, "{call} {timeline:#}");
    }
}

async fn settle(flexio: &Flexio, customer: &Customer) {
    let open = std::mem::take(&mut customer.memory.lock().expect("no panic while held").open);
    for wish in open {
        // A first try that is still being carried out would be told as a conflict; after a restart there is none.
        assert!(customer.ask(&flexio.rest, wish).await, "flexio runs");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_promised_survives_kills_and_nothing_is_sent_or_charged_twice() {
    let nanos = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().subsec_nanos();
    let seed = number_of("FLEXIO_SEED", u64::from(nanos));
    let kills = number_of("FLEXIO_KILLS", KILLS);
    eprintln!("FLEXIO_SEED={seed} FLEXIO_KILLS={kills}");
    let mut lot = Lot(seed);
    let (smsc, web) = (Smsc::start(20).await, Web::start().await);
    web.verbs("/out", r#"<Pause length="60"/>"#);
    let mut flexio = Setup::default().config(&smsc.route()).set("log.level", "warn").start().await;
    let number = flexio.rest.rent(&[]).await;
    let mut stock = stock(&flexio.rest).await;
    let customer = Arc::new(Customer {
        memory: Mutex::default(),
        number,
        hook: web.url("/out"),
        status: web.url("/status"),
    });
    for round in 0..kills {
        let traffic = Arc::clone(&customer).traffic(flexio.rest.clone(), round, stock.pop());
        let traffic = tokio::spawn(traffic);
        tokio::time::sleep(Duration::from_millis(20 + lot.draw(800))).await;
        flexio.kill().await;
        traffic.await.unwrap();
        flexio.serve().await;
        nothing_is_left_open(&flexio.rest).await;
        settle(&flexio, &customer).await;
    }
    flexio.kill().await;
    flexio.serve().await;
    nothing_is_left_open(&flexio.rest).await;
    let kept = std::mem::take(&mut customer.memory.lock().unwrap().kept);
    eprintln!("{} creations were answered with 2xx", kept.len());
    everything_kept_exists(&flexio.rest, &kept).await;
    for (path, member) in
        [("/Messages", "messages"), ("/Calls", "calls"), ("/IncomingPhoneNumbers", "incoming_phone_numbers")]
    {
        let asked = kept.iter().filter(|(_, wish)| wish.path == path).count();
        // The number that everything is sent from was rented before.
        let before = usize::from(path == "/IncomingPhoneNumbers");
        assert_eq!(flexio.rest.all(path, member).await.len(), asked + before, "{path}: one for each wish");
    }
    let paid = messages_tell_the_truth(&flexio.rest, &smsc, kills).await;
    states_are_told_in_order(&flexio.rest, &web).await;
    let usage = flexio.rest.get("/Usage/Records/Today.json?Category=sms-outbound").await;
    assert_eq!(micros(&usage["usage_records"][0]["price"]), paid, "{usage}");
    for call in flexio.rest.all("/Calls", "calls").await {
        assert!(OVER.contains(&call["status"].as_str().unwrap()), "{call}");
    }
    calls_are_charged_once(&flexio.rest).await;
    flexio.kill().await;
    let proof = flexio.prove().await;
    assert_eq!(
        (&proof["sum"], &proof["unbalanced"], &proof["unposted"]),
        (&"0.000000".into(), &0.into(), &0.into())
    );
}
