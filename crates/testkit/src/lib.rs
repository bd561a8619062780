//! Peers for tests: they speak real protocols over real sockets, and misbehave by a seed.
//!
//! **Owns** the fake SMSC ([`smsc`]), a name server ([`dns`]), and the starting of a real PostgreSQL server ([`postgres`]). **Does not own** assertions about the product.
//!
//! Nothing here shares code with what it tests beyond published protocol libraries, so that a mistake made twice the
//! same way is seen.

pub mod dns;
pub mod postgres;
pub mod smsc;
