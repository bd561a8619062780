//! Templates and conditions: what they see, what they may cost.
//!
//! Templates are minijinja without macros, includes and imports, with fuel; conditions are CEL without nested comprehensions and of a
//! limited number of parts. Neither can reach anything but the values it is given.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::LazyLock;

use cel::common::ast::{EntryExpr, Expr, IdedExpr};
use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Environment, UndefinedBehavior, Value as Jinja};
use serde_json::{Map, Value};

/// Characters of an expression, at most.
const EXPRESSION_CHARS_MAX: usize = 4_000;
/// Parts of an expression, at most.
const PARTS_MAX: usize = 1_000;
/// Elements of a list that an expression may walk over.
const ELEMENTS_MAX: usize = 1_000;
/// Characters of a template, at most.
const TEMPLATE_CHARS_MAX: usize = 64 * 1024;
/// Characters a template may make, at most.
pub const TEXT_MAX: usize = 64 * 1024;
/// Fuel of a template: about its instructions, and 64 bytes of output each.
const FUEL: u64 = 20_000;

/// Why a template or expression has no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ExpressionError(pub String);

fn failed(error: impl std::fmt::Display) -> ExpressionError {
    let text = error.to_string();
    ExpressionError(text.lines().next().unwrap_or("").chars().take(300).collect())
}

/// How what a template puts in is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escape {
    /// As it is.
    Plain,
    /// Percent-encoded, for URLs.
    Url,
    /// Texts as the inside of a JSON string, everything else as JSON.
    Json,
}

static PLAIN: LazyLock<Environment<'static>> = LazyLock::new(|| environment(Escape::Plain));
static URL: LazyLock<Environment<'static>> = LazyLock::new(|| environment(Escape::Url));
static JSON: LazyLock<Environment<'static>> = LazyLock::new(|| environment(Escape::Json));

fn environment(escape: Escape) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment.set_fuel(Some(FUEL));
    environment.set_formatter(move |out, _, value| {
        if value.is_undefined() || value.is_none() {
            return Ok(());
        }
        let text = written(value, escape)?;
        out.write_str(&text).map_err(minijinja::Error::from)
    });
    environment.add_filter("date", date);
    environment.add_filter("spell", |text: String| spaced(&text, 1));
    environment.add_filter("spell_phone", |text: String| spaced(&text, 2));
    environment.add_filter("upcase", |text: String| text.to_uppercase());
    environment.add_filter("downcase", |text: String| text.to_lowercase());
    environment.add_filter("url_encode", |text: String| percent_encoded(&text));
    environment.add_filter("strip", |text: String| text.trim().to_owned());
    environment.add_filter("size", |value: Jinja| value.len().unwrap_or(0));
    environment
}

fn written(value: &Jinja, escape: Escape) -> Result<String, minijinja::Error> {
    let composite = matches!(value.kind(), ValueKind::Map | ValueKind::Seq | ValueKind::Iterable);
    let text = match value.as_str() {
        Some(text) => text.to_owned(),
        None if composite => serde_json::to_string(value).map_err(|error| {
            minijinja::Error::new(minijinja::ErrorKind::BadSerialization, error.to_string())
        })?,
        None => value.to_string(),
    };
    Ok(match escape {
        Escape::Url => percent_encoded(&text),
        Escape::Json if value.as_str().is_some() => {
            let quoted = Value::String(text).to_string();
            quoted[1..quoted.len() - 1].to_owned()
        }
        Escape::Plain | Escape::Json => text,
    })
}

/// Unreserved characters of RFC 3986 §2.3 stay.
fn percent_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// `0470123456` as `0 4 7 …`, or in pairs, so that a voice reads digits and not a number.
fn spaced(text: &str, size: usize) -> String {
    let kept: Vec<char> = text.chars().filter(|c| c.is_alphanumeric() || *c == '+').collect();
    let odd = kept.len() % size;
    let (head, tail) = kept.split_at(odd);
    let groups = std::iter::once(head).filter(|head| !head.is_empty()).chain(tail.chunks(size));
    groups.map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

#[expect(clippy::needless_pass_by_value, reason = "filters take their arguments by value")]
/// A time in RFC 3339 by a `strftime` form; `now` and `today` are not known here, the variable `now` is.
fn date(text: String, form: Option<String>, options: Kwargs) -> Result<String, minijinja::Error> {
    let refused = |error: String| minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, error);
    let zone: Option<String> = options.get("timezone")?;
    options.assert_all_used()?;
    let zone = crate::machine::zone(zone.as_deref().unwrap_or("")).map_err(refused)?;
    let at: jiff::Timestamp = text.parse().map_err(|_| refused(format!("`{text}` is not a time")))?;
    let form = form.unwrap_or_else(|| "%Y-%m-%d %H:%M".to_owned());
    jiff::fmt::strtime::format(form.as_bytes(), &at.to_zoned_datetime(zone))
        .map_err(|error| refused(error.to_string()))
}

/// What a template makes of `context`.
///
/// # Errors
/// It cannot be read, asks for something that does not work, or costs too much.
pub fn render(template: &str, escape: Escape, context: &Value) -> Result<String, ExpressionError> {
    if !has_template(template) {
        return Ok(template.to_owned());
    }
    if template.len() > TEMPLATE_CHARS_MAX {
        return Err(failed(format!("a template has at most {TEMPLATE_CHARS_MAX} characters")));
    }
    let environment = match escape {
        Escape::Plain => &PLAIN,
        Escape::Url => &URL,
        Escape::Json => &JSON,
    };
    let text = environment
        .render_str(&liquid(template), Jinja::from(minijinja::value::Serde(context)))
        .map_err(failed)?;
    if text.len() > TEXT_MAX {
        return Err(failed(format!("the text would have more than {TEXT_MAX} characters")));
    }
    Ok(text)
}

/// Whether a text has anything to put in.
pub fn has_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%")
}

/// Checks a template without running it; the names it begins its paths with.
///
/// # Errors
/// It cannot be read.
pub fn check_template(template: &str) -> Result<Vec<String>, ExpressionError> {
    if !has_template(template) {
        return Ok(Vec::new());
    }
    let text = liquid(template);
    if let Some(name) = filters(&text).into_iter().find(|name| !is_filter(name)) {
        return Err(failed(format!("there is no filter `{name}`")));
    }
    let parsed = PLAIN.template_from_str(&text).map_err(failed)?;
    let mut names: Vec<String> = parsed.undeclared_variables(false).into_iter().collect();
    names.sort();
    Ok(names)
}

/// Names behind `|` in the expressions of a template.
fn filters(template: &str) -> Vec<String> {
    let mut names = Vec::new();
    for part in template.split("{{").skip(1).chain(template.split("{%").skip(1)) {
        let end = part.find("}}").or_else(|| part.find("%}")).unwrap_or(part.len());
        for filter in split_outside_quotes(&part[..end], '|').into_iter().skip(1) {
            let name: String =
                filter.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            names.push(name);
        }
    }
    names
}

/// Whether a filter is there; the engine itself finds out only when it gets to it.
fn is_filter(name: &str) -> bool {
    let outcome = PLAIN.render_str(&format!("{{{{ ''|{name} }}}}"), Jinja::UNDEFINED);
    !matches!(outcome, Err(error) if error.kind() == minijinja::ErrorKind::UnknownFilter)
}

/// Filters in Liquid's form, `| default: "x", 1`, as `| default("x", 1)`.
fn liquid(template: &str) -> Cow<'_, str> {
    if !template.contains(':') {
        return Cow::Borrowed(template);
    }
    let mut out = String::with_capacity(template.len() + 8);
    let mut rest = template;
    while let Some(start) = rest.find("{{") {
        out.push_str(&rest[..start + 2]);
        rest = &rest[start + 2..];
        let end = rest.find("}}").unwrap_or(rest.len());
        push_expression(&rest[..end], &mut out);
        rest = &rest[end..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn push_expression(expression: &str, out: &mut String) {
    for (index, part) in split_outside_quotes(expression, '|').into_iter().enumerate() {
        if index > 0 {
            out.push('|');
        }
        let colon = split_outside_quotes(part, ':');
        let is_name = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_');
        match colon.as_slice() {
            [name, arguments] if index > 0 && is_name(name.trim()) => {
                let _ = write!(out, "{}({})", name.trim(), arguments.trim());
                if part.ends_with(' ') {
                    out.push(' ');
                }
            }
            _ => out.push_str(part),
        }
    }
}

fn split_outside_quotes(text: &str, at: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut quote, mut from) = (None, 0);
    for (index, c) in text.char_indices() {
        match quote {
            Some(open) => quote = Some(open).filter(|open| *open != c),
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c == at => {
                parts.push(&text[from..index]);
                from = index + at.len_utf8();
            }
            None => {}
        }
    }
    parts.push(&text[from..]);
    parts
}

/// The value of a CEL expression.
///
/// # Errors
/// It cannot be read, is too large, or does not work with these values.
pub fn evaluate(expression: &str, context: &Map<String, Value>) -> Result<Value, ExpressionError> {
    let parsed = parse(expression)?;
    if parsed.walks && context.values().any(has_long_list) {
        return Err(failed(format!("a list with more than {ELEMENTS_MAX} elements cannot be walked over")));
    }
    let program = cel::Program::compile(expression).map_err(failed)?;
    let mut values = cel::Context::default();
    for (name, value) in context.iter().filter(|(name, _)| parsed.names.contains(name)) {
        values.add_variable_from_value(name.as_str(), number_kept(value)?);
    }
    for name in parsed.names.iter().filter(|name| !context.contains_key(*name)) {
        values.add_variable_from_value(name.as_str(), cel::Value::Null);
    }
    let value = program.execute(&values).map_err(failed)?;
    let value = value.json().map_err(failed)?;
    if value.to_string().len() > TEXT_MAX {
        return Err(failed(format!("the result is larger than {TEXT_MAX} characters")));
    }
    Ok(value)
}

/// Whole numbers are CEL's `int`, as in expressions themselves.
fn number_kept(value: &Value) -> Result<cel::Value, ExpressionError> {
    Ok(match value {
        Value::Number(number) if number.is_i64() => cel::Value::Int(number.as_i64().unwrap_or(0)),
        Value::Array(items) => {
            let items = items.iter().map(number_kept).collect::<Result<Vec<_>, _>>()?;
            cel::Value::List(items.into())
        }
        Value::Object(members) => {
            let members = members.iter().map(|(name, member)| Ok((name.clone(), number_kept(member)?)));
            let members = members
                .collect::<Result<std::collections::HashMap<String, cel::Value>, ExpressionError>>()?;
            cel::Value::Map(members.into())
        }
        other => cel::to_value(other).map_err(failed)?,
    })
}

/// Checks an expression without running it; the names it begins its paths with.
///
/// # Errors
/// It cannot be read or is too large.
pub fn check_expression(expression: &str) -> Result<Vec<String>, ExpressionError> {
    parse(expression).map(|parsed| parsed.names)
}

struct Parsed {
    names: Vec<String>,
    /// It has a comprehension.
    walks: bool,
}

fn parse(expression: &str) -> Result<Parsed, ExpressionError> {
    if expression.trim().is_empty() {
        return Err(failed("the expression is empty"));
    }
    if expression.len() > EXPRESSION_CHARS_MAX {
        return Err(failed(format!("an expression has at most {EXPRESSION_CHARS_MAX} characters")));
    }
    let parser = cel::parser::Parser::new().max_recursion_depth(40);
    let tree = parser.parse(expression).map_err(failed)?;
    let mut walk = Walk { names: Vec::new(), bound: Vec::new(), parts: 0, comprehensions: 0 };
    walk.visit(&tree)?;
    walk.names.sort();
    walk.names.dedup();
    Ok(Parsed { names: walk.names, walks: walk.comprehensions > 0 })
}

/// Counts the parts of an expression and gathers its free names.
struct Walk {
    names: Vec<String>,
    bound: Vec<String>,
    parts: usize,
    comprehensions: u32,
}

impl Walk {
    fn visit(&mut self, tree: &IdedExpr) -> Result<(), ExpressionError> {
        self.parts += 1;
        if self.parts > PARTS_MAX {
            return Err(failed(format!("an expression has at most {PARTS_MAX} parts")));
        }
        match &tree.expr {
            Expr::Ident(name) => {
                if !self.bound.contains(name) && !name.starts_with('@') {
                    self.names.push(name.clone());
                }
                Ok(())
            }
            Expr::Select(select) => self.visit(&select.operand),
            Expr::Call(call) => {
                call.target.as_deref().map_or(Ok(()), |target| self.visit(target))?;
                call.args.iter().try_for_each(|argument| self.visit(argument))
            }
            Expr::List(list) => list.elements.iter().try_for_each(|element| self.visit(element)),
            Expr::Map(map) => map.entries.iter().try_for_each(|entry| self.entry(&entry.expr)),
            Expr::Struct(_) => Err(failed("an expression makes no messages")),
            Expr::Comprehension(comprehension) => {
                self.visit(&comprehension.iter_range)?;
                self.comprehensions += 1;
                if self.comprehensions > 4 || !self.bound.is_empty() {
                    return Err(failed("an expression walks over at most four lists, none inside another"));
                }
                self.bound = vec![comprehension.iter_var.clone(), comprehension.accu_var.clone()];
                self.bound.extend(comprehension.iter_var2.clone());
                let parts = [
                    &comprehension.accu_init,
                    &comprehension.loop_cond,
                    &comprehension.loop_step,
                    &comprehension.result,
                ];
                parts.into_iter().try_for_each(|part| self.visit(part))?;
                self.bound.clear();
                Ok(())
            }
            Expr::Literal(_) | Expr::Unspecified => Ok(()),
        }
    }

    fn entry(&mut self, entry: &EntryExpr) -> Result<(), ExpressionError> {
        match entry {
            EntryExpr::MapEntry(entry) => {
                self.visit(&entry.key)?;
                self.visit(&entry.value)
            }
            EntryExpr::StructField(field) => self.visit(&field.value),
        }
    }
}

fn has_long_list(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.len() > ELEMENTS_MAX || items.iter().any(has_long_list),
        Value::Object(members) => members.values().any(has_long_list),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// What stands at `user.phones[0]` in a value; `$.` in front is let pass. `None` where there is nothing.
pub fn at_path<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    let path = path.trim().trim_start_matches('$').trim_start_matches('.');
    let mut here = value;
    for part in path.split(['.', '[']).map(|part| part.trim_end_matches(']')).filter(|part| !part.is_empty())
    {
        let part = part.trim_matches(['"', '\'']);
        here = match here {
            Value::Array(items) => items.get(part.parse::<usize>().ok()?)?,
            Value::Object(members) => members.get(part)?,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
        };
    }
    Some(here)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn context() -> Value {
        json!({ "name": "O'Hara & \"Co\"", "n": 3, "list": [1, 2], "user": { "phones": ["a", "b"] }, "now": "2026-01-05T10:00:00Z" })
    }

    #[test]
    fn templates_put_values_in_and_escape_by_place() {
        let context = context();
        for (template, escape, wanted) in [
            ("plain", Escape::Plain, "plain"),
            ("{{ name }}", Escape::Plain, "O'Hara & \"Co\""),
            ("?q={{ name }}", Escape::Url, "?q=O%27Hara%20%26%20%22Co%22"),
            (
                r#"{"a":"{{ name }}","n":{{ n }},"l":{{ list }}}"#,
                Escape::Json,
                r#"{"a":"O'Hara & \"Co\"","n":3,"l":[1,2]}"#,
            ),
            ("{{ missing.deep | default: 'x' }}", Escape::Plain, "x"),
            ("{{ missing.deep }}!", Escape::Plain, "!"),
            ("{{ user.phones[1] }}", Escape::Plain, "b"),
            ("{{ name | upcase | replace: \"'\", ':' }}", Escape::Plain, "O:HARA & \"CO\""),
            ("{{ '0470123456' | spell_phone }}", Escape::Plain, "04 70 12 34 56"),
            ("{{ '470' | spell }}", Escape::Plain, "4 7 0"),
            ("{{ now | date('%H:%M') }}", Escape::Plain, "11:00"),
            ("{% if n > 2 %}many{% endif %}", Escape::Plain, "many"),
        ] {
            assert_eq!(render(template, escape, &context).as_deref(), Ok(wanted), "{template}");
        }
    }

    #[test]
    fn a_template_that_costs_too_much_or_makes_no_sense_is_an_error() {
        let context = json!({ "text": "x".repeat(60_000) });
        for template in [
            "{% for a in range(100000) %}{% for b in range(100000) %}x{% endfor %}{% endfor %}",
            "{{ text }}{{ text }}{{ text }}",
            "{{ 1 / 0 }}",
            "{{",
            "{{ x | nosuchfilter }}",
            "{% include 'x' %}",
            "{{ now | date('%') }}",
        ] {
            assert!(render(template, Escape::Plain, &context).is_err(), "{template}");
        }
    }

    #[test]
    fn conditions_see_values_and_unknown_names_are_null() {
        let context = context().as_object().unwrap().clone();
        for (expression, wanted) in [
            ("n > 2 && name.startsWith('O')", json!(true)),
            ("n + 1", json!(4)),
            ("unknown == null", json!(true)),
            ("list.exists(x, x == 2)", json!(true)),
            ("user.phones.map(p, p + '!')", json!(["a!", "b!"])),
            ("name.matches('^O')", json!(true)),
            ("{'a': n}", json!({ "a": 3 })),
            ("size(list)", json!(2)),
        ] {
            assert_eq!(evaluate(expression, &context), Ok(wanted), "{expression}");
        }
    }

    #[test]
    fn a_condition_that_costs_too_much_or_makes_no_sense_is_an_error() {
        let context = json!({ "big": vec![1; 2_000], "list": [1] }).as_object().unwrap().clone();
        let long = vec!["1"; 2_000].join("+");
        let deep = format!("{}1{}", "(".repeat(300), ")".repeat(300));
        for expression in [
            "",
            "1 +",
            "'a' > 1",
            "list.all(x, list.all(y, y == x))",
            "big.all(x, x == 1)",
            "nosuch(1)",
            "1 / 0",
            long.as_str(),
            deep.as_str(),
        ] {
            assert!(evaluate(expression, &context).is_err(), "{expression}");
        }
    }

    #[test]
    fn paths_lead_into_answers() {
        let value = json!({ "user": { "phones": ["a", "b"] } });
        assert_eq!(at_path(&value, "user.phones[1]"), Some(&json!("b")));
        assert_eq!(at_path(&value, "$.user['phones'][0]"), Some(&json!("a")));
        assert_eq!(at_path(&value, ""), Some(&value));
        assert_eq!(at_path(&value, "user.name"), None);
    }
}
