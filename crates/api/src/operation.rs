//! The one table of operations: routing, OpenAPI and the tests of foreign accounts all read it.

use std::pin::Pin;
use std::sync::LazyLock;

use crate::answer::Answer;
use crate::ask::Ask;
use crate::dialect::Face;
use crate::error::Result;
use crate::write::Writer;

/// Answer in the making.
pub(crate) type Running<'a> = Pin<Box<dyn Future<Output = Result<Answer>> + Send + 'a>>;

/// Reads parameters, calls one use case, renders: at most 20 lines.
pub(crate) type Handler = for<'a, 'b> fn(&'a Ask<'b>) -> Running<'a>;

/// What an operation does to its resource; decides method, status and idempotency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Read,
    /// A reading whose question is too long for an address: it stands in a body, and nothing is kept of it.
    Question,
    Create,
    Update,
    Delete,
}

impl Kind {
    /// Whether `method` asks for it. On instances of the classic API, PUT is another word for POST.
    pub(crate) fn is_asked_by(self, method: &http::Method, face: Face) -> bool {
        match self {
            Self::Read => method == http::Method::GET || method == http::Method::HEAD,
            Self::Create | Self::Question => method == http::Method::POST,
            Self::Update => {
                method == http::Method::POST || (face == Face::Native && method == http::Method::PUT)
            }
            Self::Delete => method == http::Method::DELETE,
        }
    }

    /// The method of documentation.
    pub(crate) const fn method(self) -> &'static str {
        match self {
            Self::Read => "get",
            Self::Create | Self::Update | Self::Question => "post",
            Self::Delete => "delete",
        }
    }

    /// Whether something may be different afterwards.
    pub(crate) const fn changes(self) -> bool {
        !matches!(self, Self::Read | Self::Question)
    }
}

/// Who may run an operation, besides being in reach of the account in the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// The account, its ancestors, and their keys.
    Branch,
    /// As `Branch`, but natively only the account itself: the classic API hides applications even from parents.
    Own,
    /// As `Branch`, but not with an API key: whoever holds a stolen key must not make further ones.
    Token,
    /// The top account alone: what is asked about is the installation's. The use case refuses the others.
    Top,
    /// A lawful officer at the console of the top account: no token, no key, no other role.
    Officer,
}

/// A documented parameter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Param {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
}

/// Shorthand for a list of parameters.
macro_rules! params {
    ($($name:literal : $about:literal),* $(,)?) => { &[$($crate::operation::Param { name: $name, about: $about }),*] };
}
pub(crate) use params;

/// A row of the table for whoever is in reach of the account: id, kind, faces, path, sentence, parameters, what it shows, handler.
macro_rules! row {
    ($id:expr, $kind:ident, $faces:expr, $path:expr, $about:expr, $params:expr, $shows:expr, $run:path) => {
        $crate::operation::Operation {
            id: $id,
            kind: $crate::operation::Kind::$kind,
            faces: $faces,
            path: $path,
            about: $about,
            access: $crate::operation::Access::Branch,
            params: $params,
            shows: $shows,
            run: |ask| Box::pin($run(ask)),
        }
    };
}
pub(crate) use row;

/// What an operation answers; the sample is rendered for the schema in the OpenAPI file.
#[derive(Clone, Copy)]
pub(crate) enum Shows {
    /// 204.
    Nothing,
    /// One resource.
    One(Sample),
    /// A page of resources, or a bare array of them in the classic API.
    Many(Sample),
}

/// Writes a specimen of the resource.
pub(crate) type Sample = fn(&mut Writer, &crate::ask::Shown<'_>);

/// One thing a customer can ask for.
pub(crate) struct Operation {
    /// `calls.create`.
    pub(crate) id: &'static str,
    pub(crate) kind: Kind,
    pub(crate) faces: &'static [Face],
    /// Behind the prefix, without suffix: `Accounts/{AccountSid}/Calls`. Literals are matched before names.
    pub(crate) path: &'static str,
    pub(crate) about: &'static str,
    pub(crate) access: Access,
    pub(crate) params: &'static [Param],
    pub(crate) shows: Shows,
    pub(crate) run: Handler,
}

impl Operation {
    /// Whether a path with `.pdf`, `.html`, `.csv` or `.tgz` is its.
    pub(crate) fn makes_documents(&self) -> bool {
        matches!(
            self.id,
            "contract_summary.fetch"
                | "subscription.summary"
                | "invoices.fetch"
                | "invoices.items"
                | "exports.fetch"
                | "erasures.fetch"
                | "vat_list.fetch"
                | "reports.revenue"
                | "reports.unbilled"
                | "reports.aged_debt"
                | "reports.margin"
                | "reports.resale"
                | "reports.regulator"
                | "plans.simulate"
        )
    }

    /// Status of the answer when it went well.
    pub(crate) fn success(&self, face: Face) -> u16 {
        match self.kind {
            // The answer to a new caller id is a validation request, not the resource.
            Kind::Create if self.id != "caller_ids.create" => face.created(),
            Kind::Read | Kind::Question | Kind::Create | Kind::Update => 200,
            Kind::Delete => 204,
        }
    }
}

impl std::fmt::Debug for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id)
    }
}

pub(crate) const BOTH: &[Face] = &[Face::Native, Face::Twilio];
pub(crate) const NATIVE: &[Face] = &[Face::Native];
pub(crate) const TWILIO: &[Face] = &[Face::Twilio];

/// An operation with its path taken apart.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) operation: &'static Operation,
    parts: Vec<&'static str>,
    names: usize,
}

/// Every operation; where several match, the one with fewer names (`…/Local` before `…/{Sid}`).
pub(crate) static TABLE: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let modules: &[&'static [Operation]] = &[
        crate::audit::OPERATIONS,
        crate::messages::OPERATIONS,
        crate::messages::media::OPERATIONS,
        crate::opt_outs::OPERATIONS,
        crate::short_codes::OPERATIONS,
        crate::keywords::OPERATIONS,
        crate::sender_names::OPERATIONS,
        crate::smpp_users::OPERATIONS,
        crate::messaging::OPERATIONS,
        crate::messaging::SENDERS,
        crate::calls::OPERATIONS,
        crate::accounts::OPERATIONS,
        crate::credit::OPERATIONS,
        crate::payments::OPERATIONS,
        crate::contract_summary::OPERATIONS,
        crate::invoices::OPERATIONS,
        crate::invoices::letters::OPERATIONS,
        crate::invoices::disputes::OPERATIONS,
        crate::invoices::dispatches::OPERATIONS,
        crate::vat_list::OPERATIONS,
        crate::reports::OPERATIONS,
        crate::customer::OPERATIONS,
        crate::customer::mandates::OPERATIONS,
        crate::collections::OPERATIONS,
        crate::subscription::OPERATIONS,
        crate::subscription::suspension::OPERATIONS,
        crate::spend_cases::OPERATIONS,
        crate::promotions::OPERATIONS,
        crate::price_runs::OPERATIONS,
        crate::terms::OPERATIONS,
        crate::books::OPERATIONS,
        crate::plan_files::OPERATIONS,
        crate::keys::OPERATIONS,
        crate::applications::OPERATIONS,
        crate::available_numbers::OPERATIONS,
        crate::numbers::OPERATIONS,
        crate::caller_ids::OPERATIONS,
        crate::recordings::OPERATIONS,
        crate::recordings::live::OPERATIONS,
        crate::transcriptions::OPERATIONS,
        crate::calls::events::OPERATIONS,
        crate::streams::OPERATIONS,
        crate::user_messages::OPERATIONS,
        crate::verb_records::OPERATIONS,
        crate::tokens::OPERATIONS,
        crate::notifications::OPERATIONS,
        crate::emails::OPERATIONS,
        crate::usage::OPERATIONS,
        crate::usage::events::OPERATIONS,
        crate::usage::breakdown::OPERATIONS,
        crate::usage::explain::OPERATIONS,
        crate::usage::corrections::OPERATIONS,
        crate::usage::parked::OPERATIONS,
        crate::handsets::OPERATIONS,
        crate::trunks::OPERATIONS,
        crate::smpp_routes::OPERATIONS,
        crate::triggers::OPERATIONS,
        crate::thresholds::OPERATIONS,
        crate::clients::OPERATIONS,
        crate::conferences::OPERATIONS,
        crate::participants::OPERATIONS,
        crate::queues::OPERATIONS,
        crate::callqueue::OPERATIONS,
        crate::sip::domains::OPERATIONS,
        crate::sip::mappings::CALL_CREDENTIALS,
        crate::sip::mappings::CALL_ADDRESSES,
        crate::sip::mappings::REGISTRATION_CREDENTIALS,
        crate::sip::mappings::OLD_CALL_CREDENTIALS,
        crate::sip::mappings::OLD_CALL_ADDRESSES,
        crate::sip::credentials::OPERATIONS,
        crate::sip::networks::OPERATIONS,
        crate::flows::OPERATIONS,
        crate::flows::sketch::OPERATIONS,
        crate::flows::sounds::OPERATIONS,
        crate::studio::OPERATIONS,
        crate::lookups::OPERATIONS,
        crate::pricing::OPERATIONS,
        crate::estimates::OPERATIONS,
        crate::assurance::OPERATIONS,
        crate::exports::OPERATIONS,
        crate::erasures::OPERATIONS,
        crate::legal_holds::OPERATIONS,
        crate::porting::OPERATIONS,
        crate::lawful_requests::OPERATIONS,
        crate::retention::OPERATIONS,
        crate::verify::OPERATIONS,
        crate::verify::LIMITS,
        crate::verify::ATTEMPTS,
        crate::verify::FACTORS,
        crate::verify::CHALLENGES,
        crate::verify::HOOKS,
        crate::verify::GUARD,
        crate::verify::TEMPLATES,
        crate::verify::SAFE_LIST,
        crate::twofa::OPERATIONS,
        crate::twofa::RECORDS,
        crate::twofa::LIMITS,
        crate::numbermasking::OPERATIONS,
        crate::numbermasking::NUMBERS,
        crate::numbermasking::CONTEXTS,
    ];
    let mut table: Vec<Entry> = modules.iter().flat_map(|operations| operations.iter()).map(entry).collect();
    table.sort_by_key(|entry| entry.names);
    table
});

fn entry(operation: &'static Operation) -> Entry {
    let parts: Vec<&str> = operation.path.split('/').collect();
    Entry { operation, names: parts.iter().filter(|part| part.starts_with('{')).count(), parts }
}

/// What a path leads to.
#[derive(Debug)]
pub(crate) enum Found<'s> {
    /// The operation, and the values of its names.
    Operation(&'static Operation, Vec<(&'static str, &'s str)>),
    /// The path is known, with other methods: these.
    OtherMethods(&'static str),
    /// Nothing.
    Nothing,
}

/// Looks up an operation by face, method and segments.
pub(crate) fn find<'s>(face: Face, method: &http::Method, segments: &'s [String]) -> Found<'s> {
    let mut other = [false; 3];
    for entry in TABLE.iter().filter(|entry| entry.operation.faces.contains(&face)) {
        let Some(names) = entry.matches(segments) else { continue };
        if entry.operation.kind.is_asked_by(method, face) {
            return Found::Operation(entry.operation, names);
        }
        match entry.operation.kind {
            Kind::Read => other[0] = true,
            Kind::Question | Kind::Create | Kind::Update => other[1] = true,
            Kind::Delete => other[2] = true,
        }
    }
    Found::from_methods(other)
}

impl Found<'_> {
    const fn from_methods(known: [bool; 3]) -> Self {
        Self::OtherMethods(match known {
            [false, false, false] => return Self::Nothing,
            [true, false, false] => "GET",
            [false, true, false] => "POST",
            [false, false, true] => "DELETE",
            [true, true, false] => "GET, POST",
            [true, false, true] => "GET, DELETE",
            [false, true, true] => "POST, DELETE",
            [true, true, true] => "GET, POST, DELETE",
        })
    }
}

impl Entry {
    fn matches<'s>(&self, segments: &'s [String]) -> Option<Vec<(&'static str, &'s str)>> {
        if self.parts.len() != segments.len() {
            return None;
        }
        let literals =
            self.parts.iter().zip(segments).all(|(part, given)| part.starts_with('{') || part == given);
        literals.then(|| {
            let named = self.parts.iter().zip(segments).filter(|(part, _)| part.starts_with('{'));
            named.map(|(part, given)| (&part[1..part.len() - 1], given.as_str())).collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_operation_hides_another() {
        for entry in TABLE.iter() {
            let segments: Vec<String> = entry.parts.iter().map(|part| (*part).to_owned()).collect();
            for face in entry.operation.faces {
                let method = entry.operation.kind.method().to_uppercase().parse().unwrap();
                let Found::Operation(found, _) = find(*face, &method, &segments) else {
                    panic!("{} is not found", entry.operation.id)
                };
                assert_eq!(found.id, entry.operation.id, "{face:?} {}", entry.operation.path);
            }
        }
    }

    #[test]
    fn ids_are_unique_and_everything_is_described() {
        let mut ids: Vec<&str> = TABLE.iter().map(|entry| entry.operation.id).collect();
        ids.sort_unstable();
        assert!(ids.windows(2).all(|pair| pair[0] != pair[1]), "{ids:?}");
        for entry in TABLE.iter() {
            assert!(!entry.operation.about.is_empty() && !entry.operation.faces.is_empty());
            assert!(entry.operation.params.iter().all(|param| !param.about.is_empty()));
        }
    }
}
