//! Twilio's Lookup: what a number is (<https://www.twilio.com/docs/lookup>). Versions 2 and 1; what only other networks know is null.

#[cfg(test)]
mod tests;

use flexio_app::{LookupFault, NumberLookup};
use flexio_domain::{E164, ErrorCode};

use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::error::{Result, invalid};
use crate::operation::{Operation, Param, Shows, TWILIO, params, row};
use crate::write::Writer;

const V2: &str = "v2/PhoneNumbers/{LookedUpNumber}";
const V1: &str = "v1/PhoneNumbers/{LookedUpNumber}";
const PARAMS: &[Param] = params![
    "CountryCode": "Country of a number in national form; only the home country's plan is known.",
    "Fields": "`line_type_intelligence` tells the class of a number of the home country; Twilio's other fields say that they are out of coverage (60600).",
];

pub(crate) const OPERATIONS: &[Operation] = &[
    row!("lookups.fetch", Read, TWILIO, V2, "What a number is.", PARAMS, Shows::One(sample), fetch),
    row!(
        "lookups_v1.fetch",
        Read,
        TWILIO,
        V1,
        "What a number is, in the older form.",
        PARAMS,
        Shows::One(older_sample),
        fetch_older
    ),
];

/// What other networks or registers would have to be asked for, and what each says where it is asked for. Nobody is asked.
const UNKNOWN: [(&str, &[&str]); 9] = [
    ("caller_name", &["caller_name", "caller_type"]),
    ("sim_swap", &["last_sim_swap", "carrier_name", "mobile_country_code", "mobile_network_code"]),
    ("call_forwarding", &["call_forwarding_enabled"]),
    ("line_status", &["status"]),
    ("identity_match", &["summary_score", "error_message"]),
    ("reassigned_number", &["last_verified_date", "is_number_reassigned"]),
    ("sms_pumping_risk", &["sms_pumping_risk_score", "number_blocked", "carrier_risk_category"]),
    ("phone_number_quality_score", &[]),
    ("pre_fill", &[]),
];
const LINE_TYPE: &str = "line_type_intelligence";
const LINE_TYPE_FIELDS: &[&str] = &["type", "carrier_name", "mobile_country_code", "mobile_network_code"];
/// Twilio's "unprovisioned or out of coverage", which stands in the field and is no refusal.
const OUT_OF_COVERAGE: u32 = 60_600;

/// Fields that are asked for; an unknown one is refused.
fn fields(ask: &Ask<'_>) -> Result<Vec<String>> {
    let fields = ask.params.words("Fields");
    let is_known = |field: &String| field == LINE_TYPE || UNKNOWN.iter().any(|(name, _)| name == field);
    match fields.iter().find(|field| !is_known(field)) {
        Some(field) => Err(invalid("Fields", &format!("has no {field}"))),
        None => Ok(fields),
    }
}

/// A field that was asked for, and about which nothing is known here.
fn out_of_coverage(w: &mut Writer, name: &str, members: &[&str]) {
    w.object(name, |w| {
        for member in members {
            w.put(member, None::<String>);
        }
        w.put("error_code", OUT_OF_COVERAGE);
    });
}

fn found(ask: &Ask<'_>) -> NumberLookup {
    ask.app().look_up(ask.name("LookedUpNumber"), ask.params.text("CountryCode"))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let lookup = found(ask);
    let fields = fields(ask)?;
    let asked = ask.name("LookedUpNumber");
    Ok(ask.one("PhoneNumber", |w| view(w, &ask.shown(), asked, &lookup, &fields)))
}

async fn fetch_older(ask: &Ask<'_>) -> Result<Answer> {
    let lookup = found(ask);
    let number = lookup.number.clone().filter(|_| lookup.fault.is_none()).ok_or(ErrorCode::NotFound)?;
    Ok(ask.one("PhoneNumber", |w| older(w, &ask.shown(), &number, &lookup)))
}

const fn fault_name(fault: LookupFault) -> &'static str {
    match fault {
        LookupFault::TooShort => "TOO_SHORT",
        LookupFault::TooLong => "TOO_LONG",
        LookupFault::NotANumber => "NOT_A_NUMBER",
        LookupFault::InvalidButPossible => "INVALID_BUT_POSSIBLE",
    }
}

/// Twilio's words for the classes of the numbering data.
pub(crate) fn line_type(class: &str) -> &'static str {
    match class {
        "geographic" => "landline",
        "mobile" => "mobile",
        "toll_free" => "tollFree",
        "uan_078" => "uan",
        class if class.starts_with("premium") => "premium",
        class if class.starts_with("m2m") => "mobile",
        _ => "unknown",
    }
}

fn view(w: &mut Writer, shown: &Shown<'_>, asked: &str, lookup: &NumberLookup, fields: &[String]) {
    let number = lookup.number.as_ref().map_or(asked, E164::as_str);
    w.put("calling_country_code", lookup.calling_code.as_ref());
    w.put("country_code", lookup.country.as_ref());
    w.put("phone_number", number);
    w.put("national_format", lookup.national_format.as_ref());
    w.put("valid", lookup.fault.is_none());
    w.texts("validation_errors", &lookup.fault.map(fault_name).into_iter().collect::<Vec<_>>());
    let is_asked = |name: &str| fields.iter().any(|field| field == name);
    match lookup.class.as_deref() {
        _ if !is_asked(LINE_TYPE) => w.put(LINE_TYPE, None::<String>),
        Some(class) => w.object(LINE_TYPE, |w| {
            w.put("type", line_type(class));
            for absent in ["carrier_name", "mobile_country_code", "mobile_network_code", "error_code"] {
                w.put(absent, None::<String>);
            }
        }),
        None => out_of_coverage(w, LINE_TYPE, LINE_TYPE_FIELDS),
    }
    for (name, members) in UNKNOWN {
        if is_asked(name) {
            out_of_coverage(w, name, members);
        } else {
            w.put(name, None::<String>);
        }
    }
    w.put("url", format!("{}/v2/PhoneNumbers/{number}", shown.base));
}

fn older(w: &mut Writer, shown: &Shown<'_>, number: &E164, lookup: &NumberLookup) {
    for absent in ["caller_name", "carrier", "add_ons"] {
        w.put(absent, None::<String>);
    }
    w.put("country_code", lookup.country.as_ref());
    w.put("phone_number", number.as_str());
    w.put("national_format", lookup.national_format.as_ref());
    w.put("url", format!("{}/v1/PhoneNumbers/{number}", shown.base));
}

fn specimen() -> NumberLookup {
    NumberLookup {
        number: "+32470123456".parse().ok(),
        country: Some("BE".to_owned()),
        calling_code: Some("32".to_owned()),
        national_format: Some("0470 12 34 56".to_owned()),
        class: Some("mobile".to_owned()),
        fault: None,
    }
}

fn sample(w: &mut Writer, shown: &Shown<'_>) {
    view(w, shown, "", &specimen(), &[LINE_TYPE.to_owned()]);
}

fn older_sample(w: &mut Writer, shown: &Shown<'_>) {
    let specimen = specimen();
    if let Some(number) = &specimen.number {
        older(w, shown, number, &specimen);
    }
}
