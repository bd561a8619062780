//! What those who sell on owe, and keep.

use std::collections::{BTreeMap, HashMap};

use flexio_billing::comparison::charge_under;
use flexio_domain::{AccountSid, Money, UsageEvent};
use flexio_rating::BillingMonth;

use super::{Cell, Report};
use crate::App;
use crate::error::AppError;

/// Columns of [`App::resale_report`].
pub const RESALE: &[&str] =
    &["reseller_sid", "reseller_name", "item", "uses", "sold", "owed", "margin", "not_priced"];

/// What one reseller's customers used of one item.
#[derive(Debug, Default)]
struct Resale {
    uses: u64,
    sold: Money,
    owed: Money,
    not_priced: u64,
}

impl Resale {
    fn row(&self, reseller: AccountSid, name: &str, item: &str) -> Vec<Cell> {
        vec![
            Cell::Text(reseller.to_string()),
            Cell::Text(name.to_owned()),
            Cell::Text(item.to_owned()),
            Cell::Count(self.uses),
            Cell::Amount(self.sold),
            Cell::Amount(self.owed),
            Cell::Amount(self.sold - self.owed),
            Cell::Count(self.not_priced),
        ]
    }
}

/// Accounts under a contract that lie above others under a contract of their own: by the account of the lower contract, the nearest first.
#[derive(Debug, Default)]
struct Resellers {
    above: HashMap<AccountSid, Vec<AccountSid>>,
    names: HashMap<AccountSid, String>,
}

impl App {
    /// What the customers of each reseller used in a month, by item: what they were charged for it (`sold`), what the same uses cost by the
    /// reseller's own plan and pins (`owed`), and what is left. A reseller is an account under a contract above accounts with contracts of
    /// their own; above one reseller there may be another, to whom the lower one's `owed` is `sold`. Of one account only, where `of` names
    /// it. With more uses than `most` it is refused.
    pub async fn resale_report(
        &self,
        month: BillingMonth,
        of: Option<AccountSid>,
        most: Option<u64>,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Report, AppError> {
        let resellers = self.resellers().await?;
        let mut rows: BTreeMap<(AccountSid, String), Resale> = BTreeMap::new();
        let each = |event: &UsageEvent| {
            let under = self.subscriber(event.account_sid);
            let above = under.and_then(|it| resellers.above.get(&it)).map_or(&[][..], Vec::as_slice);
            let mut price = Some(event.amount);
            for reseller in above {
                let terms = self.terms(*reseller);
                let owed = charge_under(event, terms.pricing(&event.item, event.at)).ok().map(|it| it.amount);
                if of.is_none_or(|of| of == *reseller) {
                    let row = rows.entry((*reseller, event.item.clone())).or_default();
                    row.uses += 1;
                    // Of what one of the two does not sell, the other's price is no margin.
                    match price.zip(owed) {
                        Some((sold, owed)) => (row.sold, row.owed) = (row.sold + sold, row.owed + owed),
                        None => row.not_priced += 1,
                    }
                }
                price = owed;
            }
        };
        self.each_use_of(month, (most, "flexio billing report resale"), progress, each).await?;
        let sum = |amount: fn(&Resale) -> Money| Cell::Amount(rows.values().map(amount).sum());
        let totals = vec![
            ("sold", sum(|it| it.sold)),
            ("owed", sum(|it| it.owed)),
            ("margin", sum(|it| it.sold - it.owed)),
            ("not_priced", Cell::Count(rows.values().map(|it| it.not_priced).sum())),
        ];
        let name = |sid: &AccountSid| resellers.names.get(sid).map_or("", String::as_str);
        let rows = rows.iter().map(|((sid, item), it)| it.row(*sid, name(sid), item)).collect();
        Ok(self.report("resale", month.to_string(), RESALE, rows, totals))
    }

    async fn resellers(&self) -> Result<Resellers, AppError> {
        let mut found = Resellers::default();
        for contract in self.all_contracts().await? {
            let Some(account) = self.store.account(contract.account_sid).await? else { continue };
            let sells_on = |above: &&AccountSid| self.subscriber(**above) == Some(**above);
            let above: Vec<AccountSid> = account.ancestors.iter().rev().filter(sells_on).copied().collect();
            for reseller in &above {
                if !found.names.contains_key(reseller)
                    && let Some(account) = self.store.account(*reseller).await?
                {
                    found.names.insert(*reseller, account.friendly_name);
                }
            }
            if !above.is_empty() {
                found.above.insert(account.sid, above);
            }
        }
        Ok(found)
    }
}
