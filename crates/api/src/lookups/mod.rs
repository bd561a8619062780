//! Twilio's Lookup: what a number is (<https://www.twilio.com/docs/lookup>). Versions 2 and 1; what only other networks know is null.

#[cfg(test)]
mod tests;

use flexio_app::{LookupFault, NumberLookup};
use flexio_domain::{E164, ErrorCode};

use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::error::Result;
use crate::operation::{Operation, Param, Shows, TWILIO, params, row};
use crate::write::Writer;

const V2: &str = "v2/PhoneNumbers/{LookedUpNumber}";
const V1: &str = "v1/PhoneNumbers/{LookedUpNumber}";
const PARAMS: &[Param] = params![
    "CountryCode": "Country of a number in national form; only the home country's plan is known.",
    "Fields": "`line_type_intelligence` tells the class of a number of the home country; other fields are null.",
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

/// What other networks would have to be asked for.
const UNKNOWN: [&str; 10] = [
    "caller_name",
    "sim_swap",
    "call_forwarding",
    "line_status",
    "identity_match",
    "reassigned_number",
    "sms_pumping_risk",
    "phone_number_quality_score",
    "pre_fill",
    "last_verified_date",
];

fn found(ask: &Ask<'_>) -> NumberLookup {
    ask.app().look_up(ask.name("LookedUpNumber"), ask.params.text("CountryCode"))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let lookup = found(ask);
    let wants_type = ask.params.words("Fields").iter().any(|field| field == "line_type_intelligence");
    let asked = ask.name("LookedUpNumber");
    Ok(ask.one("PhoneNumber", |w| view(w, &ask.shown(), asked, &lookup, wants_type)))
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
fn line_type(class: &str) -> &'static str {
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

fn view(w: &mut Writer, shown: &Shown<'_>, asked: &str, lookup: &NumberLookup, wants_type: bool) {
    let number = lookup.number.as_ref().map_or(asked, E164::as_str);
    w.put("calling_country_code", lookup.calling_code.as_ref());
    w.put("country_code", lookup.country.as_ref());
    w.put("phone_number", number);
    w.put("national_format", lookup.national_format.as_ref());
    w.put("valid", lookup.fault.is_none());
    w.texts("validation_errors", &lookup.fault.map(fault_name).into_iter().collect::<Vec<_>>());
    match lookup.class.as_deref().filter(|_| wants_type) {
        Some(class) => w.object("line_type_intelligence", |w| {
            w.put("type", line_type(class));
            for absent in ["carrier_name", "mobile_country_code", "mobile_network_code", "error_code"] {
                w.put(absent, None::<String>);
            }
        }),
        None => w.put("line_type_intelligence", None::<String>),
    }
    for absent in UNKNOWN {
        w.put(absent, None::<String>);
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
    view(w, shown, "", &specimen(), true);
}

fn older_sample(w: &mut Writer, shown: &Shown<'_>) {
    let specimen = specimen();
    if let Some(number) = &specimen.number {
        older(w, shown, number, &specimen);
    }
}
