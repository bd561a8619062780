//! Where a phone is, for emergency services: parameters of clients, SIP domains and accounts, and how it is shown.

use flexio_app::EmergencyAddressPatch;
use flexio_domain::EmergencyAddress;

use crate::params::Params;
use crate::write::Writer;

/// Parameters of a phone, or of many, with those that say where it is.
macro_rules! with_emergency {
    ($($name:literal : $about:literal),* $(,)?) => {
        $crate::operation::params![
            $($name: $about,)*
            "EmergencyCountry": "Where it is, for emergency services: ISO 3166 code of two letters. Empty parts are cleared; without any there is no address.",
            "EmergencyPostalCode": "Its postal code.",
            "EmergencyCity": "Its municipality.",
            "EmergencyStreet": "Its street.",
            "EmergencyHouseNumber": "Its house number.",
            "EmergencyAddition": "Floor, flat or room; may be left out.",
            "EmergencyName": "Person or firm; may be left out.",
        ]
    };
}
pub(crate) use with_emergency;

/// What is set. An empty value clears a part; without the mandatory ones there is no address.
pub(crate) fn patch(params: &Params<'_>) -> EmergencyAddressPatch {
    let text = |name: &str| params.get(name).map(str::to_owned);
    EmergencyAddressPatch {
        country: text("EmergencyCountry"),
        postal_code: text("EmergencyPostalCode"),
        city: text("EmergencyCity"),
        street: text("EmergencyStreet"),
        house_number: text("EmergencyHouseNumber"),
        addition: text("EmergencyAddition"),
        name: text("EmergencyName"),
    }
}

/// Every part, null where there is no address or no such part.
pub(crate) fn put(w: &mut Writer, address: Option<&EmergencyAddress>) {
    let part =
        |of: fn(&EmergencyAddress) -> &String| address.map(of).filter(|text| !text.is_empty()).cloned();
    w.object("emergency_address", |w| {
        w.put("country", part(|it| &it.country));
        w.put("postal_code", part(|it| &it.postal_code));
        w.put("city", part(|it| &it.city));
        w.put("street", part(|it| &it.street));
        w.put("house_number", part(|it| &it.house_number));
        w.put("addition", part(|it| &it.addition));
        w.put("name", part(|it| &it.name));
    });
}
