//! The API in process, over SQLite in memory: requests in, answers out.

mod access_tokens;
mod credit;
mod debits;
mod dialects;
mod dispatches;
mod dunning;
mod flows;
pub(crate) mod foreign;
mod garbage;
mod idempotency;
pub(crate) mod invoices;
mod late;
mod letters;
mod limits;
mod lists;
mod live;
mod payments;
mod recurring;
mod schema;
mod sign_in;
mod sockets;
mod spending;
mod stripe;
mod vat;
mod watches;
pub(crate) mod world;
