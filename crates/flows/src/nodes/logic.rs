//! Properties of triggers and of what decides.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::{NodeId, Type};

properties! {
    /// A trigger without settings.
    Nothing {}
}
properties! {
    /// Started over the API, or by the web address of the flow.
    WebTrigger {
        /// Answer at the web address too, besides the API.
        enabled: bool,
        /// Answer `GET` there, as the classic web trigger does.
        allow_get: bool,
        /// Fixed `to`, whatever the request says.
        #[serde(skip_serializing_if = "Option::is_none")]
        to: Option<String>,
        /// Fixed `from`, whatever the request says.
        #[serde(skip_serializing_if = "Option::is_none")]
        from: Option<String>,
    }
}
properties! {
    /// Started by the clock.
    ScheduleTrigger {
        /// Time of day, `HH:MM`.
        at: String,
        /// Days, `mon` to `sun`; none is every day.
        days: Vec<Day>,
        /// IANA zone; `Europe/Brussels` where empty.
        #[serde(skip_serializing_if = "String::is_empty")]
        timezone: String,
        /// Not on Belgian public holidays.
        skip_holidays: bool,
    }
}
/// Something that happens in a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum QueueEvent {
    /// A call waits from now on.
    Entered,
    /// Somebody takes it.
    Served,
    /// It is gone before somebody took it.
    Abandoned,
}

impl QueueEvent {
    /// The one that is written so.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Entered, Self::Served, Self::Abandoned].into_iter().find(|event| event.as_str() == name)
    }

    /// As written in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Entered => "entered",
            Self::Served => "served",
            Self::Abandoned => "abandoned",
        }
    }
}
properties! {
    /// Started by what happens in a queue.
    QueueTrigger {
        /// Name of the queue; every queue of the account where empty.
        #[serde(skip_serializing_if = "String::is_empty")]
        queue: String,
        /// What starts it; none is all.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        events: Vec<QueueEvent>,
        /// Seconds the call has waited at least; for calls that are served or gone.
        after_s: u32,
    }
}

impl QueueTrigger {
    /// Whether this starts it.
    pub fn wants(&self, queue: &str, event: QueueEvent, waited_s: u32) -> bool {
        (self.queue.is_empty() || self.queue == queue)
            && (self.events.is_empty() || self.events.contains(&event))
            && (event == QueueEvent::Entered || waited_s >= self.after_s)
    }
}
properties! {
    /// Start of a flow that others use as a step.
    SubflowTrigger {
        /// Names of values it wants; they become variables.
        inputs: Vec<String>,
    }
}
properties! {
    /// Yes or no.
    Condition {
        /// CEL expression.
        when: String,
    }
}
/// How a case of a switch is compared with its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Compare {
    /// Equal, without regard to case and blanks around.
    #[default]
    Equals,
    /// Not equal.
    NotEquals,
    /// Contains.
    Contains,
    /// Does not contain.
    NotContains,
    /// Begins with.
    StartsWith,
    /// A regular expression for a part of it.
    Matches,
    /// One of several, separated by commas.
    OneOf,
    /// A number below.
    LessThan,
    /// A number above.
    GreaterThan,
    /// Nothing, or only blanks.
    IsBlank,
    /// Something.
    IsNotBlank,
}
properties! {
    /// A case of a switch.
    Case {
        /// Port that is left by, unique in the switch.
        port: String,
        /// How it is compared.
        compare: Compare,
        /// Template.
        value: String,
    }
}
properties! {
    /// One of many.
    Switch {
        /// Template whose result is compared.
        value: String,
        /// Tried in order; none is the port `default`.
        cases: Vec<Case>,
    }
}
properties! {
    /// One value to set.
    Assign {
        /// Name of the variable.
        variable: String,
        /// Template.
        #[serde(skip_serializing_if = "Option::is_none")]
        value: Option<String>,
        /// CEL expression instead of a template: keeps numbers, lists and objects as they are.
        #[serde(skip_serializing_if = "Option::is_none")]
        expression: Option<String>,
        /// Type of a variable that the flow does not declare.
        #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
        kind: Option<Type>,
    }
}
properties! {
    /// Set variables.
    SetVariables {
        /// In order.
        assign: Vec<Assign>,
    }
}
properties! {
    /// Take a part of a text by a regular expression.
    Capture {
        /// Template of the text.
        text: String,
        /// Regular expression; its first group, or the whole match, is taken.
        pattern: String,
        /// Variable it goes into.
        variable: String,
    }
}
properties! {
    /// Go round a number of times.
    Loop {
        /// How often, 1 to 1000.
        times: u32,
    }
}
properties! {
    /// Count.
    Counter {
        /// Variable that is counted up.
        variable: String,
        /// By this much; 0 is 1.
        by: i64,
        /// Leaves by `reached` from this value on; without it always by `done`.
        #[serde(skip_serializing_if = "Option::is_none")]
        limit: Option<i64>,
    }
}
/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Day {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}
properties! {
    /// Hours of some days.
    Hours {
        /// Which days.
        days: Vec<Day>,
        /// `HH:MM`, in.
        from: String,
        /// `HH:MM`, out; `24:00` is midnight.
        to: String,
    }
}
properties! {
    /// Open or closed.
    BusinessHours {
        /// IANA zone; `Europe/Brussels` where empty.
        #[serde(skip_serializing_if = "String::is_empty")]
        timezone: String,
        /// When it is open.
        hours: Vec<Hours>,
        /// Belgian public holidays have a port of their own.
        belgian_holidays: bool,
        /// Further days off, `YYYY-MM-DD`.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        closed: Vec<String>,
    }
}
properties! {
    /// Speak another language from now on.
    Language {
        /// Template of a language code.
        language: String,
    }
}
properties! {
    /// A share of the split.
    Branch {
        /// Port that is left by, unique in the split.
        port: String,
        /// Share, relative to the others.
        weight: u32,
    }
}
properties! {
    /// Split by chance.
    Split {
        /// The shares.
        branches: Vec<Branch>,
    }
}
properties! {
    /// Run another flow as a step.
    Subflow {
        /// Its sid; the published revision runs.
        flow: String,
        /// Values for its inputs; templates.
        inputs: BTreeMap<String, String>,
        /// Variables of this flow that take its outputs: variable, name of the output.
        outputs: BTreeMap<String, String>,
    }
}
properties! {
    /// Go on elsewhere.
    Goto {
        /// The node.
        node: NodeId,
    }
}
properties! {
    /// The end; of a sub-flow, with what it gives back.
    End {
        /// Outputs of a sub-flow; templates.
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        outputs: BTreeMap<String, String>,
    }
}
