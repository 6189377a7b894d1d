//! To come with the gateway.
