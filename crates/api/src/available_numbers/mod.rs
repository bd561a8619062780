//! Searching for free numbers.

use flexio_app::{NumberSearch, SEARCH_MAX};
use flexio_domain::{Capabilities, ErrorCode, NumberType, StockNumber};

use crate::Face;
use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::error::{Result, invalid};
use crate::operation::{Access, BOTH, Kind, NATIVE, Operation, Param, Shows, TWILIO, params};
use crate::write::Writer;

/// Free numbers of an answer, by default.
const FOUND: u32 = 50;

const SEARCH: &[Param] = params![
    "AreaCode": "Area code without the leading 0: `2`, `50`.",
    "Contains": "Digits, letters and `*` for any digit; from the start of the number with `+`.",
    "VoiceEnabled": "`true`: only numbers for calls.",
    "SmsEnabled": "`true`: only numbers for messages.",
    "MmsEnabled": "`true`: only numbers for picture messages.",
    "FaxEnabled": "`true`: only numbers for fax.",
    "PageSize": "Numbers in the answer, at most 1000 (Twilio's API).",
    "RangeSize": "The same in the classic API.",
    "RangeIndex": "Page of that size, from 0 (classic API).",
];

macro_rules! search {
    ($id:literal, $path:literal, $kind:expr, $about:literal) => {
        Operation {
            id: $id,
            kind: Kind::Read,
            faces: BOTH,
            path: $path,
            about: $about,
            access: Access::Branch,
            params: SEARCH,
            shows: Shows::Many(sample),
            run: |ask| Box::pin(search(ask, $kind)),
        }
    };
}

pub(crate) const OPERATIONS: &[Operation] = &[
    search!(
        "available_numbers.local",
        "Accounts/{AccountSid}/AvailablePhoneNumbers/{CountryCode}/Local",
        NumberType::Local,
        "Free geographic numbers."
    ),
    search!(
        "available_numbers.mobile",
        "Accounts/{AccountSid}/AvailablePhoneNumbers/{CountryCode}/Mobile",
        NumberType::Mobile,
        "Free mobile numbers."
    ),
    search!(
        "available_numbers.toll_free",
        "Accounts/{AccountSid}/AvailablePhoneNumbers/{CountryCode}/TollFree",
        NumberType::TollFree,
        "Free numbers that cost the caller nothing."
    ),
    Operation {
        id: "available_numbers.countries",
        kind: Kind::Read,
        faces: TWILIO,
        path: "Accounts/{AccountSid}/AvailablePhoneNumbers",
        about: "Countries numbers can be rented in.",
        access: Access::Branch,
        params: &[],
        shows: Shows::One(country_sample),
        run: |ask| Box::pin(async { Ok(countries(ask)) }),
    },
    Operation {
        id: "available_numbers.country",
        kind: Kind::Read,
        faces: TWILIO,
        path: "Accounts/{AccountSid}/AvailablePhoneNumbers/{CountryCode}",
        about: "One country.",
        access: Access::Branch,
        params: &[],
        shows: Shows::One(country_sample),
        run: |ask| Box::pin(async { one_country(ask) }),
    },
    Operation {
        id: "available_numbers.available_countries",
        kind: Kind::Read,
        faces: NATIVE,
        path: "Accounts/{AccountSid}/IncomingPhoneNumbers/AvailableCountries",
        about: "ISO codes of the countries numbers can be rented in.",
        access: Access::Branch,
        params: &[],
        shows: Shows::Many(|w, _| w.put("iso_country", "BE")),
        run: |ask| Box::pin(async { Ok(codes(ask)) }),
    },
];

async fn search(ask: &Ask<'_>, number_type: NumberType) -> Result<Answer> {
    let (skip, limit) = place(ask)?;
    let country = known_country(ask)?;
    let capabilities = capabilities(ask)?;
    let search = NumberSearch {
        country: Some(country.to_owned()),
        number_type: Some(number_type),
        area_code: ask.params.owned("AreaCode"),
        contains: ask.params.owned("Contains"),
        capabilities,
    };
    let found = ask.app().search_numbers(ask.account.sid, &search, skip, limit).await?;
    let writer = Writer::new(ask.face, ask.format);
    let each = |w: &mut Writer, number: &StockNumber| view(w, &ask.shown(), number);
    let body = match ask.face {
        Face::Native => writer.root_array("AvailablePhoneNumbers", "AvailablePhoneNumber", &found, each),
        // Only these two members: clients find the list as the one key they do not know.
        Face::Twilio => writer.bare_root(|w| {
            w.put("uri", ask.face.uri(ask.format, ask.path));
            w.list("available_phone_numbers", "AvailablePhoneNumber", &found, each);
        }),
    };
    Ok(ask.answer(200, body))
}

fn place(ask: &Ask<'_>) -> Result<(u32, u32)> {
    let number = |name| ask.params.whole(name, 0..=u32::MAX, ErrorCode::InvalidParameter);
    let (size, index) = match ask.face {
        Face::Twilio => (number("PageSize")?, None),
        Face::Native => (number("RangeSize")?, number("RangeIndex")?),
    };
    let size = size.unwrap_or(FOUND).clamp(1, SEARCH_MAX);
    Ok((index.unwrap_or(0).saturating_mul(size), size))
}

fn capabilities(ask: &Ask<'_>) -> Result<Capabilities> {
    let wanted = |name| -> Result<bool> { Ok(ask.params.boolean(name)? == Some(true)) };
    Ok(Capabilities {
        voice: wanted("VoiceEnabled")?,
        sms: wanted("SmsEnabled")?,
        mms: wanted("MmsEnabled")?,
        fax: wanted("FaxEnabled")?,
    })
}

fn known_country<'a>(ask: &'a Ask<'_>) -> Result<&'a str> {
    let country = ask.name("CountryCode");
    let known = ask.app().countries().iter().any(|code| code == country);
    match known {
        true => Ok(country),
        false if ask.face == Face::Twilio => Err(ErrorCode::NotFound.into()),
        false => Err(invalid("The country", "is not one numbers can be rented in")),
    }
}

fn countries(ask: &Ask<'_>) -> Answer {
    let countries = ask.app().countries();
    let body = Writer::new(ask.face, ask.format).bare_root(|w| {
        w.list("countries", "Country", countries, |w, code| country(w, ask, code));
        w.put("uri", ask.face.uri(ask.format, ask.path));
    });
    ask.answer(200, body)
}

fn one_country(ask: &Ask<'_>) -> Result<Answer> {
    let code = known_country(ask)?;
    Ok(ask.one("Country", |w| country(w, ask, code)))
}

fn codes(ask: &Ask<'_>) -> Answer {
    let codes = ask.app().countries();
    let body =
        Writer::new(ask.face, ask.format)
            .root_array("AvailableCountries", "Country", codes, |w, code| w.put("iso_country", code));
    ask.answer(200, body)
}

fn country(w: &mut Writer, ask: &Ask<'_>, code: &str) {
    put_country(w, &ask.shown(), ask.account.sid, code);
}

fn put_country(w: &mut Writer, shown: &Shown<'_>, account: flexio_domain::AccountSid, code: &str) {
    w.put("country_code", code);
    w.put("country", if code == "BE" { "Belgium" } else { code });
    w.put("beta", false);
    w.put("uri", shown.uri(account, format_args!("AvailablePhoneNumbers/{code}")));
    w.object("subresource_uris", |w| {
        for (name, kind) in [("local", "Local"), ("mobile", "Mobile"), ("toll_free", "TollFree")] {
            w.put(name, shown.uri(account, format_args!("AvailablePhoneNumbers/{code}/{kind}")));
        }
    });
}

fn view(w: &mut Writer, shown: &Shown<'_>, number: &StockNumber) {
    w.put("friendly_name", number.number.as_str());
    w.put("phone_number", number.number.as_str());
    w.put("iso_country", &number.country);
    crate::numbers::put_capabilities(w, shown, number.capabilities);
    w.put("address_requirements", "none");
    if shown.is_twilio() {
        w.put("beta", false);
        for name in ["lata", "locality", "rate_center", "latitude", "longitude", "region", "postal_code"] {
            w.put(name, None::<&str>);
        }
    }
}

fn sample(w: &mut Writer, shown: &Shown<'_>) {
    let specimen = StockNumber {
        number: "+3225550123".parse().expect("a number"),
        country: "BE".to_owned(),
        number_type: NumberType::Local,
        capabilities: Capabilities { voice: true, sms: true, mms: false, fax: false },
    };
    view(w, shown, &specimen);
}

fn country_sample(w: &mut Writer, shown: &Shown<'_>) {
    put_country(w, shown, flexio_domain::AccountSid::from_u128(1), "BE");
}
