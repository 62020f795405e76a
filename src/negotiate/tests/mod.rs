//! The acceptor against a small client side of our own; `tests/clients/negotiate` does the same with real clients.

pub(super) mod fixtures;
mod kerberos;
mod kerberos_client;
mod mutations;
mod ntlm;
mod ntlm_client;
mod spnego;
