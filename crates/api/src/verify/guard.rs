//! What the guard against artificial traffic decided, and its cases. The platform's own.

use flexio_domain::*;
use flexio_store::{CaseFilter, DecisionFilter, Span};

use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::dialect::iso;
use crate::error::{Result, invalid};
use crate::operation::{NATIVE, Operation, Param, Shows, params, row};
use crate::paging::{Listed, Paged};
use crate::params::one_of;
use crate::write::Writer;

const DECISIONS: &str = "Accounts/{AccountSid}/Guard/Decisions";
const DECISION: &str = "Accounts/{AccountSid}/Guard/Decisions/{GuardDecisionSid}";
const CASES: &str = "Accounts/{AccountSid}/Guard/Cases";
const CASE: &str = "Accounts/{AccountSid}/Guard/Cases/{GuardCaseSid}";
const FILTERS: &[Param] = params![
    "Outcome": "`allowed` or `refused`.",
    "Rule": "`number-10-minutes`, `number-day`, `client-hour`, `block-hour` or `block-unverified`: the one that refused.",
    "To": "Recipient.",
    "ServiceSid": "A service of Verify.",
    "Service": "A service of Smart 2FA, by its name.",
    "CaseSid": "Refusals of this case.",
    "CreatedAfter": "Not before (2026-11-23T09:30:00Z).",
    "CreatedBefore": "Before.",
];
const CASE_FILTERS: &[Param] = params![
    "Status": "`open` or `released`.",
    "Rule": "`client-hour`, `block-hour` or `block-unverified`.",
];
const RELEASE: &[Param] = params![
    "Status": "`released`; required.",
    "Note": "What was found, at most 500 characters.",
];

pub(crate) const OPERATIONS: &[Operation] = &[
    row!(
        "guard_decisions.list",
        Read,
        NATIVE,
        DECISIONS,
        "What the guard of one-time codes decided.",
        FILTERS,
        Shows::Many(decision_sample),
        decisions
    ),
    row!(
        "guard_decisions.fetch",
        Read,
        NATIVE,
        DECISION,
        "One decision.",
        &[],
        Shows::One(decision_sample),
        decision
    ),
    row!(
        "guard_cases.list",
        Read,
        NATIVE,
        CASES,
        "Traffic that is refused as suspected fraud.",
        CASE_FILTERS,
        Shows::Many(case_sample),
        cases
    ),
    row!("guard_cases.fetch", Read, NATIVE, CASE, "One case.", &[], Shows::One(case_sample), case),
    row!(
        "guard_cases.release",
        Update,
        NATIVE,
        CASE,
        "Lets the traffic of a case through again; for accounts above.",
        RELEASE,
        Shows::One(case_sample),
        release
    ),
];

impl Listed for GuardDecision {
    const MEMBERS: (&'static str, &'static str) = ("decisions", "decisions");
    const ELEMENTS: (&'static str, &'static str) = ("Decisions", "Decision");
    fn cursor(&self) -> u128 {
        self.sid.as_u128()
    }
}

impl Listed for GuardCase {
    const MEMBERS: (&'static str, &'static str) = ("cases", "cases");
    const ELEMENTS: (&'static str, &'static str) = ("Cases", "Case");
    fn cursor(&self) -> u128 {
        self.sid.as_u128()
    }
}

fn filter(ask: &Ask<'_>) -> Result<DecisionFilter> {
    let time = |name: &str| -> Result<Option<Timestamp>> {
        let bad = |_| invalid(name, "must be a time (2026-11-23T09:30:00Z)");
        ask.params.text(name).map(|text| text.parse().map_err(bad)).transpose()
    };
    let service = ask.params.parsed("ServiceSid", ErrorCode::InvalidParameter)?.map(VerifyScope::Service);
    let scope = service.or_else(|| ask.params.owned("Service").map(VerifyScope::Named));
    Ok(DecisionFilter {
        scope: scope.map(|scope| scope.key()),
        to: ask.params.owned("To"),
        refused: one_of("Outcome", ask.params.text("Outcome"), |text| match text {
            "allowed" => Some(false),
            "refused" => Some(true),
            _ => None,
        })?,
        rule: one_of("Rule", ask.params.text("Rule"), GuardRule::from_wire)?,
        case: ask.params.parsed("CaseSid", ErrorCode::InvalidParameter)?,
        created: Span { from: time("CreatedAfter")?, until: time("CreatedBefore")? },
    })
}

async fn decisions(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::read::<GuardDecision>(ask)?;
    let decisions = ask.app().guard_decisions(ask.account.sid, &filter(ask)?, &paged.query()).await?;
    ask.page(&paged, decisions, None, |w, decision| view(w, &ask.shown(), decision))
}

async fn decision(ask: &Ask<'_>) -> Result<Answer> {
    let decision = ask.app().guard_decision(ask.account.sid, ask.sid("GuardDecisionSid")?).await?;
    Ok(ask.one("Decision", |w| view(w, &ask.shown(), &decision)))
}

async fn cases(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::read::<GuardCase>(ask)?;
    let filter = CaseFilter {
        open: one_of("Status", ask.params.text("Status"), |text| match text {
            "open" => Some(true),
            "released" => Some(false),
            _ => None,
        })?,
        rule: one_of("Rule", ask.params.text("Rule"), GuardRule::from_wire)?,
    };
    let cases = ask.app().guard_cases(ask.account.sid, filter, &paged.query()).await?;
    ask.page(&paged, cases, None, |w, case| case_view(w, &ask.shown(), case))
}

async fn case(ask: &Ask<'_>) -> Result<Answer> {
    let case = ask.app().guard_case(ask.account.sid, ask.sid("GuardCaseSid")?).await?;
    Ok(ask.one("Case", |w| case_view(w, &ask.shown(), &case)))
}

async fn release(ask: &Ask<'_>) -> Result<Answer> {
    if ask.params.required("Status", ErrorCode::InvalidParameter)? != "released" {
        return Err(invalid("Status", "must be released"));
    }
    let by_operator = ask.account.parent_sid.is_none() || ask.is_by_ancestor();
    let (sid, note) = (ask.sid("GuardCaseSid")?, ask.params.owned("Note"));
    let case = ask.app().release_guard_case(&ask.account, sid, by_operator, note).await?;
    Ok(ask.one("Case", |w| case_view(w, &ask.shown(), &case)))
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn figure(w: &mut Writer, figure: &GuardFigure) {
    w.put("rule", figure.rule.as_str());
    w.put("seen", whole(figure.seen));
    w.put("allowed", whole(figure.most));
    w.put("used", figure.used.map(whole));
    w.put("refuses", figure.refuses);
}

fn view(w: &mut Writer, shown: &Shown<'_>, decision: &GuardDecision) {
    w.put("sid", decision.sid.to_string());
    w.put("account_sid", decision.account_sid.to_string());
    let (service, name) = match &decision.scope {
        VerifyScope::Service(sid) => (Some(sid.to_string()), None),
        VerifyScope::Named(name) => (None, Some(name)),
    };
    w.put("service_sid", service);
    w.put("service", name);
    w.put("to", &decision.to);
    w.put("country", decision.country.as_ref());
    w.put("channel", decision.channel.as_str());
    w.put("outcome", if decision.refused_by.is_some() { "refused" } else { "allowed" });
    w.put("rule", decision.refused_by.map(GuardRule::as_str));
    w.put("safe_listed", decision.is_safe);
    w.list("figures", "figure", &decision.figures, figure);
    w.put("case_sid", decision.case_sid.map(|sid| sid.to_string()));
    w.put("attempt_sid", decision.attempt().map(|sid| sid.to_string()));
    w.put("date_created", iso(decision.created_at));
    w.put("uri", shown.uri(decision.account_sid, format_args!("Guard/Decisions/{}", decision.sid)));
}

fn case_view(w: &mut Writer, shown: &Shown<'_>, case: &GuardCase) {
    w.put("sid", case.sid.to_string());
    w.put("account_sid", case.account_sid.to_string());
    w.put("status", if case.released_at.is_some() { "released" } else { "open" });
    w.put("rule", case.rule.as_str());
    w.put("subject", &case.subject);
    w.object("figure", |w| figure(w, &case.figure));
    w.put("refusals", whole(case.refusals));
    w.put("date_last_refusal", iso(case.last_at));
    w.put("date_released", case.released_at.map(iso));
    w.put("note", case.note.as_ref());
    w.put("date_created", iso(case.created_at));
    w.put("uri", shown.uri(case.account_sid, format_args!("Guard/Cases/{}", case.sid)));
}

fn specimen() -> GuardCase {
    let (rule, at) = (GuardRule::BlockUnused, Timestamp::UNIX_EPOCH);
    GuardCase {
        sid: GuardCaseSid::from_u128(1),
        version: 1,
        account_sid: AccountSid::from_u128(1),
        rule,
        subject: "+32470555".to_owned(),
        figure: GuardFigure { rule, seen: 50, most: 50, used: Some(2), refuses: true },
        refusals: 1,
        last_at: at,
        released_at: None,
        note: None,
        created_at: at,
    }
}

fn decision_sample(w: &mut Writer, shown: &Shown<'_>) {
    let case = specimen();
    let decision = GuardDecision {
        sid: GuardDecisionSid::from_u128(1),
        account_sid: case.account_sid,
        scope: VerifyScope::Service(VerifyServiceSid::from_u128(1)),
        to: "+32470555123".to_owned(),
        country: Some("BE".to_owned()),
        channel: VerifyChannel::Sms,
        refused_by: Some(case.rule),
        figures: vec![case.figure],
        is_safe: false,
        case_sid: Some(case.sid),
        created_at: case.created_at,
    };
    view(w, shown, &decision);
}

fn case_sample(w: &mut Writer, shown: &Shown<'_>) {
    case_view(w, shown, &specimen());
}
