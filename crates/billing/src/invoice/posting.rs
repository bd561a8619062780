//! What a document does to the ledger.

use std::collections::BTreeMap;

use flexio_domain::{Invoice, InvoiceKind, LedgerAccount, LedgerLeg, LedgerTransaction, Money, Vat};
use jiff::Timestamp;

use super::Due;

/// The posting of a document, balanced.
///
/// An invoice moves the exact charges behind its lines, which are those of `due`, from unbilled to receivable, with tax, discounts and
/// rounding; what was paid in before is taken from the wallet. For a credit note `due` is empty. It takes revenue and tax back. Its id follows from what the document is for, so that the
/// database refuses a second invoice of a month and a second posting of a number: `invoice:{account}:{month}`, `credit:{number}`.
pub fn posting(invoice: &Invoice, due: &[Due], posted_at: Timestamp) -> LedgerTransaction {
    let mut sums: BTreeMap<LedgerAccount, Money> = BTreeMap::new();
    let mut add = |account, amount| *sums.entry(account).or_insert(Money::ZERO) += amount;
    let customer = invoice.account_sid;
    let id = match invoice.kind {
        InvoiceKind::Invoice => {
            for part in due {
                add(part.from(), -part.exact);
            }
            for line in &invoice.lines {
                let off: Money = line.discounts.iter().map(|discount| discount.amount).sum();
                add(LedgerAccount::Rounding, line.exact - line.net - off);
                for discount in &line.discounts {
                    add(LedgerAccount::Discount(discount.promotion.clone()), discount.amount);
                }
            }
            for allowance in &invoice.allowances {
                add(LedgerAccount::Discount(allowance.promotion.clone()), allowance.amount);
            }
            add(LedgerAccount::Receivable(customer), invoice.payable);
            add(LedgerAccount::Wallet(customer), invoice.prepaid);
            add(tax_account(&invoice.vat), -invoice.tax);
            format!("invoice:{customer}:{}", invoice.month)
        }
        InvoiceKind::CreditNote => {
            for line in &invoice.lines {
                add(LedgerAccount::Revenue(line.item.clone()), line.net);
            }
            for allowance in &invoice.allowances {
                add(LedgerAccount::Discount(allowance.promotion.clone()), -allowance.amount);
            }
            add(LedgerAccount::Receivable(customer), -invoice.gross);
            add(tax_account(&invoice.vat), invoice.tax);
            format!("credit:{}", invoice.number)
        }
    };
    sums.retain(|_, amount| *amount != Money::ZERO);
    LedgerTransaction {
        id,
        account_sid: customer,
        reference: invoice.number.clone(),
        currency: invoice.currency,
        legs: sums.into_iter().map(|(account, amount)| LedgerLeg { account, amount }).collect(),
        posted_at,
    }
}

fn tax_account(vat: &Vat) -> LedgerAccount {
    let country = match vat {
        Vat::Standard { country, .. } => country,
        Vat::ReverseCharge | Vat::OutsideScope => "none",
    };
    LedgerAccount::Tax(format!("{country}:{}", vat.percent()))
}
