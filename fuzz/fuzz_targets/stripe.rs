//! Any body of an event that Stripe signed, and any header beside it: no panic; what is read is read the same way again, and whatever of it
//! fits a payment balances.
#![no_main]

use std::sync::Arc;

use flexio_domain::{AccountSid, Currency, Money, PaymentIntent, PaymentIntentSid, Timestamp};
use flexio_payments::stripe::Stripe;
use flexio_payments::{PaymentHttp, PaymentProvider, ProviderRequest, book};
use hmac::{Hmac, KeyInit, Mac};
use libfuzzer_sys::fuzz_target;
use sha2::Sha256;

const SECRET: &str = "whsec_of_the_fuzzer";

/// Nobody is asked anything.
#[derive(Debug)]
struct Nobody;

#[async_trait::async_trait]
impl PaymentHttp for Nobody {
    async fn send(&self, _: &ProviderRequest) -> Result<(u16, Vec<u8>), String> {
        Err("an event is read without asking".to_owned())
    }
}

fn signed(payload: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(b"1000.");
    mac.update(payload);
    let digits: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t=1000,v1={digits}")
}

fn intent() -> PaymentIntent {
    let (sid, account_sid) = (PaymentIntentSid::from_u128(1), AccountSid::from_u128(1));
    let amount = (Money::from_micros(25_000_000), Currency::EUR);
    PaymentIntent::open(sid, account_sid, amount, "stripe", Timestamp::UNIX_EPOCH)
}

fuzz_target!(|input: (&str, &[u8])| {
    let (header, payload) = input;
    let stripe = Stripe::new(Arc::new(Nobody), String::new(), SECRET.to_owned());
    let now = Timestamp::from_second(1_000).expect("a second of 1970");
    // Who does not know the secret is not believed.
    assert!(stripe.event(header, payload, now).is_err());
    let header = signed(payload);
    let Ok(event) = stripe.event(&header, payload, now) else { return };
    assert_eq!(stripe.event(&header, payload, now).as_ref(), Ok(&event));
    let Some(fact) = &event.fact else { return };
    if let Ok(Some(booked)) = book(&intent(), fact, Money::ZERO, now) {
        for posting in &booked.postings {
            let sum: Money = posting.legs.iter().map(|leg| leg.amount).sum();
            assert_eq!(sum, Money::ZERO);
        }
    }
});
