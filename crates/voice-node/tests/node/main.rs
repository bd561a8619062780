//! The voice node as a whole, over loopback SIP and RTP: the sandbox phone calls, a small web application answers, the database tells.

mod calls;
mod platform;
