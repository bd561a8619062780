use std::collections::BTreeSet;

use flexio_billing::invoice::{
    Basis, CreditError, CreditLine, Credited, Due, DueError, Identity, InvoiceError, Promotion, Supplied,
    Supply, VatError, VatRates, credit_note, invoice, not_invoiced, per_account, posting, treatment,
};
use flexio_billing::ledger::is_balanced;
use flexio_domain::{
    AccountSid, Buyer, Currency, Invoice, InvoiceKind, InvoiceSid, Language, LedgerAccount, Money, Operator,
    PostalAddress, PromotionKind, UsageSupply, Vat,
};
use flexio_rating::{BillingMonth, Item, Plan, Tier, TierMode, Tiers, VatRate};
use jiff::civil::date;
use proptest::prelude::*;

use crate::{ACCOUNT, at, money};

fn plan() -> Plan {
    Plan::parse("offer.toml", include_str!("../../../../data/offer-flexio-be.toml")).unwrap()
}

fn november() -> BillingMonth {
    "2026-11".parse().unwrap()
}

fn buyer(country: &str, vat_number: Option<&str>) -> Buyer {
    Buyer {
        name: "Bakkerij De Korenbloem BV".to_owned(),
        address: PostalAddress {
            street: "Kerkstraat 12".to_owned(),
            post_code: "9000".to_owned(),
            city: "Gent".to_owned(),
            country: country.to_owned(),
        },
        enterprise_number: None,
        vat_number: vat_number.map(str::to_owned),
        peppol: None,
        reference: None,
        language: Language::Nl,
    }
}

fn belgian_vat() -> Vat {
    treatment(&Operator::default(), &buyer("BE", None), plan().vat_rate(), &VatRates::new()).unwrap()
}

fn identity(sequence: u32) -> Identity {
    Identity { sid: InvoiceSid::from_u128(u128::from(sequence)), sequence, issued_on: date(2026, 12, 3) }
}

/// Code, quantity, count, exact amount: the invoice of the specification's example.
const NOVEMBER: [(&str, u64, u64, &str); 9] = [
    ("number.fixed", 47, 2, "1.253333"),
    ("designer", 1, 1, "30"),
    ("sms.out", 1_234, 1_200, "117.23"),
    ("voice.out.mobile", 10_005, 113, "61.6975"),
    ("voice.out.fixed", 7_261, 41, "11.496583"),
    ("voice.in", 90_000, 512, "6.75"),
    ("conference.setup", 12, 12, "0.0864"),
    ("recording", 3_661, 9, "0.152542"),
    ("twofa.request", 200, 200, "10"),
];

fn supplies(rows: &[(&str, u64, u64, &str)]) -> Vec<Supply> {
    let plan = plan();
    let supply = |&(item, quantity, count, amount): &(&str, u64, u64, &str)| {
        let supplied = Supplied {
            plan: plan.label(),
            month: november(),
            quantity,
            count,
            amount: money(amount),
            before: 0,
        };
        Supply::of(plan.item(item).unwrap(), &supplied)
    };
    rows.iter().flat_map(supply).collect()
}

fn made(
    supplies: &[Supply],
    promotions: &[Promotion],
    vat: &Vat,
    wallet: Money,
) -> Result<Invoice, InvoiceError> {
    let basis = Basis {
        account_sid: ACCOUNT,
        month: november(),
        seller: &Operator::default(),
        buyer: &buyer("BE", None),
        vat,
        currency: Currency::EUR,
        supplies,
        promotions,
        wallet,
        mandate: None,
    };
    invoice(&basis, &identity(42))
}

fn november_with(promotions: &[Promotion]) -> Invoice {
    made(&supplies(&NOVEMBER), promotions, &belgian_vat(), Money::ZERO).unwrap()
}

fn promotion(id: &str, kind: PromotionKind, items: &[&str]) -> Promotion {
    Promotion {
        id: id.to_owned(),
        label: "Welcome (2026-12-31)".to_owned(),
        kind,
        items: items.iter().map(|item| (*item).to_owned()).collect(),
        months: (november(), "2026-12".parse().unwrap()),
        plan: None,
        stack_group: None,
    }
}

fn sums(invoice: &Invoice) -> [String; 3] {
    [invoice.net, invoice.tax, invoice.gross].map(|amount| amount.to_decimals(2))
}

/// All of an invoice's charges are the customer's own.
fn due(invoice: &Invoice) -> Vec<Due> {
    match invoice.kind {
        InvoiceKind::Invoice => {
            let exact = invoice.lines.iter().map(|line| line.exact).sum();
            vec![Due { account_sid: ACCOUNT, exact, onward: false }]
        }
        InvoiceKind::CreditNote => Vec::new(),
    }
}

fn leg(invoice: &Invoice, account: &LedgerAccount) -> Money {
    let posting = posting(invoice, &due(invoice), at("2026-12-03T03:00:00Z"));
    posting.legs.iter().filter(|leg| leg.account == *account).map(|leg| leg.amount).sum()
}

#[test]
fn the_invoice_of_november_is_exact_to_the_cent() {
    let invoice = november_with(&[]);
    let nets: Vec<String> = invoice.lines.iter().map(|line| line.net.to_decimals(2)).collect();
    assert_eq!(nets, ["1.25", "30.00", "117.23", "61.70", "11.50", "6.75", "0.09", "0.15", "10.00"]);
    assert_eq!(sums(&invoice), ["238.67", "50.12", "288.79"]);
    assert_eq!(invoice.number, "2026-000042");
    assert_eq!(invoice.communication.unwrap().to_string(), "+++260/0000/04214+++");
    assert_eq!((invoice.from, invoice.to), (date(2026, 11, 1), date(2026, 11, 30)));
    assert_eq!((invoice.due_on, invoice.payable), (date(2027, 1, 2), invoice.gross));
}

#[test]
fn a_welcome_credit_comes_off_the_document_before_tax() {
    let invoice = november_with(&[promotion("welcome", PromotionKind::Credit(money("5")), &[])]);
    assert_eq!(sums(&invoice), ["233.67", "49.07", "282.74"]);
    assert_eq!(invoice.allowances[0].reason, "Welcome (2026-12-31)");
    assert_eq!(leg(&invoice, &LedgerAccount::Discount("welcome".to_owned())), money("5"));
}

#[test]
fn x01_a_percentage_is_rounded_on_its_line() {
    let invoice =
        november_with(&[promotion("mobile-10", PromotionKind::PercentOff(100_000), &["voice.out.mobile"])]);
    let line = &invoice.lines[3];
    assert_eq!(line.allowance.as_ref().unwrap().amount, money("6.17"));
    assert_eq!(line.net, money("55.53"));
    assert_eq!(invoice.net, money("232.50"));
}

#[test]
fn x02_free_units_are_a_line_of_their_own() {
    let invoice = november_with(&[promotion("sms-100", PromotionKind::FreeUnits(100), &["sms.out"])]);
    let lines: Vec<_> = invoice
        .lines
        .iter()
        .filter(|line| line.item == "sms.out")
        .map(|line| (line.quantity, line.net))
        .collect();
    assert_eq!(lines, [(1_134, money("107.73")), (100, Money::ZERO)]);
    assert_eq!(leg(&invoice, &LedgerAccount::Discount("sms-100".to_owned())), money("9.50"));
    let all = november_with(&[promotion("sms-all", PromotionKind::FreeUnits(5_000), &["sms.out"])]);
    let lines: Vec<_> =
        all.lines.iter().filter(|line| line.item == "sms.out").map(|line| line.quantity).collect();
    assert_eq!((lines, all.net), (vec![1_234], money("121.44")));
    assert!(is_balanced(&posting(&all, &due(&all), at("2026-12-03T03:00:00Z"))));
}

#[test]
fn x04_another_price_replaces_that_of_the_line() {
    let rows = supplies(&[("voice.out.mobile", 6_100, 100, "37.616667")]);
    let offer = [promotion("mobile-030", PromotionKind::PriceOverride(money("0.30")), &["voice.out.mobile"])];
    let invoice = made(&rows, &offer, &belgian_vat(), Money::ZERO).unwrap();
    // A hundred times 61 s: 0.305 each.
    assert_eq!(invoice.net, money("30.50"));
    assert_eq!(invoice.lines[0].promotion.as_deref(), Some("Welcome (2026-12-31)"));
}

/// SMS at 0.095, 0.08 beyond 1 000 and 0.05 beyond 10 000 in a month.
fn by_volume(mode: TierMode, before: u64, quantity: u64) -> Vec<Supply> {
    let own = money("0.095");
    let steps = [(1_000, "0.08"), (10_000, "0.05")].map(|(from, price)| Tier { from, price: money(price) });
    let item =
        Item { tiers: Tiers::new(mode, steps.to_vec(), own), ..plan().item("sms.out").unwrap().clone() };
    let amount = own.checked_mul(i64::try_from(quantity).unwrap()).unwrap();
    let month = november();
    Supply::of(&item, &Supplied { plan: plan().label(), month, quantity, count: quantity, amount, before })
}

fn priced(invoice: &Invoice) -> Vec<(u64, String, String)> {
    let lines = invoice.lines.iter();
    lines.map(|line| (line.quantity, line.price.to_decimals(3), line.net.to_decimals(2))).collect()
}

#[test]
fn volume_prices_are_settled_by_the_invoice_and_the_ledger_says_what_they_took_off() {
    let row = |quantity, price: &str, net: &str| (quantity, price.to_owned(), net.to_owned());
    let of = |mode, before, quantity| {
        let invoice = made(&by_volume(mode, before, quantity), &[], &belgian_vat(), Money::ZERO).unwrap();
        let posted = posting(&invoice, &due(&invoice), at("2026-12-03T03:00:00Z"));
        assert!(is_balanced(&posted));
        let list = money("0.095").checked_mul(i64::try_from(quantity).unwrap()).unwrap();
        let off = LedgerAccount::Discount("volume.sms.out".to_owned());
        assert_eq!(leg(&invoice, &off), list - invoice.net, "what was charged, less what is asked for");
        assert_eq!(leg(&invoice, &LedgerAccount::Rounding), Money::ZERO);
        assert_eq!(invoice.lines.iter().map(|line| line.count).sum::<u64>(), quantity);
        priced(&invoice)
    };
    let graduated = TierMode::Graduated;
    assert_eq!(of(graduated, 0, 900), [row(900, "0.095", "85.50")]);
    let split = [row(1_000, "0.095", "95.00"), row(9_000, "0.080", "720.00"), row(2_000, "0.050", "100.00")];
    assert_eq!(of(graduated, 0, 12_000), split);
    assert_eq!(
        of(graduated, 900, 200),
        [row(100, "0.095", "9.50"), row(100, "0.080", "8.00")],
        "late ones go on"
    );
    assert_eq!(of(TierMode::AllUnits, 0, 12_000), [row(12_000, "0.050", "600.00")]);
    assert_eq!(of(TierMode::AllUnits, 0, 1_000), [row(1_000, "0.095", "95.00")]);
}

#[test]
fn volume_prices_count_the_item_of_a_month_whatever_version_priced_it() {
    let sms = |mode| {
        let steps = vec![Tier { from: 1_000, price: money("0.08") }];
        Item { tiers: Tiers::new(mode, steps, money("0.095")), ..plan().item("sms.out").unwrap().clone() }
    };
    let supply = |plan: &str, month: &str, quantity: u64| UsageSupply {
        account_sid: AccountSid::from_u128(1),
        month: month.to_owned(),
        item: "sms.out".to_owned(),
        plan: plan.to_owned(),
        quantity,
        count: quantity,
        amount: money("0.095").checked_mul(i64::try_from(quantity).unwrap()).unwrap(),
    };
    let due = [
        supply("offer/10", "2026-11", 300),
        supply("offer/9", "2026-11", 600),
        supply("offer/9", "2026-12", 50),
    ];
    let earlier = [supply("offer/8", "2026-11", 500)];
    let of = |mode| {
        let found = flexio_billing::invoice::supplies(&due, &earlier, |_, _| Some((0, sms(mode)))).unwrap();
        let of_plan = |it: &Supply| (it.month.to_string(), it.plan.clone(), it.before);
        found.iter().map(of_plan).collect::<BTreeSet<_>>()
    };
    let row = |month: &str, plan: &str, before: u64| (month.to_owned(), plan.to_owned(), before);
    // Five hundred are on an invoice; version 10 goes on behind version 9, and December begins anew.
    let graduated =
        [row("2026-11", "offer/9", 500), row("2026-11", "offer/10", 1_100), row("2026-12", "offer/9", 0)];
    assert_eq!(of(TierMode::Graduated), BTreeSet::from(graduated));
    // Of all units together each has the price that fourteen hundred reach.
    let all =
        [row("2026-11", "offer/9", 800), row("2026-11", "offer/10", 1_100), row("2026-12", "offer/9", 0)];
    assert_eq!(of(TierMode::AllUnits), BTreeSet::from(all));
}

#[test]
fn promotions_are_counted_on_volume_prices_and_the_lower_price_stays() {
    let free = promotion("free", PromotionKind::FreeUnits(100), &["sms.out"]);
    let percent = promotion("ten", PromotionKind::PercentOff(100_000), &["sms.out"]);
    let other = promotion("seven", PromotionKind::PriceOverride(money("0.07")), &["sms.out"]);
    let supplies = by_volume(TierMode::Graduated, 0, 12_000);
    let with = |promotions: &[Promotion]| {
        let invoice = made(&supplies, promotions, &belgian_vat(), Money::ZERO).unwrap();
        assert!(is_balanced(&posting(&invoice, &due(&invoice), at("2026-12-03T03:00:00Z"))));
        invoice
    };
    assert_eq!(with(&[free]).net, money("905.50"), "the first 100 of 915.00");
    assert_eq!(with(&[percent]).net, money("823.50"));
    let overridden = with(&[other]);
    let prices: Vec<String> = priced(&overridden).into_iter().map(|(_, price, _)| price).collect();
    assert_eq!(prices, ["0.070", "0.070", "0.050"]);
    assert_eq!(overridden.net, money("800.00"));
}

#[test]
fn one_promotion_of_a_group_applies_whatever_their_order() {
    let grouped = |id, amount| Promotion {
        stack_group: Some("welcome".to_owned()),
        ..promotion(id, PromotionKind::Credit(money(amount)), &[])
    };
    let (five, seven) = (grouped("a", "5"), grouped("b", "7"));
    assert_eq!(november_with(&[five.clone(), seven.clone()]), november_with(&[seven, five]));
}

#[test]
fn a_promotion_is_for_the_months_in_which_it_holds_and_the_largest_percentage_applies() {
    let december = Promotion {
        months: ("2026-12".parse().unwrap(), "2026-12".parse().unwrap()),
        ..promotion("later", PromotionKind::PercentOff(500_000), &["voice.out.mobile"])
    };
    let (ten, twenty) = (
        promotion("ten", PromotionKind::PercentOff(100_000), &["voice.out.mobile"]),
        promotion("twenty", PromotionKind::PercentOff(200_000), &[]),
    );
    let invoice = november_with(&[december, ten, twenty]);
    let off = invoice.lines[3].allowance.as_ref().unwrap();
    assert_eq!((off.promotion.as_str(), off.amount), ("twenty", money("12.34")));
}

#[test]
fn promotions_apply_in_their_order_and_nothing_falls_below_zero() {
    let mobile = &["voice.out.mobile"];
    let all = [
        promotion("e", PromotionKind::Credit(money("5000")), &[]),
        promotion("d", PromotionKind::AmountOff(money("10")), &[]),
        promotion("c", PromotionKind::PercentOff(500_000), mobile),
        promotion("b", PromotionKind::FreeUnits(5), mobile),
        promotion("a", PromotionKind::PriceOverride(money("0.30")), mobile),
    ];
    let invoice = november_with(&all);
    let line = &invoice.lines[3];
    // 10 000 s of 10 005 at 0.30 a minute, and half of that off.
    assert_eq!((line.quantity, line.net), (10_000, money("25.00")));
    // 238.67 less 61.70, and 25.00; ten off, and the credit pays the rest.
    let off: Vec<(&str, Money)> = invoice.allowances.iter().map(|it| (&*it.promotion, it.amount)).collect();
    assert_eq!(off, [("d", money("10.00")), ("e", money("191.97"))]);
    assert_eq!(sums(&invoice), ["0.00", "0.00", "0.00"]);
    assert!(is_balanced(&posting(&invoice, &due(&invoice), at("2026-12-03T03:00:00Z"))));
}

#[test]
fn what_was_put_in_before_pays_and_never_more_than_is_due() {
    let invoice = |wallet| made(&supplies(&NOVEMBER), &[], &belgian_vat(), money(wallet)).unwrap();
    let some = invoice("100.009");
    assert_eq!((some.prepaid, some.payable), (money("100.00"), money("188.79")));
    assert_eq!(leg(&some, &LedgerAccount::Wallet(ACCOUNT)), money("100"));
    assert_eq!(invoice("1000").payable, Money::ZERO);
    assert_eq!(invoice("-3").payable, money("288.79"));
}

#[test]
fn nothing_supplied_is_no_invoice() {
    assert_eq!(made(&[], &[], &belgian_vat(), Money::ZERO), Err(InvoiceError::Empty));
    let unanswered = supplies(&[("voice.out.mobile", 0, 0, "0")]);
    assert_eq!(made(&unanswered, &[], &belgian_vat(), Money::ZERO), Err(InvoiceError::Empty));
}

#[test]
fn a_connection_fee_is_a_line_of_its_own() {
    let text = include_str!("../../../../data/offer-flexio-be.toml");
    let fee = text.replacen("connection_fee = \"0\"", "connection_fee = \"0.05\"", 1);
    let plan = Plan::parse("offer.toml", &fee).unwrap();
    let supplied = Supplied {
        plan: plan.label(),
        month: november(),
        quantity: 60,
        count: 2,
        amount: money("0.47"),
        before: 0,
    };
    let supplies = Supply::of(plan.item("voice.out.mobile").unwrap(), &supplied);
    let invoice = made(&supplies, &[], &belgian_vat(), Money::ZERO).unwrap();
    let lines: Vec<_> =
        invoice.lines.iter().map(|line| (line.item.as_str(), line.quantity, line.net)).collect();
    assert_eq!(
        lines,
        [("voice.out.mobile", 60, money("0.37")), ("voice.out.mobile:connection", 2, money("0.10"))]
    );
}

#[test]
fn tax_follows_the_customer() {
    let rates = VatRates::from([("FR".to_owned(), VatRate { millionths: 200_000 })]);
    let falls =
        |country, number| treatment(&Operator::default(), &buyer(country, number), plan().vat_rate(), &rates);
    let standard = |country: &str, millionths| Vat::Standard { country: country.to_owned(), millionths };
    assert_eq!(falls("BE", Some("BE0202239951")), Ok(standard("BE", 210_000)));
    assert_eq!(falls("FR", Some("FR40303265045")), Ok(Vat::ReverseCharge));
    assert_eq!(falls("FR", None), Ok(standard("FR", 200_000)));
    // A number of another country proves nothing about this one.
    assert_eq!(falls("FR", Some("BE0202239951")), Ok(standard("FR", 200_000)));
    assert_eq!(falls("GR", Some("EL094014201")), Ok(Vat::ReverseCharge));
    assert_eq!(falls("NL", None), Err(VatError::NoRate("NL".to_owned())));
    assert_eq!(falls("US", None), Ok(Vat::OutsideScope));
    let reverse = made(&supplies(&NOVEMBER), &[], &Vat::ReverseCharge, Money::ZERO).unwrap();
    assert_eq!(sums(&reverse), ["238.67", "0.00", "238.67"]);
}

fn note(invoice: &Invoice, earlier: &[Invoice], credited: Credited<'_>) -> Result<Invoice, CreditError> {
    credit_note(
        invoice,
        earlier,
        credited,
        "Disputed calls",
        &identity(u32::try_from(earlier.len()).unwrap() + 1),
    )
}

#[test]
fn a_credit_note_of_the_whole_is_the_invoice_again() {
    let invoice = november_with(&[promotion("welcome", PromotionKind::Credit(money("5")), &[])]);
    let whole = note(&invoice, &[], Credited::Whole).unwrap();
    assert_eq!((sums(&whole), whole.kind), (sums(&invoice), InvoiceKind::CreditNote));
    assert_eq!((whole.number.as_str(), whole.communication), ("CN2026-000001", None));
    assert_eq!(whole.preceding.as_ref().unwrap().number, "2026-000042");
    assert_eq!(leg(&whole, &LedgerAccount::Receivable(ACCOUNT)), -invoice.gross);
    assert_eq!(note(&invoice, std::slice::from_ref(&whole), Credited::Whole), Err(CreditError::Nothing));
    assert_eq!(note(&whole, &[], Credited::Whole), Err(CreditError::NotAnInvoice));
}

#[test]
fn parts_are_credited_up_to_what_remains_of_their_line() {
    let invoice = november_with(&[]);
    let part = |line, net| [CreditLine { line, net: money(net) }];
    let first = note(&invoice, &[], Credited::Lines(&part(4, "60"))).unwrap();
    assert_eq!(sums(&first), ["60.00", "12.60", "72.60"]);
    let again = |parts: &[CreditLine]| note(&invoice, std::slice::from_ref(&first), Credited::Lines(parts));
    assert_eq!(again(&part(4, "1.71")), Err(CreditError::TooMuch));
    assert_eq!(again(&part(10, "1")), Err(CreditError::NoLine(10)));
    assert_eq!(again(&part(4, "0.001")), Err(CreditError::Amount));
    assert_eq!(again(&part(4, "-1")), Err(CreditError::Amount));
    assert_eq!(again(&[part(1, "1")[0], part(1, "1")[0]]), Err(CreditError::TooMuch));
    let rest = note(&invoice, std::slice::from_ref(&first), Credited::Whole).unwrap();
    assert_eq!((first.net + rest.net, first.tax + rest.tax), (invoice.net, invoice.tax));
    assert_eq!(credit_note(&invoice, &[], Credited::Whole, " ", &identity(1)), Err(CreditError::NoReason));
}

fn any_promotion() -> impl Strategy<Value = Promotion> {
    let kind = prop_oneof![
        (0_i64..400_000).prop_map(|price| PromotionKind::PriceOverride(Money::from_micros(price))),
        (0_u64..20_000).prop_map(PromotionKind::FreeUnits),
        (0_u32..=1_000_000).prop_map(PromotionKind::PercentOff),
        (0_i64..50_000_000).prop_map(|amount| PromotionKind::AmountOff(Money::from_micros(amount))),
        (0_i64..50_000_000).prop_map(|amount| PromotionKind::Credit(Money::from_micros(amount))),
    ];
    let item = prop_oneof![Just(vec![]), Just(vec!["voice.out.mobile"]), Just(vec!["sms.out"])];
    (kind, item, 0_u8..9).prop_map(|(kind, items, id)| promotion(&format!("p{id}"), kind, &items))
}

proptest! {
    /// Events of one item, each rounded on its own as rating does: the line stays within half a cent and half a micro-unit per event.
    #[test]
    fn a_line_is_within_half_a_cent_of_its_charges(seconds in prop::collection::vec(1_u64..20_000, 1..200)) {
        let plan = plan();
        let item = plan.item("voice.out.mobile").unwrap();
        let flexio_rating::Rate::Timed(timed) = item.rate else { unreachable!() };
        let exact: Money = seconds.iter().map(|s| timed.amount(*s)).sum();
        let supplied = Supplied {
            plan: plan.label(), month: november(), quantity: seconds.iter().sum(), count: seconds.len() as u64, amount: exact, before: 0
        };
        let invoice = made(&Supply::of(item, &supplied), &[], &belgian_vat(), Money::ZERO).unwrap();
        let rounding = leg(&invoice, &LedgerAccount::Rounding).micros().unsigned_abs();
        prop_assert!(2 * rounding <= 10_000 + seconds.len() as u64, "{}", rounding);
    }

    #[test]
    fn any_invoice_balances_and_nothing_is_below_zero(
        quantities in prop::collection::vec(0_u64..1_000_000, 9),
        promotions in prop::collection::vec(any_promotion(), 0..6),
        wallet in 0_i64..1_000_000_000,
    ) {
        let plan = plan();
        let supplies: Vec<Supply> = NOVEMBER.iter().zip(&quantities).flat_map(|((code, ..), &quantity)| {
            let item = plan.item(code).unwrap();
            let exact = match &item.rate {
                flexio_rating::Rate::Timed(timed) => timed.amount(quantity),
                flexio_rating::Rate::Counted(counted) => counted.charge(quantity),
                flexio_rating::Rate::Monthly(monthly) => Money::from_micros(monthly.price.micros() * i64::try_from(quantity).unwrap() / 30),
            };
            Supply::of(item, &Supplied { plan: plan.label(), month: november(), quantity, count: 1, amount: exact, before: 0 })
        }).collect();
        let Ok(invoice) = made(&supplies, &promotions, &belgian_vat(), Money::from_micros(wallet)) else {
            prop_assert!(quantities.iter().all(|quantity| *quantity == 0));
            return Ok(());
        };
        let posting = posting(&invoice, &due(&invoice), at("2026-12-03T03:00:00Z"));
        prop_assert!(posting.legs.is_empty() || is_balanced(&posting), "{:?}", posting);
        let unbilled: Money = supplies.iter().map(|supply| if supply.quantity > 0 { supply.exact } else { Money::ZERO }).sum();
        prop_assert_eq!(leg(&invoice, &LedgerAccount::Unbilled(ACCOUNT)), -unbilled);
        prop_assert!(invoice.lines.iter().all(|line| line.net >= Money::ZERO));
        prop_assert!(invoice.net >= Money::ZERO && invoice.payable >= Money::ZERO);
        prop_assert_eq!(invoice.lines.iter().map(|line| line.net).sum::<Money>(), invoice.lines_total);
        if invoice.net > Money::ZERO {
            let whole = note(&invoice, &[], Credited::Whole).unwrap();
            prop_assert_eq!((whole.net, whole.tax), (invoice.net, invoice.tax));
        }
    }
}

fn used(account: u128, month: &str, item: &str, quantity: u64, amount: &str) -> UsageSupply {
    UsageSupply {
        account_sid: AccountSid::from_u128(account),
        month: month.to_owned(),
        item: item.to_owned(),
        plan: "flexio-be/1".to_owned(),
        quantity,
        count: quantity,
        amount: money(amount),
    }
}

#[test]
fn what_is_due_is_what_was_used_less_what_is_on_an_invoice() {
    let october = used(1, "2026-10", "sms.out", 10, "0.95");
    let late = used(1, "2026-10", "sms.out", 12, "1.14");
    let (own, below) = (used(1, "2026-11", "sms.out", 5, "0.475"), used(2, "2026-11", "sms.out", 3, "0.285"));
    let usage = [late, own.clone(), below.clone()];
    let due = not_invoiced(&usage, std::slice::from_ref(&october)).unwrap();
    assert_eq!(due, [used(1, "2026-10", "sms.out", 2, "0.19"), own, below]);
    assert_eq!(not_invoiced(&usage, &usage).unwrap(), []);
    let sums: Vec<_> =
        per_account(&due).iter().map(|part| (part.account_sid.as_u128(), part.exact)).collect();
    assert_eq!(sums, [(1, money("0.665")), (2, money("0.285"))]);
    let plan = plan();
    let price = |label: &str, code: &str| {
        let items = if label == plan.label() { plan.items() } else { &[] };
        items.iter().enumerate().find(|(_, item)| item.code == code)
    };
    let supplies = flexio_billing::invoice::supplies(&due, &[], price).unwrap();
    let shown: Vec<_> =
        supplies.iter().map(|s| (s.month.to_string(), s.quantity, s.count, s.exact)).collect();
    assert_eq!(
        shown,
        [("2026-10".to_owned(), 2, 2, money("0.19")), ("2026-11".to_owned(), 8, 8, money("0.76"))]
    );
    // Usage that went away is nothing to take off an invoice in silence.
    let less = not_invoiced(&[used(1, "2026-10", "sms.out", 9, "0.855")], &[october]);
    assert!(matches!(less, Err(DueError::Less { .. })), "{less:?}");
    let unknown = UsageSupply { plan: "flexio-be/9".to_owned(), ..due[0].clone() };
    let refused = flexio_billing::invoice::supplies(&[unknown], &[], price);
    assert!(matches!(refused, Err(DueError::NoPrice { .. })), "{refused:?}");
}

#[test]
fn charges_of_accounts_below_come_from_their_own_ledger_accounts() {
    let invoice = november_with(&[]);
    let exact: Money = invoice.lines.iter().map(|line| line.exact).sum();
    let part =
        |account: u128, exact, onward| Due { account_sid: AccountSid::from_u128(account), exact, onward };
    let below = money("10");
    let due = [part(1, exact - below - below, false), part(2, below, false), part(3, below, true)];
    let posting = posting(&invoice, &due, at("2026-12-03T03:00:00Z"));
    assert!(is_balanced(&posting));
    let of = |account: LedgerAccount| posting.legs.iter().find(|leg| leg.account == account).unwrap().amount;
    assert_eq!(of(LedgerAccount::Unbilled(AccountSid::from_u128(2))), -below);
    assert_eq!(of(LedgerAccount::Onward(AccountSid::from_u128(3))), -below);
}

#[test]
fn what_is_given_back_stays_within_what_remains() {
    let invoice = november_with(&[promotion("half", PromotionKind::AmountOff(money("230")), &[])]);
    let parts = [CreditLine { line: 4, net: money("61.70") }, CreditLine { line: 1, net: money("5.00") }];
    let nets = |earlier: &[Invoice]| {
        let kept = flexio_billing::invoice::within(&invoice, earlier, &parts).unwrap();
        kept.iter().map(|part| (part.line, part.net.to_decimals(2))).collect::<Vec<_>>()
    };
    assert_eq!(invoice.net, money("8.67"));
    assert_eq!(nets(&[]), [(4, "8.67".to_owned())], "no more than is to be paid, in the order asked");
    let note = credit_note(
        &invoice,
        &[],
        Credited::Lines(&[CreditLine { line: 4, net: money("8.67") }]),
        "x",
        &identity(1),
    );
    assert_eq!(nets(&[note.unwrap()]), [], "nothing remains");
    let unknown = flexio_billing::invoice::within(&invoice, &[], &[CreditLine { line: 99, net: money("1") }]);
    assert_eq!(unknown, Err(CreditError::NoLine(99)));
}
