//! What a promotion is made of.

use flexio_app::NewPromotion;
use flexio_domain::{CustomerKind, Eligibility, ErrorCode, Money, PromotionKind, PromotionLabel};

use crate::ask::Ask;
use crate::error::{Result, invalid};
use crate::operation::{Param, params};

pub(super) const CREATE: &[Param] = params![
    "Id": "Required: 1 to 32 lower case letters, digits and hyphens. It stands in the ledger and on price versions.",
    "Label": "Required: as printed, at most 60 characters.",
    "LabelNl": "In Dutch; `Label` if absent.",
    "LabelFr": "In French.",
    "LabelDe": "In German.",
    "LabelEn": "In English.",
    "Kind": "Required: `price_override`, `free_units`, `percent`, `amount_off_document` or `credit`.",
    "Price": "Of `price_override`: the price of the items, without tax, below the plan's.",
    "Units": "Of `free_units`: seconds, segments or requests that cost nothing, on each invoice.",
    "Percent": "Of `percent`: `10` or `2.5`, off each line of the items.",
    "Amount": "Of `amount_off_document`, off each invoice; of `credit`, in all. Without tax, in cents.",
    "Items": "Price items, separated by commas. Required of `price_override` and `free_units`; all for `percent` if absent.",
    "Code": "What has to be said to take it, 4 to 32 letters, digits and hyphens, in any case. Taken by its id if absent.",
    "Starts": "First day to take it, `2026-12-01`; today if absent.",
    "Ends": "Last day to take it, and without `DurationMonths` the last it holds.",
    "DurationMonths": "Calendar months it holds once taken; the month of taking is the first.",
    "Eligibility": "Required: `new` (with an order), `existing` (on a contract in force), and kinds of customers, separated by commas.",
    "Accounts": "A segment: accounts that may take it, separated by commas; all if absent.",
    "StackGroup": "An account has one promotion of a group in a month.",
    "Cap": "Customers that may take it, in all.",
    "Budget": "What it may give in all, without tax.",
];

pub(super) fn create(ask: &Ask<'_>) -> Result<NewPromotion> {
    let params = &ask.params;
    let required = |name| params.required(name, ErrorCode::InvalidParameter);
    let label = required("Label")?;
    let in_language = |name| params.text(name).unwrap_or(label).to_owned();
    Ok(NewPromotion {
        id: required("Id")?.to_owned(),
        code: params.owned("Code"),
        label: PromotionLabel {
            nl: in_language("LabelNl"),
            fr: in_language("LabelFr"),
            de: in_language("LabelDe"),
            en: in_language("LabelEn"),
        },
        kind: kind(ask)?,
        items: params.words("Items"),
        starts: params.parsed("Starts", ErrorCode::InvalidParameter)?,
        ends: params.parsed("Ends", ErrorCode::InvalidParameter)?,
        duration_months: params.parsed("DurationMonths", ErrorCode::InvalidParameter)?,
        eligibility: eligibility(ask)?,
        stack_group: params.owned("StackGroup"),
        cap: params.parsed("Cap", ErrorCode::InvalidParameter)?,
        budget: params.parsed("Budget", ErrorCode::InvalidParameter)?,
    })
}

fn kind(ask: &Ask<'_>) -> Result<PromotionKind> {
    let money = |name| {
        let amount: Option<Money> = ask.params.parsed(name, ErrorCode::InvalidParameter)?;
        amount.ok_or_else(|| invalid(name, "is missing"))
    };
    Ok(match ask.params.required("Kind", ErrorCode::InvalidParameter)? {
        "price_override" => PromotionKind::PriceOverride(money("Price")?),
        "free_units" => {
            let units = ask.params.parsed("Units", ErrorCode::InvalidParameter)?;
            PromotionKind::FreeUnits(units.ok_or_else(|| invalid("Units", "is missing"))?)
        }
        "percent" => PromotionKind::PercentOff(percent(money("Percent")?)?),
        "amount_off_document" => PromotionKind::AmountOff(money("Amount")?),
        "credit" => PromotionKind::Credit(money("Amount")?),
        _ => return Err(invalid("Kind", "is not one of its values")),
    })
}

/// Millionths of a decimal number of hundredths: read like money, so exact.
fn percent(percent: Money) -> Result<u32> {
    let bad = || invalid("Percent", "is more than 0 and at most 100, with four decimals at most");
    match percent.micros() {
        micros if micros % 100 == 0 => u32::try_from(micros / 100).map_err(|_| bad()),
        _ => Err(bad()),
    }
}

fn eligibility(ask: &Ask<'_>) -> Result<Eligibility> {
    let mut who = Eligibility { new: false, existing: false, kinds: Vec::new(), accounts: Vec::new() };
    for word in ask.params.words("Eligibility") {
        match word.as_str() {
            "new" => who.new = true,
            "existing" => who.existing = true,
            kind => who.kinds.push(
                CustomerKind::from_wire(kind)
                    .ok_or_else(|| invalid("Eligibility", "is not one of its values"))?,
            ),
        }
    }
    for account in ask.params.words("Accounts") {
        who.accounts.push(account.parse().map_err(|_| invalid("Accounts", "names no account"))?);
    }
    Ok(who)
}
