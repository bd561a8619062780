//! Rented numbers.

mod params;
#[cfg(test)]
mod tests;
mod views;

use flexio_domain::{IncomingNumber, NumberType};

use crate::Face;
use crate::answer::Answer;
use crate::ask::Ask;
use crate::error::Result;
use crate::operation::{Access, BOTH, Kind, Operation, Shows};
use crate::paging::{Listed, Paged, SortKey};

pub(crate) use params::{dialect, dialect_of};
pub(crate) use views::{put_capabilities, put_method, put_webhook};

macro_rules! lists {
    ($list:literal, $rent:literal, $path:literal, $kind:expr) => {
        [
            Operation {
                id: $list,
                kind: Kind::Read,
                faces: BOTH,
                path: $path,
                about: "Rented numbers.",
                access: Access::Branch,
                params: params::FILTERS,
                shows: Shows::Many(views::sample),
                run: |ask| Box::pin(list(ask, $kind)),
            },
            Operation {
                id: $rent,
                kind: Kind::Create,
                faces: BOTH,
                path: $path,
                about: "Rents a number.",
                access: Access::Branch,
                params: params::RENT,
                shows: Shows::One(views::sample),
                run: |ask| Box::pin(rent(ask, $kind)),
            },
        ]
    };
}

const ANY: [Operation; 2] =
    lists!("numbers.list", "numbers.rent", "Accounts/{AccountSid}/IncomingPhoneNumbers", None);
const LOCAL: [Operation; 2] = lists!(
    "numbers.list_local",
    "numbers.rent_local",
    "Accounts/{AccountSid}/IncomingPhoneNumbers/Local",
    Some(NumberType::Local)
);
const MOBILE: [Operation; 2] = lists!(
    "numbers.list_mobile",
    "numbers.rent_mobile",
    "Accounts/{AccountSid}/IncomingPhoneNumbers/Mobile",
    Some(NumberType::Mobile)
);
const TOLL_FREE: [Operation; 2] = lists!(
    "numbers.list_toll_free",
    "numbers.rent_toll_free",
    "Accounts/{AccountSid}/IncomingPhoneNumbers/TollFree",
    Some(NumberType::TollFree)
);
const ONE: [Operation; 3] = [
    Operation {
        id: "numbers.fetch",
        kind: Kind::Read,
        faces: BOTH,
        path: "Accounts/{AccountSid}/IncomingPhoneNumbers/{NumberSid}",
        about: "One rented number.",
        access: Access::Branch,
        params: &[],
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(fetch(ask)),
    },
    Operation {
        id: "numbers.update",
        kind: Kind::Update,
        faces: BOTH,
        path: "Accounts/{AccountSid}/IncomingPhoneNumbers/{NumberSid}",
        about: "Changes a rented number, or moves it to another account in reach; an empty URL or sid clears it.",
        access: Access::Branch,
        params: params::UPDATE,
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(update(ask)),
    },
    Operation {
        id: "numbers.release",
        kind: Kind::Delete,
        faces: BOTH,
        path: "Accounts/{AccountSid}/IncomingPhoneNumbers/{NumberSid}",
        about: "Gives a number back; its rent ends.",
        access: Access::Branch,
        params: &[],
        shows: Shows::Nothing,
        run: |ask| Box::pin(release(ask)),
    },
];

pub(crate) const OPERATIONS: &[Operation] = &{
    let [any_list, any_rent] = ANY;
    let [local_list, local_rent] = LOCAL;
    let [mobile_list, mobile_rent] = MOBILE;
    let [toll_free_list, toll_free_rent] = TOLL_FREE;
    let [fetch, update, release] = ONE;
    [
        any_list,
        any_rent,
        local_list,
        local_rent,
        mobile_list,
        mobile_rent,
        toll_free_list,
        toll_free_rent,
        fetch,
        update,
        release,
    ]
};

impl Listed for IncomingNumber {
    // The classic API's one irregular member.
    const MEMBERS: (&'static str, &'static str) = ("incoming_phone_numbers", "incomingPhoneNumbers");
    const ELEMENTS: (&'static str, &'static str) = ("IncomingPhoneNumbers", "IncomingPhoneNumber");
    const SORTABLE: &'static [&'static str] = &["PhoneNumber", "FriendlyName"];
    fn cursor(&self) -> u128 {
        self.sid.as_u128()
    }
    fn sort_key(&self, attribute: &str) -> Option<SortKey> {
        match attribute {
            "PhoneNumber" => Some(self.number.as_str().into()),
            "FriendlyName" => Some(self.friendly_name.as_str().into()),
            _ => None,
        }
    }
}

async fn list(ask: &Ask<'_>, number_type: Option<NumberType>) -> Result<Answer> {
    let paged = Paged::read::<IncomingNumber>(ask)?;
    let filter = params::filter(ask, number_type)?;
    let total = match ask.face {
        Face::Native => Some(ask.app().count_numbers(ask.account.sid, &filter).await?),
        Face::Twilio => None,
    };
    let numbers = ask.app().numbers(ask.account.sid, &filter, &paged.query()).await?;
    ask.page(&paged, numbers, total, |w, number| views::number(w, &ask.shown(), number))
}

async fn rent(ask: &Ask<'_>, number_type: Option<NumberType>) -> Result<Answer> {
    let (pick, patch) = params::rent(ask)?;
    let answer =
        |made: &IncomingNumber| ask.made("IncomingPhoneNumber", |w| views::number(w, &ask.shown(), made));
    let keep = |made: &IncomingNumber| ask.kept(made.sid, Some(&answer(made)));
    Ok(answer(&ask.app().rent_number(&ask.account, &pick, number_type, patch, &keep).await?))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let number = ask.app().number(ask.account.sid, ask.sid("NumberSid")?).await?;
    Ok(ask.one("IncomingPhoneNumber", |w| views::number(w, &ask.shown(), &number)))
}

async fn update(ask: &Ask<'_>) -> Result<Answer> {
    let patch = params::update(ask)?;
    let sid = ask.sid("NumberSid")?;
    let number = ask.app().update_number(ask.principal, &ask.account, sid, patch).await?;
    Ok(ask.one("IncomingPhoneNumber", |w| views::number(w, &ask.shown(), &number)))
}

async fn release(ask: &Ask<'_>) -> Result<Answer> {
    ask.app().release_number(&ask.account, ask.sid("NumberSid")?).await?;
    Ok(Answer::empty())
}
