//! Bounds on what is read from the wire; beyond each, a message is refused and no state is made.

/// Largest UDP datagram.
pub const MAX_DATAGRAM: usize = 64 * 1024;
/// Largest message on a stream, headers and body together.
pub const MAX_STREAM_MESSAGE: usize = 128 * 1024;
/// Largest start line and headers together.
pub const MAX_HEAD: usize = 32 * 1024;
/// Most header fields in a message.
pub const MAX_HEADERS: usize = 200;
/// Longest single header field, name and folds included.
pub const MAX_HEADER: usize = 8 * 1024;
/// Longest URI.
pub const MAX_URI: usize = 2 * 1024;
/// Most values of each of Via, Route and Record-Route.
pub const MAX_HOPS: usize = 70;
/// Deepest nesting of multipart bodies that is looked into.
pub const MAX_MULTIPART_DEPTH: usize = 3;
