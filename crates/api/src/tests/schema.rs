//! Renderings against Twilio's own published description, where it is at hand.

use serde_json::Value;

use crate::ask::Shown;
use crate::dialect::{Face, Format};
use crate::operation::{Shows, TABLE};
use crate::write::Writer;

/// Operations whose resource has another name there, and properties this platform has no such thing for.
const SCHEMAS: &[(&str, &str)] = &[
    ("accounts.fetch", "api.v2010.account"),
    ("applications.fetch", "api.v2010.account.application"),
    (
        "available_numbers.local",
        "api.v2010.account.available_phone_number_country.available_phone_number_local",
    ),
    ("available_numbers.country", "api.v2010.account.available_phone_number_country"),
    ("balance.fetch", "api.v2010.account.balance"),
    ("call_notifications.fetch", "api.v2010.account.call.call_notification-instance"),
    ("call_recordings.fetch", "api.v2010.account.call.call_recording"),
    ("caller_ids.create", "api.v2010.account.validation_request"),
    ("caller_ids.fetch", "api.v2010.account.outgoing_caller_id"),
    ("calls.fetch", "api.v2010.account.call"),
    ("credential_lists.fetch", "api.v2010.account.sip.sip_credential_list"),
    ("credentials.fetch", "api.v2010.account.sip.sip_credential_list.sip_credential"),
    ("ip_access_control_lists.fetch", "api.v2010.account.sip.sip_ip_access_control_list"),
    ("ip_addresses.fetch", "api.v2010.account.sip.sip_ip_access_control_list.sip_ip_address"),
    ("sip_domains.fetch", "api.v2010.account.sip.sip_domain"),
    ("sip_credential_mappings.fetch", "api.v2010.account.sip.sip_domain.sip_credential_list_mapping"),
    ("sip_address_mappings.fetch", "api.v2010.account.sip.sip_domain.sip_ip_access_control_list_mapping"),
    ("conferences.fetch", "api.v2010.account.conference"),
    ("participants.fetch", "api.v2010.account.conference.participant"),
    ("queues.fetch", "api.v2010.account.queue"),
    ("queue_members.fetch", "api.v2010.account.queue.member"),
    ("conference_recordings.fetch", "api.v2010.account.conference.conference_recording"),
    ("streams.start", "api.v2010.account.call.stream"),
    ("tokens.create", "api.v2010.account.token"),
    ("keys.create", "api.v2010.account.new_key"),
    ("keys.fetch", "api.v2010.account.key"),
    ("messages.fetch", "api.v2010.account.message"),
    ("messages.media_fetch", "api.v2010.account.message.media"),
    ("message_feedback.create", "api.v2010.account.message.message_feedback"),
    ("notifications.fetch", "api.v2010.account.notification-instance"),
    ("numbers.fetch", "api.v2010.account.incoming_phone_number"),
    ("recordings.fetch", "api.v2010.account.recording"),
    ("usage_triggers.fetch", "api.v2010.account.usage.usage_trigger"),
    ("usage.list", "api.v2010.account.usage.usage_record"),
];

/// Those of Pricing, which is described in two files.
const PRICING_V1: &[(&str, &str)] = &[
    ("pricing_messaging.list", "pricing.v1.messaging.messaging_country"),
    ("pricing_messaging.fetch", "pricing.v1.messaging.messaging_country-instance"),
    ("pricing_numbers.list", "pricing.v1.phone_number.phone_number_country"),
    ("pricing_numbers.fetch", "pricing.v1.phone_number.phone_number_country-instance"),
    ("pricing_voice.list", "pricing.v1.voice.voice_country"),
    ("pricing_voice.fetch", "pricing.v1.voice.voice_country-instance"),
    ("pricing_voice.number", "pricing.v1.voice.voice_number"),
];
const PRICING_V2: &[(&str, &str)] = &[
    ("pricing_voice_v2.list", "pricing.v2.voice.voice_country"),
    ("pricing_voice_v2.fetch", "pricing.v2.voice.voice_country-instance"),
    ("pricing_voice_v2.number", "pricing.v2.voice.voice_number"),
];

#[test]
fn every_documented_property_is_present_and_of_its_type() {
    compare("twilio_api_v2010", SCHEMAS);
}

#[test]
fn every_documented_property_of_pricing_is_present_and_of_its_type() {
    compare("twilio_pricing_v1", PRICING_V1);
    compare("twilio_pricing_v2", PRICING_V2);
}

fn compare(file: &str, schemas: &[(&str, &str)]) {
    let shared = std::env::var("FLEXIO_SHARED").unwrap_or_else(|_| "../../../shared".to_owned());
    let Ok(text) = std::fs::read_to_string(format!("{shared}/testdata/twilio-oai/{file}.json")) else {
        println!("outside vectors absent");
        return;
    };
    let published: Value = serde_json::from_str(&text).unwrap();
    let mut faults = Vec::new();
    for (id, schema) in schemas {
        let properties = &published["components"]["schemas"][schema]["properties"];
        let properties = properties.as_object().unwrap_or_else(|| panic!("{schema} is not published"));
        let ours = rendered(id);
        for (name, described) in properties {
            match ours.get(name) {
                None => faults.push(format!("{id}: {name} is missing")),
                Some(value) if !fits(value, described) => {
                    faults.push(format!("{id}: {name} is {value}, not {}", described["type"]));
                }
                Some(_) => {}
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn rendered(id: &str) -> serde_json::Map<String, Value> {
    let operation = TABLE.iter().find(|entry| entry.operation.id == id).unwrap().operation;
    let (Shows::One(sample) | Shows::Many(sample)) = operation.shows else { panic!("{id} shows nothing") };
    let shown = Shown {
        face: Face::Twilio,
        format: Format::Json,
        base: "https://cpaas.test",
        native_prices: false,
        fresh: false,
    };
    let text = Writer::new(Face::Twilio, Format::Json).root("", |w| sample(w, &shown));
    serde_json::from_str(&text).unwrap()
}

fn fits(value: &Value, described: &Value) -> bool {
    match described["type"].as_str() {
        _ if value.is_null() => described["nullable"] == true,
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64(),
        Some("boolean") => value.is_boolean(),
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        // Their own answers write prices as texts where the description says number.
        Some("number") => value.is_number() || value.is_string(),
        _ => true,
    }
}
