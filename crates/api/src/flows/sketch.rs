//! What is asked of a document while it is drawn: nodes as RCML and TwiML, the other way round, and what the ways through it cost. Nothing
//! is kept.

use std::collections::BTreeSet;

use flexio_app::flows::{FlowCosts, PricedUse, WayCost};
use flexio_domain::{ErrorCode, Money};
use flexio_flows::Assumptions;
use flexio_flows::markup::{Dialect, from_markup, to_markup};
use serde_json::{Value, json};

use super::{answer, body, document, views};
use crate::answer::Answer;
use crate::ask::Ask;
use crate::error::{Result, invalid, refuse};
use crate::operation::{NATIVE, Operation, Shows, params, row};

const MARKUP: &str = "Accounts/{AccountSid}/Flows/Markup";
const PASTE: &str = "Accounts/{AccountSid}/Flows/Paste";
const COSTS: &str = "Accounts/{AccountSid}/Flows/Costs";

/// Seconds of an assumption, at most: a day.
const SECONDS_MAX: u32 = 86_400;

pub(crate) const OPERATIONS: &[Operation] = &[
    row!(
        "flows.markup",
        Question,
        NATIVE,
        MARKUP,
        "Nodes of a document as RCML and TwiML.",
        params!["definition": "The document, as JSON.", "nodes": "Ids; all where absent."],
        Shows::One(views::object_sample),
        write
    ),
    row!(
        "flows.paste",
        Question,
        NATIVE,
        PASTE,
        "An RCML or TwiML document as nodes.",
        params!["content": "The document.", "dialect": "`rcml`, `twiml`, or `auto` (default)."],
        Shows::One(views::object_sample),
        paste
    ),
    row!(
        "flows.costs",
        Question,
        NATIVE,
        COSTS,
        "What each way through a document costs by the account's prices, before tax.",
        params!["definition": "The document, as JSON.", "assumed": "What is not known before somebody calls."],
        Shows::One(views::object_sample),
        costs
    ),
];

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Chosen {
    definition: Value,
    nodes: Option<BTreeSet<String>>,
}

async fn write(ask: &Ask<'_>) -> Result<Answer> {
    let chosen: Chosen = body(ask)?;
    let flow = document(chosen.definition)?;
    let all = || flow.nodes.iter().map(|node| node.id.clone()).collect();
    let written = to_markup(&flow, &chosen.nodes.unwrap_or_else(all));
    Ok(answer(200, &json!(written)))
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Clipboard {
    content: String,
    dialect: Option<String>,
}

async fn paste(ask: &Ask<'_>) -> Result<Answer> {
    let clipboard: Clipboard = body(ask)?;
    let dialect = match clipboard.dialect.as_deref() {
        None | Some("auto") => Dialect::Auto,
        Some("rcml") => Dialect::Rcml,
        Some("twiml") => Dialect::Twiml,
        Some(_) => return Err(invalid("dialect", "must be rcml, twiml or auto")),
    };
    let pasted = from_markup(&clipboard.content, dialect)
        .map_err(|error| refuse(ErrorCode::FlowImportRefused, format!("{error}.")))?;
    Ok(answer(200, &json!({ "nodes": pasted.nodes, "report": pasted.report })))
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Drawn {
    definition: Value,
    #[serde(default)]
    assumed: Assumptions,
}

async fn costs(ask: &Ask<'_>) -> Result<Answer> {
    let drawn: Drawn = body(ask)?;
    let flow = document(drawn.definition)?;
    let assumed = drawn.assumed;
    let lengths = [assumed.talk_s, assumed.answer_s, assumed.play_s, assumed.record_s, assumed.queue_s];
    if lengths.into_iter().any(|seconds| seconds > SECONDS_MAX) {
        return Err(invalid("assumed", "has seconds of more than a day"));
    }
    if assumed.number.parse::<flexio_domain::E164>().is_err() {
        return Err(invalid("assumed", "needs a number in E.164 form"));
    }
    let costs = ask.app().flow_costs(&ask.account, &flow, &assumed).await?;
    Ok(answer(200, &shown(&costs, &assumed, &ask.account.currency.to_string())))
}

fn shown(costs: &FlowCosts, assumed: &Assumptions, currency: &str) -> Value {
    json!({
        "plan": costs.plan,
        "price_unit": currency,
        "assumed": assumed,
        "ways": costs.ways.iter().map(way).collect::<Vec<_>>(),
        "more": costs.more,
        "not_counted": costs.not_counted,
    })
}

fn amount(money: Money) -> String {
    money.to_decimals(6)
}

fn way(cost: &WayCost) -> Value {
    let WayCost { way, uses, price } = cost;
    json!({
        "nodes": way.nodes,
        "ports": way.ports,
        "end": way.end,
        "call_s": way.call_s,
        "price": amount(*price),
        "uses": uses.iter().map(one_use).collect::<Vec<_>>(),
    })
}

fn one_use(priced: &PricedUse) -> Value {
    json!({
        "node": priced.used.node,
        "kind": priced.used.kind,
        "party": priced.used.party,
        "assumed": priced.used.assumed,
        "item": priced.item,
        "class": priced.class,
        "quantity": priced.quantity,
        "price": priced.price.map(amount),
    })
}
