//! The lines of an invoice for programs: CSV, JSON, and CSV in the columns of FOCUS (FinOps Open Cost and Usage Specification 1.0).
//! Amounts are decimals with a point.

use flexio_domain::{Invoice, InvoiceKind, InvoiceLine, LineUnit, Money, PlanAdvice, PlanCost, Vat};
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::{format, words};

/// Rows as CSV (RFC 4180).
pub fn written(rows: Vec<Vec<String>>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.write_record(&row).expect("memory takes every row, and rows are of one length");
    }
    String::from_utf8(writer.into_inner().expect("memory is flushed")).expect("only text was written")
}

/// A row of texts.
pub fn strings(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

/// One row per line, with the promotions that made it cheaper, then one for each allowance, the tax and the total: column `kind` says which.
pub fn csv(invoice: &Invoice) -> String {
    let mut rows = vec![strings(&[
        "document",
        "kind",
        "line",
        "item",
        "name",
        "plan",
        "month",
        "from",
        "to",
        "times",
        "quantity",
        "unit",
        "price",
        "base",
        "allowance",
        "net",
        "currency",
        "promotion",
    ])];
    let sum = |kind: &str, name: &str, amount: Money| {
        let mut row = strings(&[&invoice.number, kind, "", "", name]);
        row.resize(15, String::new());
        row.extend([amount.to_decimals(2), invoice.currency.to_string(), String::new()]);
        row
    };
    for line in &invoice.lines {
        let off = line.allowance.as_ref().map_or(Money::ZERO, |allowance| allowance.amount);
        let reason = line.allowance.as_ref().map(|allowance| allowance.reason.as_str());
        let promotions: Vec<&str> = line.promotion.as_deref().into_iter().chain(reason).collect();
        rows.push(vec![
            invoice.number.clone(),
            "line".to_owned(),
            line.number.to_string(),
            line.item.clone(),
            words::item(&line.item, invoice.buyer.language),
            line.plan.clone(),
            line.month.clone(),
            line.from.to_string(),
            line.to.to_string(),
            line.count.to_string(),
            line.quantity.to_string(),
            line.unit.as_str().to_owned(),
            format::plain_price(line.price),
            line.base.to_string(),
            off.to_decimals(2),
            line.net.to_decimals(2),
            invoice.currency.to_string(),
            promotions.join("; "),
        ]);
    }
    for allowance in &invoice.allowances {
        rows.push(sum("allowance", &allowance.reason, -allowance.amount));
    }
    rows.push(sum("net", "", invoice.net));
    rows.push(sum("tax", &invoice.vat.percent(), invoice.tax));
    rows.push(sum("total", "", invoice.gross));
    rows.push(sum("payable", "", invoice.payable));
    written(rows)
}

/// The document as one JSON object.
pub fn json(invoice: &Invoice) -> Value {
    let cents = |amount: Money| amount.to_decimals(2);
    let line = |line: &InvoiceLine| {
        json!({
            "line": line.number,
            "item": line.item,
            "name": words::item(&line.item, invoice.buyer.language),
            "plan": line.plan,
            "month": line.month,
            "carried_over": line.carried_over,
            "from": line.from.to_string(),
            "to": line.to.to_string(),
            "times": line.count,
            "quantity": line.quantity,
            "unit": line.unit.as_str(),
            "price": format::plain_price(line.price),
            "base": line.base,
            "promotion": line.promotion,
            "allowance": line.allowance.as_ref().map(|off| json!({ "reason": off.reason, "amount": cents(off.amount) })),
            "net": cents(line.net),
        })
    };
    let off = |off: &flexio_domain::Allowance| json!({ "reason": off.reason, "amount": cents(off.amount) });
    json!({
        "sid": invoice.sid.to_string(),
        "account_sid": invoice.account_sid.to_string(),
        "kind": invoice.kind.as_str(),
        "number": invoice.number,
        "month": invoice.month,
        "issued_on": invoice.issued_on.to_string(),
        "due_on": invoice.due_on.to_string(),
        "from": invoice.from.to_string(),
        "to": invoice.to.to_string(),
        "communication": invoice.communication.map(|communication| communication.to_string()),
        "currency": invoice.currency.to_string(),
        "vat": {
            "category": crate::ubl::category(&invoice.vat),
            "percent": invoice.vat.percent(),
            "country": match &invoice.vat {
                Vat::Standard { country, .. } => Some(country),
                Vat::ReverseCharge | Vat::OutsideScope => None,
            },
        },
        "lines": invoice.lines.iter().map(line).collect::<Vec<_>>(),
        "allowances": invoice.allowances.iter().map(off).collect::<Vec<_>>(),
        "lines_total": cents(invoice.lines_total),
        "net": cents(invoice.net),
        "tax": cents(invoice.tax),
        "gross": cents(invoice.gross),
        "prepaid": cents(invoice.prepaid),
        "payable": cents(invoice.payable),
        "direct_debit": invoice.direct_debit.as_ref().map(|debit| json!({
            "mandate": debit.mandate_reference, "creditor_id": debit.creditor_id.as_str(),
            "collect_on": debit.collect_on.to_string(), "iban": debit.iban.masked(),
        })),
        "advice": invoice.advice.as_ref().map(advice),
        "credits": invoice.preceding.as_ref().map(|preceding| json!({
            "sid": preceding.sid.to_string(), "number": preceding.number, "reason": preceding.reason,
        })),
    })
}

fn advice(advice: &PlanAdvice) -> Value {
    let cost = |cost: &PlanCost| json!({ "plan": cost.plan, "name": cost.name, "amount": cost.amount.to_decimals(2) });
    json!({
        "from": advice.from.to_string(),
        "to": advice.to.to_string(),
        "uses": advice.uses,
        "partial": advice.is_partial,
        "own": cost(&advice.own),
        "cheapest": advice.cheaper().map(cost),
        "difference": advice.difference().to_decimals(2),
        "plans": advice.plans.iter().map(cost).collect::<Vec<_>>(),
    })
}

/// Columns of FOCUS 1.0; each column it requires is there.
const FOCUS: [&str; 28] = [
    "AvailabilityZone",
    "BilledCost",
    "BillingAccountId",
    "BillingAccountName",
    "BillingCurrency",
    "BillingPeriodEnd",
    "BillingPeriodStart",
    "ChargeCategory",
    "ChargeClass",
    "ChargeDescription",
    "ChargeFrequency",
    "ChargePeriodEnd",
    "ChargePeriodStart",
    "ConsumedQuantity",
    "ConsumedUnit",
    "ContractedCost",
    "EffectiveCost",
    "InvoiceIssuerName",
    "ListCost",
    "ListUnitPrice",
    "PricingQuantity",
    "PricingUnit",
    "ProviderName",
    "PublisherName",
    "RegionId",
    "ServiceCategory",
    "ServiceName",
    "SkuId",
];

/// Rows of FOCUS: one per line, one per allowance (`Credit`) and one for the tax (`Tax`). A credit note's are corrections below zero.
pub fn focus_csv(invoice: &Invoice) -> String {
    let mut rows = vec![strings(&FOCUS)];
    for line in &invoice.lines {
        let off: Money = line.discounts.iter().map(|discount| discount.amount).sum();
        let recurring = matches!(line.unit, LineUnit::Day | LineUnit::Month);
        rows.push(focus_row(
            invoice,
            &Charge {
                category: "Usage",
                name: &words::item(&line.item, invoice.buyer.language),
                frequency: if recurring { "Recurring" } else { "Usage-Based" },
                period: (line.from, line.to),
                line: Some(line),
                list: line.net + off,
                cost: line.net,
            },
        ));
    }
    let whole = (invoice.from, invoice.to);
    for allowance in &invoice.allowances {
        let (name, cost) = (allowance.reason.as_str(), -allowance.amount);
        let charge = Charge {
            category: "Credit",
            name,
            frequency: "One-Time",
            period: whole,
            line: None,
            list: cost,
            cost,
        };
        rows.push(focus_row(invoice, &charge));
    }
    let name = format!("{} {} %", words::vat(invoice.buyer.language), invoice.vat.percent());
    let (list, cost) = (invoice.tax, invoice.tax);
    let tax =
        Charge { category: "Tax", name: &name, frequency: "One-Time", period: whole, line: None, list, cost };
    rows.push(focus_row(invoice, &tax));
    written(rows)
}

struct Charge<'c> {
    category: &'static str,
    name: &'c str,
    frequency: &'static str,
    period: (Date, Date),
    line: Option<&'c InvoiceLine>,
    list: Money,
    cost: Money,
}

fn focus_row(invoice: &Invoice, charge: &Charge<'_>) -> Vec<String> {
    let (sign, class) = match invoice.kind {
        InvoiceKind::Invoice => (1, ""),
        InvoiceKind::CreditNote => (-1, "Correction"),
    };
    let cents = |amount: Money| Money::from_micros(sign * amount.micros()).to_decimals(2);
    // Periods of FOCUS end before their end.
    let midnight = |day: Date| format!("{day}T00:00:00Z");
    let after = |day: Date| midnight(day.saturating_add(1.days()));
    let of_line = |text: fn(&InvoiceLine) -> String| charge.line.map(text).unwrap_or_default();
    let quantity = of_line(|line| line.quantity.to_string());
    let unit = of_line(|line| line.unit.as_str().to_owned());
    vec![
        String::new(),
        cents(charge.cost),
        invoice.account_sid.to_string(),
        invoice.buyer.name.clone(),
        invoice.currency.to_string(),
        after(invoice.to),
        midnight(invoice.from),
        charge.category.to_owned(),
        class.to_owned(),
        charge.name.to_owned(),
        charge.frequency.to_owned(),
        after(charge.period.1),
        midnight(charge.period.0),
        quantity.clone(),
        unit.clone(),
        cents(charge.cost),
        cents(charge.cost),
        invoice.seller.name.clone(),
        cents(charge.list),
        of_line(|line| line.price.to_decimals(6)),
        quantity,
        unit,
        invoice.seller.name.clone(),
        invoice.seller.name.clone(),
        String::new(),
        "Integration".to_owned(),
        "Communications platform".to_owned(),
        charge.line.map(|line| line.item.clone()).unwrap_or_default(),
    ]
}
