//! The OpenAPI description, made from the table of operations and from specimens of each resource.
//!
//! Schemas are read off the rendering itself, so a property cannot be described and not sent, or sent and not described. That is why no
//! schema generator over the Rust types is used: one resource has several renderings, and the types are not what is sent.

use flexio_domain::ErrorCode;
use serde_json::{Map, Value, json};

use crate::ask::Shown;
use crate::dialect::{Face, Format};
use crate::operation::{Kind, Operation, Param, Sample, Shows, TABLE, params};
use crate::route::stands_alone;
use crate::write::Writer;

const PAGING: &[Param] =
    params!["Page": "Number of the page, from 0.", "PageSize": "Rows of a page, 1 to 1000; default 50."];

/// OpenAPI 3.1 of both APIs. Checked in as docs/openapi.json.
pub fn openapi() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    let mut operations: Vec<&Operation> = TABLE.iter().map(|entry| entry.operation).collect();
    operations.sort_by_key(|operation| operation.id);
    for operation in operations {
        for face in operation.faces {
            let path = if stands_alone(operation.path) {
                format!("/{}", operation.path)
            } else {
                format!("{}{}", base(*face), operation.path) + ".json"
            };
            let item = paths.entry(path).or_insert_with(|| json!({}));
            item[operation.kind.method()] = describe(operation, *face);
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "flexio",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
            "description": "One set of resources in two dialects: the classic FlexIO API under /restcomm/2012-04-24 (also /api/2012-04-24 and \
                            /2012-04-24) and Twilio's under /2010-04-01. Without `.json` both answer XML.",
        },
        "security": [{ "basic": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": { "basic": {
                "type": "http", "scheme": "basic",
                "description": "Account sid and auth token, or API key sid and secret; in the classic API also e-mail address and auth token.",
            }},
            "schemas": { "Error": error_schema() },
        },
    })
}

const fn base(face: Face) -> &'static str {
    match face {
        Face::Native => "/restcomm/2012-04-24/",
        Face::Twilio => "/2010-04-01/",
    }
}

fn describe(operation: &Operation, face: Face) -> Value {
    let id = match face {
        Face::Native => format!("native.{}", operation.id),
        Face::Twilio => format!("twilio.{}", operation.id),
    };
    let names = operation.path.split('/').filter(|part| part.starts_with('{'));
    let mut parameters: Vec<Value> = names
        .map(|name| {
            let name = &name[1..name.len() - 1];
            json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })
        })
        .collect();
    let mut described = json!({ "operationId": id, "summary": operation.about });
    match operation.kind {
        Kind::Read => {
            let paging = if matches!(operation.shows, Shows::Many(_)) { PAGING } else { &[] };
            let query = operation.params.iter().chain(paging);
            parameters.extend(query.map(|param| {
                json!({ "name": param.name, "in": "query", "description": param.about, "schema": { "type": "string" } })
            }));
        }
        Kind::Question | Kind::Create | Kind::Update => described["requestBody"] = form(operation.params),
        Kind::Delete => {}
    }
    if operation.kind == Kind::Create {
        parameters.push(json!({
            "name": "Idempotency-Key", "in": "header",
            "description": "1 to 255 visible ASCII characters: the same key and request within 24 hours make one resource.",
            "schema": { "type": "string", "maxLength": 255 },
        }));
    }
    described["parameters"] = Value::Array(parameters);
    described["responses"] = responses(operation, face);
    described
}

fn form(params: &[Param]) -> Value {
    let properties: Map<String, Value> = params
        .iter()
        .map(|param| (param.name.to_owned(), json!({ "type": "string", "description": param.about })))
        .collect();
    json!({ "content": { "application/x-www-form-urlencoded": {
        "schema": { "type": "object", "properties": properties } } } })
}

fn responses(operation: &Operation, face: Face) -> Value {
    let status = operation.success(face).to_string();
    let success = match operation.shows {
        Shows::Nothing => json!({ "description": "Done; the answer is empty." }),
        Shows::One(sample) => json!({
            "description": "The resource.",
            "content": { "application/json": { "schema": schema_of(sample, face) } },
        }),
        Shows::Many(sample) => json!({
            "description": "The rows, in the list envelope of the dialect.",
            "content": { "application/json": { "schema": { "type": ["object", "array"], "items": schema_of(sample, face) } } },
        }),
    };
    json!({ status: success, "default": {
        "description": "A refusal.",
        "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Error" } } },
    }})
}

/// The schema of what a specimen is rendered as. Any property may be null until it is known.
fn schema_of(sample: Sample, face: Face) -> Value {
    let shown = Shown {
        face,
        format: Format::Json,
        base: "https://cpaas.example",
        native_prices: false,
        fresh: false,
    };
    let text = Writer::new(face, Format::Json).root("", |w| sample(w, &shown));
    let value = serde_json::from_str(&text).expect("the writer writes JSON");
    schema(&value)
}

fn schema(value: &Value) -> Value {
    match value {
        Value::Bool(_) => json!({ "type": "boolean" }),
        Value::Number(_) => json!({ "type": ["integer", "null"] }),
        Value::Null | Value::String(_) => json!({ "type": ["string", "null"] }),
        Value::Array(rows) => json!({ "type": "array", "items": rows.first().map_or(json!({}), schema) }),
        Value::Object(members) => {
            let properties: Map<String, Value> =
                members.iter().map(|(name, member)| (name.clone(), schema(member))).collect();
            json!({ "type": "object", "properties": properties })
        }
    }
}

fn error_schema() -> Value {
    let codes: Vec<Value> = ErrorCode::ALL
        .iter()
        .map(|code| json!({ "const": code.number(), "description": code.sentence() }))
        .collect();
    json!({
        "type": "object",
        "required": ["code", "message", "more_info", "status"],
        "properties": {
            "code": { "type": "integer", "oneOf": codes },
            "message": { "type": "string" },
            "more_info": { "type": "string", "format": "uri" },
            "status": { "type": "integer" },
            "reason_code": { "type": "integer", "description": "Code of the reason dictionary, for refused calls and messages." },
            "reason_text": { "type": "string" },
        },
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_checked_in_description_is_the_one_that_is_served() {
        let path = "../../docs/openapi.json";
        let mut now = serde_json::to_string_pretty(&super::openapi()).unwrap();
        now.push('\n');
        if std::env::var_os("UPDATE_OPENAPI").is_some() {
            std::fs::write(path, &now).unwrap();
        }
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert!(kept == now, "docs/openapi.json is stale: run this test with UPDATE_OPENAPI=1");
    }
}
