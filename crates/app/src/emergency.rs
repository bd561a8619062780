//! Calls for help: who may make them, what they show, and where whoever makes them is.
//!
//! Somebody at a phone may always call an emergency number: whatever his account owes, has reached or is suspended for. Documents and the API
//! may not, unless the operator has opened it ([`AppConfig::automated_emergency_calls`](crate::AppConfig)).

use flexio_domain::{
    AccountSid, Address, Call, CallDirection, E164, EmergencyAddress, ErrorCode, NumberSid, PLACE_CHARS_MAX,
};
use flexio_store::{CallerIdFilter, NumberFilter, Page, StoreError};

use crate::App;
use crate::error::{AppError, refuse};

/// Numbers of an account that are looked at for one that its phones may show.
const NUMBERS_LOOKED_AT: u32 = 50;

/// What changes of an address: a text that is given replaces, an empty one clears, and without any mandatory text there is no address.
#[derive(Debug, Clone, Default)]
pub struct EmergencyAddressPatch {
    /// ISO 3166 alpha-2.
    pub country: Option<String>,
    /// Postal code.
    pub postal_code: Option<String>,
    /// Municipality.
    pub city: Option<String>,
    /// Street.
    pub street: Option<String>,
    /// House number.
    pub house_number: Option<String>,
    /// Floor, flat, room.
    pub addition: Option<String>,
    /// Person or firm.
    pub name: Option<String>,
}

impl EmergencyAddressPatch {
    /// Changes an address. Refused where what is left is neither a whole address nor none.
    pub(crate) fn apply(&self, address: &mut Option<EmergencyAddress>) -> Result<(), AppError> {
        let given = [
            &self.country,
            &self.postal_code,
            &self.city,
            &self.street,
            &self.house_number,
            &self.addition,
            &self.name,
        ];
        if given.iter().all(|text| text.is_none()) {
            return Ok(());
        }
        let old = address.clone().unwrap_or_default();
        let text = |new: &Option<String>, old: String| -> Result<String, AppError> {
            let text = new.as_deref().map_or(old, |text| text.trim().to_owned());
            let fits = text.chars().count() <= PLACE_CHARS_MAX && !text.contains(char::is_control);
            if fits {
                Ok(text)
            } else {
                Err(bad("A part of the emergency address is longer than 100 characters."))
            }
        };
        let new = EmergencyAddress {
            country: text(&self.country, old.country)?.to_ascii_uppercase(),
            postal_code: text(&self.postal_code, old.postal_code)?,
            city: text(&self.city, old.city)?,
            street: text(&self.street, old.street)?,
            house_number: text(&self.house_number, old.house_number)?,
            addition: text(&self.addition, old.addition)?,
            name: text(&self.name, old.name)?,
        };
        let needed = [&new.country, &new.postal_code, &new.city, &new.street, &new.house_number];
        if needed.iter().all(|text| text.is_empty()) {
            *address = None;
            return Ok(());
        }
        if needed.iter().any(|text| text.is_empty()) {
            return Err(bad("An emergency address has country, postal code, city, street and house number."));
        }
        if new.country.len() != 2 || !new.country.bytes().all(|b| b.is_ascii_uppercase()) {
            return Err(bad("EmergencyCountry is an ISO 3166 code of two letters."));
        }
        *address = Some(new);
        Ok(())
    }
}

fn bad(why: &str) -> AppError {
    refuse(ErrorCode::InvalidParameter, why)
}

impl App {
    /// Whether this is an emergency number of the numbering plan, as dialled.
    pub fn is_emergency(&self, to: &Address) -> bool {
        matches!(to, Address::ShortCode(code) if self.rater().numbering().is_emergency(code))
    }

    /// The number of the emergency services for whoever asks for them without one: 112, or the lowest where the plan has no 112.
    pub fn emergency_number(&self) -> Option<Address> {
        let numbering = self.rater().numbering();
        if numbering.is_emergency("112") {
            return "112".parse().ok();
        }
        numbering.emergency_numbers().first()?.parse().ok()
    }

    /// Whether this is the leg of somebody at a phone who calls for help, and not what a document or the API has made of it.
    pub fn is_call_for_help(&self, first: &Call) -> bool {
        first.direction == CallDirection::Inbound
            && first.phone_number_sid.is_none()
            && self.is_emergency(&first.to)
    }

    /// `EmergencyNotOpen` for an emergency number that the API or a document may not call.
    pub(crate) fn must_be_open(&self, to: &Address) -> Result<(), AppError> {
        if self.is_emergency(to) && !self.config.automated_emergency_calls {
            metrics::counter!("emergency_calls_refused_total").increment(1);
            return Err(ErrorCode::EmergencyNotOpen.into());
        }
        Ok(())
    }

    /// Where the phone is registered: its client's or domain's address, else its account's.
    pub async fn emergency_address_of(
        &self,
        account: AccountSid,
        phone: &Address,
    ) -> Result<Option<EmergencyAddress>, StoreError> {
        let own = match phone {
            Address::Client(login) => {
                let client = self.store.client_by_login(login).await?;
                client.filter(|client| client.account_sid == account).and_then(|it| it.emergency_address)
            }
            Address::Sip(uri) => {
                let host = uri.rsplit('@').next().unwrap_or_default();
                let domain = self.store.sip_domain_by_name(&host.to_ascii_lowercase()).await?;
                domain.filter(|domain| domain.account_sid == account).and_then(|it| it.emergency_address)
            }
            _ => None,
        };
        match own {
            Some(own) => Ok(Some(own)),
            None => Ok(self.store.account(account).await?.and_then(|account| account.emergency_address)),
        }
    }

    /// The number of the account that a call of its phones shows: `wanted` where the account has it, else its oldest one for calls, else one
    /// it has verified.
    pub(crate) async fn own_number(
        &self,
        account: AccountSid,
        wanted: Option<NumberSid>,
    ) -> Result<Option<E164>, AppError> {
        if let Some(sid) = wanted
            && let Some(number) = self.store.number(account, sid).await?.filter(|it| it.released_at.is_none())
        {
            return Ok(Some(number.number));
        }
        let oldest = flexio_store::Order::Oldest;
        let page = Page { limit: NUMBERS_LOOKED_AT, order: oldest, ..Page::default() };
        let numbers = self.store.numbers(account, &NumberFilter::default(), &page).await?;
        if let Some(number) = numbers.into_iter().find(|number| number.capabilities.voice) {
            return Ok(Some(number.number));
        }
        let verified = self.store.caller_ids(account, &CallerIdFilter::default(), &page).await?;
        let shows = |id: &flexio_domain::OutgoingCallerId| {
            id.verified_at.is_some() && self.class_may_be_shown(&id.number)
        };
        Ok(verified.into_iter().find(shows).map(|id| id.number))
    }

    /// Whether an outbound call of the account may show this number: one that it rents, or one that it has proved to hold and whose class
    /// the numbering data lets be shown.
    pub(crate) async fn may_show_number(&self, account: AccountSid, number: &E164) -> Result<bool, AppError> {
        if self.owner_of(number).await?.is_some_and(|owned| owned.account_sid == account) {
            return Ok(true);
        }
        let verified = self.caller_id_of(account, number).await?;
        Ok(verified.is_some_and(|id| id.verified_at.is_some()) && self.class_may_be_shown(number))
    }

    /// The numbering data's word on callers of the home country; those of others it does not know.
    pub(crate) fn class_may_be_shown(&self, number: &E164) -> bool {
        self.rater().numbering().may_be_shown(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patch(texts: [&str; 5]) -> EmergencyAddressPatch {
        let [country, postal_code, city, street, house_number] = texts.map(|text| Some(text.to_owned()));
        EmergencyAddressPatch { country, postal_code, city, street, house_number, ..Default::default() }
    }

    #[test]
    fn an_address_is_whole_or_there_is_none() {
        let mut address = None;
        patch(["be", "1030", "Brussel", "Koning Albert II-laan", "27"]).apply(&mut address).unwrap();
        assert_eq!(address.as_ref().unwrap().country, "BE");
        let room = EmergencyAddressPatch { addition: Some("verdieping 3".to_owned()), ..Default::default() };
        room.apply(&mut address).unwrap();
        let kept = address.clone().unwrap();
        assert_eq!((&*kept.addition, &*kept.city), ("verdieping 3", "Brussel"), "the rest stays");
        EmergencyAddressPatch::default().apply(&mut address).unwrap();
        assert_eq!(address, Some(kept));
        for wrong in [
            ["be", "1030", "", "Koning Albert II-laan", "27"],
            ["Belgium", "1030", "Brussel", "Koning Albert II-laan", "27"],
            ["be", "1030", "Brus\r\nsel", "Koning Albert II-laan", "27"],
        ] {
            assert!(patch(wrong).apply(&mut None).is_err(), "{wrong:?}");
        }
        patch([""; 5]).apply(&mut address).unwrap();
        assert_eq!(address, None);
    }
}
