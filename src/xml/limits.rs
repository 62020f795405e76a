//! The budgets of one parse, each with the reason for its number.

/// How much of a document is read before it is refused.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes. Real messages stay below 60 KiB even with a thousand groups; 1 MiB is the body limit of every door.
    pub bytes: usize,
    /// Nested elements. The deepest real message (an embedded token in a signed body) has 14.
    pub depth: usize,
    /// Elements and texts. A token with 8,192 attribute values has about 17,000.
    pub nodes: usize,
    /// Attributes and namespace declarations on one element. JAX-WS envelopes declare up to 20.
    pub attributes: usize,
    /// Identifiers in a document. A signed message with an embedded token has 6.
    pub identifiers: usize,
    /// Bytes of one identifier. Clients send a prefix and a UUID.
    pub identifier_bytes: usize,
}

impl Limits {
    /// The budgets of every message that comes from outside.
    pub const MESSAGE: Self = Self {
        bytes: 1 << 20,
        depth: 48,
        nodes: 40_000,
        attributes: 64,
        identifiers: 128,
        identifier_bytes: 128,
    };
}
