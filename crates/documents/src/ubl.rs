//! The structured invoice and credit note: UBL 2.1 in Peppol BIS Billing 3.0, an EN 16931 invoice.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use flexio_domain::{
    Buyer, Invoice, InvoiceKind, InvoiceLine, LineUnit, Money, Operator, PostalAddress, Vat,
};

use crate::xml::Xml;
use crate::{format, words};

const CUSTOMIZATION: &str = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0";
const PROFILE: &str = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0";
/// Scheme of Belgian enterprise numbers in the list of electronic addresses (ICD).
const BELGIAN_SCHEME: &str = "0208";
/// Credit transfer (UNTDID 4461).
const CREDIT_TRANSFER: &str = "30";
/// SEPA direct debit (UNTDID 4461).
const DIRECT_DEBIT: &str = "59";
/// Scheme of creditor identifiers where a party is named by one (BT-90).
const SEPA: &str = "SEPA";
/// Discount (UNTDID 5189).
const DISCOUNT: &str = "95";

/// Unit of a quantity (UN/ECE Recommendation 20).
pub(crate) const fn unit_code(unit: LineUnit) -> &'static str {
    match unit {
        LineUnit::Second => "SEC",
        LineUnit::Day => "DAY",
        LineUnit::Month => "MON",
        LineUnit::Piece => "C62",
    }
}

/// Tax category (UNTDID 5305).
pub(crate) const fn category(vat: &Vat) -> &'static str {
    match vat {
        Vat::Standard { millionths: 0, .. } => "Z",
        Vat::Standard { .. } => "S",
        Vat::ReverseCharge => "AE",
        Vat::OutsideScope => "O",
    }
}

/// Scheme and id of the buyer's electronic address; `None` for those who have none, whose document cannot go through Peppol.
pub(crate) fn endpoint(buyer: &Buyer) -> Option<(&str, &str)> {
    let own = buyer.peppol.as_deref().and_then(|participant| participant.split_once(':'));
    own.or_else(|| buyer.enterprise_number.as_ref().map(|number| (BELGIAN_SCHEME, number.digits())))
}

/// The participant that a buyer is, with its scheme: `0208:0202239951`.
pub fn participant(buyer: &Buyer) -> Option<String> {
    endpoint(buyer).map(|(scheme, id)| format!("{scheme}:{id}"))
}

/// The participant that the seller is.
pub fn seller_participant(seller: &Operator) -> String {
    format!("{BELGIAN_SCHEME}:{}", seller.enterprise_number.digits())
}

/// The document as XML. Only one that [`crate::rules::check`] finds nothing in may be issued.
pub fn document(invoice: &Invoice) -> String {
    written(invoice, None)
}

/// The same with the printed document in it (BT-122 to BT-125), as it goes to whoever reads it by machine and by eye.
pub fn with_pdf(invoice: &Invoice, pdf: &[u8]) -> String {
    written(invoice, Some(pdf))
}

fn written(invoice: &Invoice, pdf: Option<&[u8]>) -> String {
    let (root, space) = match invoice.kind {
        InvoiceKind::Invoice => ("Invoice", "Invoice-2"),
        InvoiceKind::CreditNote => ("CreditNote", "CreditNote-2"),
    };
    let ubl = "urn:oasis:names:specification:ubl:schema:xsd";
    let attributes = format!(
        "xmlns=\"{ubl}:{space}\" xmlns:cac=\"{ubl}:CommonAggregateComponents-2\" xmlns:cbc=\"{ubl}:CommonBasicComponents-2\""
    );
    let mut xml = Xml::new();
    xml.root(root, &attributes);
    head(&mut xml, invoice);
    if let Some(pdf) = pdf {
        printed(&mut xml, invoice, pdf);
    }
    xml.nest("cac:AccountingSupplierParty", |xml| xml.nest("cac:Party", |xml| seller(xml, invoice)));
    xml.nest("cac:AccountingCustomerParty", |xml| xml.nest("cac:Party", |xml| buyer(xml, invoice)));
    payment(&mut xml, invoice);
    for allowance in &invoice.allowances {
        xml.nest("cac:AllowanceCharge", |xml| {
            allowance_of(xml, invoice, &allowance.reason, allowance.amount);
            xml.nest("cac:TaxCategory", |xml| tax_category(xml, &invoice.vat, false));
        });
    }
    totals(&mut xml, invoice);
    for item in &invoice.lines {
        line(&mut xml, invoice, item);
    }
    xml.finish()
}

fn head(xml: &mut Xml, invoice: &Invoice) {
    xml.leaf("cbc:CustomizationID", CUSTOMIZATION);
    xml.leaf("cbc:ProfileID", PROFILE);
    xml.leaf("cbc:ID", &invoice.number);
    xml.leaf("cbc:IssueDate", &invoice.issued_on.to_string());
    match invoice.kind {
        InvoiceKind::Invoice => {
            xml.leaf("cbc:DueDate", &invoice.due_on.to_string());
            xml.leaf("cbc:InvoiceTypeCode", "380");
        }
        InvoiceKind::CreditNote => xml.leaf("cbc:CreditNoteTypeCode", "381"),
    }
    if let Some(preceding) = &invoice.preceding {
        xml.leaf("cbc:Note", &preceding.reason);
    }
    xml.leaf("cbc:DocumentCurrencyCode", &invoice.currency.to_string());
    let reference = invoice.buyer.reference.clone().filter(|reference| !reference.trim().is_empty());
    xml.leaf("cbc:BuyerReference", &reference.unwrap_or_else(|| invoice.account_sid.to_string()));
    xml.nest("cac:InvoicePeriod", |xml| {
        xml.leaf("cbc:StartDate", &invoice.from.to_string());
        xml.leaf("cbc:EndDate", &invoice.to.to_string());
    });
    if let Some(preceding) = &invoice.preceding {
        xml.nest("cac:BillingReference", |xml| {
            xml.nest("cac:InvoiceDocumentReference", |xml| {
                xml.leaf("cbc:ID", &preceding.number);
                xml.leaf("cbc:IssueDate", &preceding.issued_on.to_string());
            });
        });
    }
}

fn printed(xml: &mut Xml, invoice: &Invoice, pdf: &[u8]) {
    xml.nest("cac:AdditionalDocumentReference", |xml| {
        xml.leaf("cbc:ID", &invoice.number);
        xml.nest("cac:Attachment", |xml| {
            let name = format!("mimeCode=\"application/pdf\" filename=\"{}.pdf\"", invoice.number);
            xml.attributed("cbc:EmbeddedDocumentBinaryObject", &name, &BASE64_STANDARD.encode(pdf));
        });
    });
}

fn seller(xml: &mut Xml, invoice: &Invoice) {
    let Operator { name, enterprise_number, .. } = &invoice.seller;
    xml.attributed("cbc:EndpointID", &scheme(BELGIAN_SCHEME), enterprise_number.digits());
    if let Some(debit) = &invoice.direct_debit {
        xml.nest("cac:PartyIdentification", |xml| {
            xml.attributed("cbc:ID", &scheme(SEPA), debit.creditor_id.as_str());
        });
    }
    xml.nest("cac:PartyName", |xml| xml.leaf("cbc:Name", name));
    let seat = PostalAddress {
        street: invoice.seller.street.clone(),
        post_code: invoice.seller.post_code.clone(),
        city: invoice.seller.city.clone(),
        country: invoice.seller.country.clone(),
    };
    address(xml, &seat);
    tax_scheme(xml, invoice, Some(&enterprise_number.vat_number()));
    xml.nest("cac:PartyLegalEntity", |xml| {
        xml.leaf("cbc:RegistrationName", name);
        xml.attributed("cbc:CompanyID", &scheme(BELGIAN_SCHEME), enterprise_number.digits());
        xml.leaf("cbc:CompanyLegalForm", &legal_form(invoice));
    });
    xml.nest("cac:Contact", |xml| {
        xml.leaf("cbc:Telephone", &invoice.seller.phone);
        xml.leaf("cbc:ElectronicMail", &invoice.seller.email);
    });
}

/// `NV, RPR Brussel`.
pub(crate) fn legal_form(invoice: &Invoice) -> String {
    let (seller, language) = (&invoice.seller, invoice.buyer.language);
    let form = format!("{}, {} {}", seller.legal_form, words::register(language), seller.court);
    if seller.in_liquidation { format!("{form}, {}", words::liquidation(language)) } else { form }
}

fn buyer(xml: &mut Xml, invoice: &Invoice) {
    let buyer = &invoice.buyer;
    if let Some((of, id)) = endpoint(buyer) {
        xml.attributed("cbc:EndpointID", &scheme(of), id);
    }
    xml.nest("cac:PartyName", |xml| xml.leaf("cbc:Name", &buyer.name));
    address(xml, &buyer.address);
    tax_scheme(xml, invoice, buyer.vat_number.as_deref());
    xml.nest("cac:PartyLegalEntity", |xml| {
        xml.leaf("cbc:RegistrationName", &buyer.name);
        if let Some(number) = &buyer.enterprise_number {
            xml.attributed("cbc:CompanyID", &scheme(BELGIAN_SCHEME), number.digits());
        }
    });
}

fn scheme(of: &str) -> String {
    format!("schemeID=\"{}\"", crate::xml::escaped(of))
}

fn address(xml: &mut Xml, address: &PostalAddress) {
    xml.nest("cac:PostalAddress", |xml| {
        xml.leaf("cbc:StreetName", &address.street);
        xml.leaf("cbc:CityName", &address.city);
        xml.leaf("cbc:PostalZone", &address.post_code);
        xml.nest("cac:Country", |xml| xml.leaf("cbc:IdentificationCode", &address.country));
    });
}

/// Outside the scope of tax a document names no VAT number (BR-O-02).
fn tax_scheme(xml: &mut Xml, invoice: &Invoice, number: Option<&str>) {
    let Some(number) = number.filter(|_| invoice.vat != Vat::OutsideScope) else { return };
    xml.nest("cac:PartyTaxScheme", |xml| {
        xml.leaf("cbc:CompanyID", number);
        vat_scheme(xml);
    });
}

fn vat_scheme(xml: &mut Xml) {
    xml.nest("cac:TaxScheme", |xml| xml.leaf("cbc:ID", "VAT"));
}

fn payment(xml: &mut Xml, invoice: &Invoice) {
    let Some(communication) = invoice.communication else {
        // A credit note is not paid by the buyer; an amount above zero wants terms all the same (BR-CO-25).
        let language = invoice.buyer.language;
        xml.nest("cac:PaymentTerms", |xml| xml.leaf("cbc:Note", words::credited(language)));
        return;
    };
    if let Some(debit) = &invoice.direct_debit {
        return xml.nest("cac:PaymentMeans", |xml| {
            xml.leaf("cbc:PaymentMeansCode", DIRECT_DEBIT);
            xml.leaf("cbc:PaymentID", &communication.to_string());
            xml.nest("cac:PaymentMandate", |xml| {
                xml.leaf("cbc:ID", &debit.mandate_reference);
                xml.nest("cac:PayerFinancialAccount", |xml| xml.leaf("cbc:ID", debit.iban.as_str()));
            });
        });
    }
    xml.nest("cac:PaymentMeans", |xml| {
        xml.leaf("cbc:PaymentMeansCode", CREDIT_TRANSFER);
        xml.leaf("cbc:PaymentID", &communication.to_string());
        xml.nest("cac:PayeeFinancialAccount", |xml| {
            xml.leaf("cbc:ID", &without_blanks(&invoice.seller.iban));
            xml.leaf("cbc:Name", &invoice.seller.name);
            xml.nest("cac:FinancialInstitutionBranch", |xml| xml.leaf("cbc:ID", &invoice.seller.bic));
        });
    });
}

pub(crate) fn without_blanks(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn amount(xml: &mut Xml, invoice: &Invoice, name: &'static str, amount: Money) {
    xml.attributed(name, &format!("currencyID=\"{}\"", invoice.currency), &amount.to_decimals(2));
}

fn allowance_of(xml: &mut Xml, invoice: &Invoice, reason: &str, off: Money) {
    xml.leaf("cbc:ChargeIndicator", "false");
    xml.leaf("cbc:AllowanceChargeReasonCode", DISCOUNT);
    xml.leaf("cbc:AllowanceChargeReason", reason);
    amount(xml, invoice, "cbc:Amount", off);
}

fn tax_category(xml: &mut Xml, vat: &Vat, with_reason: bool) {
    xml.leaf("cbc:ID", category(vat));
    if *vat != Vat::OutsideScope {
        xml.leaf("cbc:Percent", &vat.percent());
    }
    if let Some((code, reason)) = exemption(vat).filter(|_| with_reason) {
        xml.leaf("cbc:TaxExemptionReasonCode", code);
        xml.leaf("cbc:TaxExemptionReason", reason);
    }
    vat_scheme(xml);
}

const fn exemption(vat: &Vat) -> Option<(&'static str, &'static str)> {
    match vat {
        Vat::Standard { .. } => None,
        Vat::ReverseCharge => Some(("VATEX-EU-AE", "Reverse charge")),
        Vat::OutsideScope => Some(("VATEX-EU-O", "Not subject to VAT")),
    }
}

fn totals(xml: &mut Xml, invoice: &Invoice) {
    xml.nest("cac:TaxTotal", |xml| {
        amount(xml, invoice, "cbc:TaxAmount", invoice.tax);
        xml.nest("cac:TaxSubtotal", |xml| {
            amount(xml, invoice, "cbc:TaxableAmount", invoice.net);
            amount(xml, invoice, "cbc:TaxAmount", invoice.tax);
            xml.nest("cac:TaxCategory", |xml| tax_category(xml, &invoice.vat, true));
        });
    });
    let off: Money = invoice.allowances.iter().map(|allowance| allowance.amount).sum();
    xml.nest("cac:LegalMonetaryTotal", |xml| {
        amount(xml, invoice, "cbc:LineExtensionAmount", invoice.lines_total);
        amount(xml, invoice, "cbc:TaxExclusiveAmount", invoice.net);
        amount(xml, invoice, "cbc:TaxInclusiveAmount", invoice.gross);
        if off > Money::ZERO {
            amount(xml, invoice, "cbc:AllowanceTotalAmount", off);
        }
        if invoice.prepaid > Money::ZERO {
            amount(xml, invoice, "cbc:PrepaidAmount", invoice.prepaid);
        }
        amount(xml, invoice, "cbc:PayableAmount", invoice.payable);
    });
}

fn line(xml: &mut Xml, invoice: &Invoice, line: &InvoiceLine) {
    let (element, quantity) = match invoice.kind {
        InvoiceKind::Invoice => ("cac:InvoiceLine", "cbc:InvoicedQuantity"),
        InvoiceKind::CreditNote => ("cac:CreditNoteLine", "cbc:CreditedQuantity"),
    };
    let unit = format!("unitCode=\"{}\"", unit_code(line.unit));
    let language = invoice.buyer.language;
    xml.nest(element, |xml| {
        xml.leaf("cbc:ID", &line.number.to_string());
        xml.attributed(quantity, &unit, &line.quantity.to_string());
        amount(xml, invoice, "cbc:LineExtensionAmount", line.net);
        xml.nest("cac:InvoicePeriod", |xml| {
            xml.leaf("cbc:StartDate", &line.from.to_string());
            xml.leaf("cbc:EndDate", &line.to.to_string());
        });
        if let Some(allowance) = &line.allowance {
            xml.nest("cac:AllowanceCharge", |xml| {
                allowance_of(xml, invoice, &allowance.reason, allowance.amount);
            });
        }
        xml.nest("cac:Item", |xml| {
            xml.leaf("cbc:Description", line.promotion.as_deref().unwrap_or_default());
            xml.leaf("cbc:Name", &words::item(&line.item, language));
            xml.nest("cac:ClassifiedTaxCategory", |xml| tax_category(xml, &invoice.vat, false));
            xml.nest("cac:AdditionalItemProperty", |xml| {
                xml.leaf("cbc:Name", words::times(language));
                xml.leaf("cbc:Value", &line.count.to_string());
            });
        });
        xml.nest("cac:Price", |xml| {
            let price = format::plain_price(line.price);
            xml.attributed("cbc:PriceAmount", &format!("currencyID=\"{}\"", invoice.currency), &price);
            xml.attributed("cbc:BaseQuantity", &unit, &line.base.to_string());
        });
    });
}
