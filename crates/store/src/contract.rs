//! The contract suite: what every adapter must show.
