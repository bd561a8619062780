//! Invoices as shown. Amounts are decimals with two places; of credit notes too they are positive.

use flexio_documents::items::{Itemised, ItemisedUse};
use flexio_domain::{
    AccountSid, Allowance, Buyer, Currency, Invoice, InvoiceKind, InvoiceLine, InvoiceSid, InvoiceState,
    Language, LineUnit, Money, Operator, PlanAdvice, PlanCost, PostalAddress, StructuredCommunication, Vat,
};
use jiff::civil::date;

use crate::ask::Shown;
use crate::write::Writer;

pub(super) fn invoice(w: &mut Writer, shown: &Shown<'_>, state: &InvoiceState) {
    let invoice = &state.invoice;
    let cents = |amount: Money| amount.to_decimals(2);
    w.put("sid", invoice.sid.to_string());
    w.put("account_sid", invoice.account_sid.to_string());
    w.put("kind", invoice.kind.as_str());
    w.put("number", &invoice.number);
    w.put("month", &invoice.month);
    w.put("issued_on", invoice.issued_on.to_string());
    w.put("due_on", invoice.due_on.to_string());
    w.put("communication", invoice.communication.map(|communication| communication.to_string()));
    w.put("payee", format!("{} {}", invoice.seller.name, invoice.seller.legal_form).trim());
    w.put("iban", &invoice.seller.iban);
    w.put("bic", &invoice.seller.bic);
    w.put("currency", invoice.currency.to_string());
    w.put("net", cents(invoice.net));
    w.put("tax", cents(invoice.tax));
    w.put("tax_percent", invoice.vat.percent());
    w.put("gross", cents(invoice.gross));
    w.put("prepaid", cents(invoice.prepaid));
    w.put("payable", cents(invoice.payable));
    w.put("open", cents(state.open()));
    w.put("status", state.status());
    let debit = invoice.direct_debit.as_ref();
    w.put("mandate_sid", debit.map(|debit| debit.mandate_sid.to_string()));
    w.put("collect_on", debit.map(|debit| debit.collect_on.to_string()));
    let preceding = invoice.preceding.as_ref();
    w.put("credits_sid", preceding.map(|preceding| preceding.sid.to_string()));
    w.put("reason", preceding.map(|preceding| preceding.reason.as_str()));
    w.put("uri", shown.uri(invoice.account_sid, format_args!("Invoices/{}", invoice.sid)));
}

pub(super) fn with_lines(w: &mut Writer, shown: &Shown<'_>, state: &InvoiceState) {
    invoice(w, shown, state);
    w.list("lines", "Line", &state.invoice.lines, line);
    w.list("allowances", "Allowance", &state.invoice.allowances, allowance);
    if let Some(advised) = &state.invoice.advice {
        w.object("plan_advice", |w| advice(w, advised));
    }
}

/// The running month; without lines where nothing is due.
pub(super) fn preview(w: &mut Writer, invoice: Option<&Invoice>) {
    let cents = |amount: fn(&Invoice) -> Money| invoice.map_or(Money::ZERO, amount).to_decimals(2);
    w.put("month", invoice.map(|invoice| invoice.month.as_str()));
    w.put("currency", invoice.map(|invoice| invoice.currency.to_string()));
    w.put("net", cents(|invoice| invoice.net));
    w.put("tax", cents(|invoice| invoice.tax));
    w.put("tax_percent", invoice.map(|invoice| invoice.vat.percent()));
    w.put("gross", cents(|invoice| invoice.gross));
    w.put("prepaid", cents(|invoice| invoice.prepaid));
    w.put("payable", cents(|invoice| invoice.payable));
    let lines = invoice.map_or(&[][..], |invoice| &invoice.lines);
    w.list("lines", "Line", lines, line);
    let allowances = invoice.map_or(&[][..], |invoice| &invoice.allowances);
    w.list("allowances", "Allowance", allowances, allowance);
}

pub(super) fn preview_sample(w: &mut Writer, _: &Shown<'_>) {
    preview(w, Some(&specimen()));
}

/// Which plan would have been the best.
pub(crate) fn advice(w: &mut Writer, advice: &PlanAdvice) {
    let cost = |w: &mut Writer, cost: &PlanCost| {
        w.put("plan", &cost.plan);
        w.put("name", &cost.name);
        w.put("amount", cost.amount.to_decimals(2));
    };
    w.put("from", advice.from.to_string());
    w.put("to", advice.to.to_string());
    w.put("uses", advice.uses.to_string());
    w.put("partial", advice.is_partial);
    w.object("own", |w| cost(w, &advice.own));
    w.list("plans", "Plan", &advice.plans, cost);
    w.put("cheapest", advice.cheaper().map(|cheapest| cheapest.plan.as_str()));
    w.put("difference", advice.difference().to_decimals(2));
}

pub(crate) fn advice_sample(w: &mut Writer, _: &Shown<'_>) {
    let cost = |plan: &str, cents: i64| PlanCost {
        plan: plan.to_owned(),
        name: "FlexIO".to_owned(),
        amount: Money::from_micros(cents * 10_000),
    };
    let specimen = PlanAdvice {
        from: date(2025, 12, 1),
        to: date(2026, 11, 30),
        uses: 4_711,
        is_partial: false,
        own: cost("flexio-be/1", 12_000),
        plans: vec![cost("flexio-talk/1", 9_550), cost("flexio-be/2", 12_400)],
    };
    advice(w, &specimen);
}

fn allowance(w: &mut Writer, off: &Allowance) {
    w.put("promotion", &off.promotion);
    w.put("reason", &off.reason);
    w.put("amount", off.amount.to_decimals(2));
}

fn line(w: &mut Writer, line: &InvoiceLine) {
    w.put("line", line.number);
    w.put("item", &line.item);
    w.put("plan", &line.plan);
    w.put("month", &line.month);
    w.put("carried_over", line.carried_over);
    w.put("from", line.from.to_string());
    w.put("to", line.to.to_string());
    w.put("times", line.count.to_string());
    w.put("quantity", line.quantity.to_string());
    w.put("unit", line.unit.as_str());
    w.put("price", line.price.to_decimals(6));
    w.put("base", line.base.to_string());
    w.put("promotion", line.promotion.as_deref());
    w.put("allowance", line.allowance.as_ref().map(|off| off.amount.to_decimals(2)));
    w.put("allowance_reason", line.allowance.as_ref().map(|off| off.reason.as_str()));
    w.put("net", line.net.to_decimals(2));
}

pub(super) fn sample(w: &mut Writer, shown: &Shown<'_>) {
    with_lines(w, shown, &InvoiceState { invoice: specimen(), settled: Money::ZERO });
}

pub(super) fn items(w: &mut Writer, bill: &Itemised) {
    w.put("invoice_sid", bill.invoice.sid.to_string());
    w.put("number", &bill.invoice.number);
    w.put("currency", bill.invoice.currency.to_string());
    w.put("not_listed", bill.not_listed.0.to_string());
    w.put("not_listed_amount", bill.not_listed.1.to_decimals(6));
    w.list("items", "Item", &bill.uses, |w, it| {
        w.put("at", it.at.strftime("%Y-%m-%dT%H:%M:%S").to_string());
        w.put("account_sid", it.account_sid.to_string());
        w.put("resource", it.resource.as_str());
        w.put("item", it.item.as_str());
        w.put("from", it.from.as_str());
        w.put("to", it.to.as_str());
        w.put("quantity", it.quantity.to_string());
        w.put("unit", it.unit.as_str());
        w.put("amount", it.amount.to_decimals(6));
    });
}

pub(super) fn items_sample(w: &mut Writer, _: &Shown<'_>) {
    let used = ItemisedUse {
        at: date(2026, 11, 3).at(11, 0, 7, 0),
        account_sid: AccountSid::from_u128(1),
        resource: "CA00000000000000000000000000000001".to_owned(),
        item: "voice.out.mobile".to_owned(),
        from: "+3225880000".to_owned(),
        to: "+32470123xxx".to_owned(),
        quantity: 61,
        unit: LineUnit::Second,
        amount: Money::from_micros(376_167),
    };
    items(w, &Itemised { invoice: specimen(), uses: vec![used], not_listed: (0, Money::ZERO) });
}

fn specimen() -> Invoice {
    let cents = |cents: i64| Money::from_micros(cents * 10_000);
    let line = InvoiceLine {
        number: 1,
        item: "voice.out.mobile".to_owned(),
        plan: "flexio-be/1".to_owned(),
        month: "2026-11".to_owned(),
        carried_over: false,
        from: date(2026, 11, 1),
        to: date(2026, 11, 30),
        quantity: 10_005,
        unit: LineUnit::Second,
        count: 113,
        price: cents(37),
        base: 60,
        exact: Money::from_micros(61_697_500),
        allowance: None,
        promotion: None,
        discounts: Vec::new(),
        net: cents(6_170),
    };
    Invoice {
        sid: InvoiceSid::from_u128(1),
        account_sid: AccountSid::from_u128(1),
        kind: InvoiceKind::Invoice,
        number: "2026-000042".to_owned(),
        month: "2026-11".to_owned(),
        issued_on: date(2026, 12, 3),
        due_on: date(2027, 1, 2),
        from: line.from,
        to: line.to,
        communication: StructuredCommunication::of_invoice(2026, 42),
        currency: Currency::EUR,
        seller: Operator::default(),
        buyer: Buyer {
            name: "Bakkerij De Korenbloem BV".to_owned(),
            address: PostalAddress {
                street: "Kerkstraat 12".to_owned(),
                post_code: "9000".to_owned(),
                city: "Gent".to_owned(),
                country: "BE".to_owned(),
            },
            enterprise_number: None,
            vat_number: None,
            peppol: None,
            reference: None,
            language: Language::Nl,
        },
        vat: Vat::Standard { country: "BE".to_owned(), millionths: 210_000 },
        lines: vec![line],
        allowances: Vec::new(),
        lines_total: cents(6_170),
        net: cents(6_170),
        tax: cents(1_296),
        gross: cents(7_466),
        prepaid: Money::ZERO,
        payable: cents(7_466),
        direct_debit: None,
        preceding: None,
        advice: None,
    }
}
