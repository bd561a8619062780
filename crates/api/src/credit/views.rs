//! Credit as shown.

use flexio_domain::{Account, AccountSid, Credit, CreditMode, CreditState, Money, Timestamp};

use crate::accounts::specimen;
use crate::ask::Shown;
use crate::dialect::rfc2822;
use crate::write::Writer;

pub(super) fn credit(w: &mut Writer, account: &Account, state: &CreditState) {
    let money = |amount: Money| amount.to_decimals(6);
    w.put("account_sid", account.sid.to_string());
    w.put("payer_account_sid", state.terms.account_sid.to_string());
    w.put("mode", state.terms.mode.as_str());
    w.put("limit", money(state.terms.limit));
    w.put("balance", money(-state.owed));
    w.put("granted", money(state.granted));
    w.put("available", money(state.available()));
    w.put("currency", account.currency.to_string());
    w.put("date_created", rfc2822(state.terms.created_at));
    w.put("date_updated", rfc2822(state.terms.updated_at));
}

/// An account that nobody gave terms.
pub(super) fn unlimited(w: &mut Writer, account: &Account, owed: Money) {
    w.put("account_sid", account.sid.to_string());
    w.put("payer_account_sid", None::<&str>);
    w.put("mode", CreditMode::Postpaid.as_str());
    w.put("limit", None::<&str>);
    w.put("balance", (-owed).to_decimals(6));
    w.put("granted", None::<&str>);
    w.put("available", None::<&str>);
    w.put("currency", account.currency.to_string());
    w.put("date_created", None::<&str>);
    w.put("date_updated", None::<&str>);
}

/// Amounts that the operator offers for thresholds, with VAT, with commas between them.
pub(super) fn presets(w: &mut Writer, presets: &[Money]) {
    let amounts: Vec<String> = presets.iter().map(|amount| amount.to_decimals(2)).collect();
    w.put("threshold_presets", amounts.join(","));
}

pub(super) fn sample(w: &mut Writer, _: &Shown<'_>) {
    let at = Timestamp::from_second(1_766_000_000).expect("a second of 2025");
    let terms = Credit {
        account_sid: AccountSid::from_u128(1),
        version: 1,
        mode: CreditMode::Prepaid,
        limit: Money::ZERO,
        created_at: at,
        updated_at: at,
    };
    let (owed, granted) = (Money::from_micros(-9_905_000), Money::from_micros(370_000));
    credit(w, &specimen(), &CreditState { terms, owed, granted });
    presets(w, &[50, 75, 100].map(|euros| Money::from_micros(euros * 1_000_000)));
}
