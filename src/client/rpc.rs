//! vAPI calls as JSON-RPC, as the SDKs write them (`clients.md` §6.3).

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::SignError;
use crate::clock::Moment;
use crate::pki::{Hash, SigningKey};

/// A call of `com.vmware.cis.session` with a security context.
#[must_use]
pub fn call(operation: &str, security: &Value) -> Value {
    let mut context = json!({ "appCtx": { "opId": "2f5c7f3e-8a3e-4c3a-9d5a-0b7a6c1d9e10" } });
    if let (false, Some(context)) = (security.is_null(), context.as_object_mut()) {
        context.insert("securityCtx".to_owned(), security.clone());
    }
    json!({
        "jsonrpc": "2.0",
        "method": "invoke",
        "id": "0",
        "params": {
            "serviceId": "com.vmware.cis.session",
            "operationId": operation,
            "input": { "STRUCTURE": { "operation-input": {} } },
            "ctx": context,
        },
    })
}

/// The context of a bearer token.
#[must_use]
pub fn bearer(token: &str) -> Value {
    scheme("saml_bearer_token", &json!({ "samlToken": token }))
}

/// The context of a name and a password.
#[must_use]
pub fn password(name: &str, password: &str) -> Value {
    scheme("user_pass", &json!({ "userName": name, "password": password }))
}

/// The context of a session.
#[must_use]
pub fn session(id: &str) -> Value {
    scheme("session_id", &json!({ "sessionId": id }))
}

/// A context of any scheme.
#[must_use]
pub fn scheme(name: &str, members: &Value) -> Value {
    let mut context = members.as_object().cloned().unwrap_or_default();
    context.insert("schemeId".to_owned(), json!(format!("com.vmware.vapi.std.security.{name}")));
    Value::Object(context)
}

/// Signs a call with the key of a Holder-of-Key token, in place of the context that it has.
///
/// # Errors
/// [`SignError`].
pub fn signed(
    mut call: Value,
    token: &str,
    key: &SigningKey,
    hash: Hash,
    (created, expires): (Moment, Moment),
) -> Result<Value, SignError> {
    let algorithm = match hash {
        Hash::Sha256 => "RS256",
        Hash::Sha384 => "RS384",
        Hash::Sha512 => "RS512",
    };
    let timestamp =
        json!({ "created": created.millis_text().as_str(), "expires": expires.millis_text().as_str() });
    let context = json!({ "timestamp": timestamp, "signatureAlgorithm": algorithm });
    put(&mut call, "/params/ctx", "securityCtx", scheme("saml_hok_token", &context))?;
    let value = STANDARD.encode(key.sign(hash, ascii(&call.to_string()).as_bytes())?);
    put(&mut call, "/params/ctx/securityCtx", "signature", json!({ "samlToken": token, "value": value }))?;
    Ok(call)
}

fn put(call: &mut Value, place: &str, name: &str, value: Value) -> Result<(), SignError> {
    let object = call.pointer_mut(place).and_then(Value::as_object_mut);
    object.ok_or(SignError::Missing("context"))?.insert(name.to_owned(), value);
    Ok(())
}

/// `serde_json` writes names in order and no white space; beyond ASCII it does not escape.
fn ascii(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if matches!(c, ' '..='~') {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a string does not fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out
}
