//! Invoices, credit notes and contract summaries as documents: pure functions from values to bytes.
//!
//! Owns: the structured invoice ([`ubl`], Peppol BIS Billing 3.0) and the rules that refuse to issue a wrong one ([`rules`]); the same
//! facts for people ([`invoice_pdf`]: PDF/A-3a and PDF/UA-1 in one file, with the structured invoice inside) and for programs
//! ([`tables`]: CSV, JSON, and CSV in the columns of FOCUS); the contract summary of Implementing Regulation (EU) 2019/2243
//! ([`summary`], as HTML and PDF); the uses behind an invoice one by one ([`items`]); what its customer is written ([`letters`]); what a payer agrees to who lets an account be debited ([`mandate`]); the certificate of an erasure ([`erasure`]); how a promotion is named with its end ([`promotions`]); their words in Dutch, French, German and English; the two font files; and what bank statements say
//! came in and what a bank is asked to collect ([`bank`]).
//! Does not own: what is due (`billing`), when a document is issued or where it is kept (`app`, `store`).
//!
//! Invariants: no clock, file or network; the same value makes the same bytes; every form of an invoice shows the same totals, because
//! none computes any; text no font has a glyph for is shown as a question mark, never left out.
//!
//! Start reading at [`ubl`].

pub mod bank;
pub mod erasure;
mod format;
pub mod invoice_pdf;
pub mod items;
pub mod letters;
pub mod mandate;
mod pdf;
pub mod peppol;
pub mod promotions;
pub mod rules;
pub mod summary;
pub mod tables;
pub mod ubl;
mod words;
mod xml;

pub use words::item as item_name;
