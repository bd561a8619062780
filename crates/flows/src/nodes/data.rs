//! Properties of messages, web requests, memory and log.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Text;

properties! {
    /// Send a message.
    SendMessage {
        /// Template; the other side where absent.
        #[serde(skip_serializing_if = "Option::is_none")]
        to: Option<String>,
        /// Template; our number where absent.
        #[serde(skip_serializing_if = "Option::is_none")]
        from: Option<String>,
        /// Template.
        body: Text,
    }
}
properties! {
    /// Send a message and wait for what comes back.
    AskByMessage {
        /// Template; the other side where absent.
        #[serde(skip_serializing_if = "Option::is_none")]
        to: Option<String>,
        /// Template; our number where absent.
        #[serde(skip_serializing_if = "Option::is_none")]
        from: Option<String>,
        /// Template.
        body: Text,
        /// Seconds to wait, up to 7 days; 0 is an hour.
        timeout_s: u32,
        /// Variable the answer goes into.
        #[serde(skip_serializing_if = "Option::is_none")]
        variable: Option<String>,
    }
}
properties! {
    /// Call somebody; the flow goes on in that call.
    CallOut {
        /// Template; the `to` the flow was started with where absent.
        #[serde(skip_serializing_if = "Option::is_none")]
        to: Option<String>,
        /// Template; the `from` the flow was started with where absent.
        #[serde(skip_serializing_if = "Option::is_none")]
        from: Option<String>,
        /// Seconds it may ring; 0 is 30.
        timeout_s: u32,
        /// Record it from the answer on.
        record: bool,
    }
}
properties! {
    /// Send an e-mail.
    Email {
        /// Template; addresses with commas between them.
        to: String,
        /// Template; addresses with commas between them.
        #[serde(skip_serializing_if = "Option::is_none")]
        cc: Option<String>,
        /// Template; addresses with commas between them, which the others do not see.
        #[serde(skip_serializing_if = "Option::is_none")]
        bcc: Option<String>,
        /// Template; the platform's sender where absent.
        #[serde(skip_serializing_if = "Option::is_none")]
        from: Option<String>,
        /// Template.
        subject: Text,
        /// Template.
        body: Text,
        /// The text is HTML.
        html: bool,
        /// Template of the sid of a recording that goes with it, such as `{{ call.recording_sid }}`.
        #[serde(skip_serializing_if = "Option::is_none")]
        recording: Option<String>,
    }
}
/// Method of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum HttpMethod {
    /// GET.
    #[default]
    Get,
    /// POST.
    Post,
    /// PUT.
    Put,
    /// PATCH.
    Patch,
    /// DELETE.
    Delete,
}

impl HttpMethod {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}
/// Form of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BodyForm {
    /// `application/json`; texts are escaped where a template puts them in.
    #[default]
    Json,
    /// `application/x-www-form-urlencoded`, from `parameters`.
    Form,
    /// `text/plain`.
    Text,
}
properties! {
    /// Something taken out of an answer.
    Take {
        /// Variable it goes into.
        variable: String,
        /// Where it stands in a JSON answer: `user.phones[0]`; empty is the whole answer.
        path: String,
    }
}
properties! {
    /// Ask a web service.
    Http {
        /// Method.
        method: HttpMethod,
        /// Template; what it puts in is percent-encoded.
        url: String,
        /// Headers; the values are templates.
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        headers: BTreeMap<String, String>,
        /// In the query, or in the body where that is a form; the values are templates.
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        parameters: BTreeMap<String, String>,
        /// Form of the body.
        form: BodyForm,
        /// Template of the body.
        #[serde(skip_serializing_if = "Option::is_none")]
        body: Option<String>,
        /// User for HTTP Basic; template.
        #[serde(skip_serializing_if = "Option::is_none")]
        username: Option<String>,
        /// Password for HTTP Basic; template.
        #[serde(skip_serializing_if = "Option::is_none")]
        password: Option<String>,
        /// Milliseconds to wait, up to 30 000; 0 is 5 000.
        timeout_ms: u32,
        /// What is taken out of a good answer.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        take: Vec<Take>,
    }
}
/// What is done with the key-value store of the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StoreOperation {
    /// Read.
    #[default]
    Get,
    /// Write.
    Set,
    /// Forget.
    Delete,
}
properties! {
    /// Read or write what the account's flows remember from one execution to the next.
    Store {
        /// What is done.
        operation: StoreOperation,
        /// Template of the key, at most 200 characters.
        key: String,
        /// Template of the value, for `set`; at most 16 KiB.
        #[serde(skip_serializing_if = "Option::is_none")]
        value: Option<String>,
        /// Variable a value goes into, for `get`.
        #[serde(skip_serializing_if = "Option::is_none")]
        variable: Option<String>,
    }
}
properties! {
    /// Look somebody up among the clients, numbers and caller ids of the account.
    Directory {
        /// Template: a name, a part of one, a login or a number.
        query: String,
    }
}
properties! {
    /// Run a small program: a template whose loops and conditions make a value.
    Script {
        /// Template; what it writes is the value, read as JSON where it is JSON.
        program: String,
        /// Variable the value goes into.
        #[serde(skip_serializing_if = "Option::is_none")]
        variable: Option<String>,
    }
}
properties! {
    /// Make a value out of others.
    Transform {
        /// CEL expression.
        expression: String,
        /// Variable the result goes into.
        variable: String,
    }
}
properties! {
    /// Write a line into the execution's log.
    Log {
        /// Template.
        message: String,
    }
}
properties! {
    /// Mark the execution.
    Tag {
        /// Name of the mark, at most 64 characters.
        name: String,
        /// Template of its value.
        value: String,
    }
}
properties! {
    /// Count something, by day, over all flows of the account.
    Metric {
        /// Name of the measure, at most 64 letters, digits and `_`.
        name: String,
        /// Template of a whole number that is added; 1 where absent.
        #[serde(skip_serializing_if = "Option::is_none")]
        value: Option<String>,
    }
}
properties! {
    /// Tell the owner of the account, by a notification.
    Alert {
        /// Template.
        message: String,
        /// As an error instead of a warning.
        error: bool,
    }
}
