//! Erasures as they are shown.

use flexio_app::ErasurePreview;
use flexio_domain::{
    AccountSid, ErasedCount, Erasure, ErasureCertificate, ErasureSid, ErasureState, KeptFact, KeptGround,
    Timestamp,
};
use jiff::civil::date;

use crate::ask::Shown;
use crate::dialect::rfc2822;
use crate::write::Writer;

pub(super) fn preview(w: &mut Writer, preview: &ErasurePreview) {
    w.put("possible", preview.obstacles.is_empty() && preview.holds.is_empty());
    let obstacles: Vec<&str> = preview.obstacles.iter().map(String::as_str).collect();
    w.texts("obstacles", &obstacles);
    w.list("legal_holds", "LegalHold", &preview.holds, |w, hold| {
        w.put("sid", hold.sid.to_string());
        w.put("account_sid", hold.account_sid.to_string());
        w.put("name", hold.name.as_str());
        w.put("date_active", hold.active_from.map(rfc2822));
    });
    w.list("erased", "Erased", &preview.goes, erased);
    w.list("kept", "Kept", &preview.kept, kept);
}

pub(super) fn erasure(w: &mut Writer, shown: &Shown<'_>, erasure: &Erasure, genuine: Option<bool>) {
    w.put("sid", erasure.sid.to_string());
    w.put("account_sid", erasure.account_sid.to_string());
    w.put("of", if erasure.alias.is_some() { "number" } else { "account" });
    w.put("number_alias", erasure.alias.as_ref().map(|alias| alias.as_str().to_owned()));
    w.put("status", erasure.state.as_str());
    w.put("stages_done", erasure.done);
    w.put("stages", erasure.stages);
    w.list("erased", "Erased", &erasure.erased, erased);
    let holds: Vec<&str> = erasure.waited_for.iter().map(String::as_str).collect();
    w.texts("waited_for", &holds);
    w.put("asked_by", erasure.asked_by.as_str());
    w.put("date_created", rfc2822(erasure.created_at));
    w.put("date_updated", rfc2822(erasure.updated_at));
    w.put("date_next", erasure.due_at.map(rfc2822));
    match &erasure.certificate {
        Some(it) => w.object("certificate", |w| certificate(w, it, genuine)),
        None => w.put("certificate", None::<String>),
    }
    w.put("uri", shown.uri(erasure.account_sid, format_args!("Erasures/{}", erasure.sid)));
}

fn certificate(w: &mut Writer, certificate: &ErasureCertificate, genuine: Option<bool>) {
    w.put("date_issued", rfc2822(certificate.issued_at));
    w.list("erased", "Erased", &certificate.erased, erased);
    w.list("kept", "Kept", &certificate.kept, kept);
    let holds: Vec<&str> = certificate.holds.iter().map(String::as_str).collect();
    w.texts("legal_holds", &holds);
    w.put("signature", certificate.signature.as_str());
    w.put("genuine", genuine);
}

fn erased(w: &mut Writer, it: &ErasedCount) {
    w.put("kind", it.kind.as_str());
    w.put("count", i64::try_from(it.count).unwrap_or(i64::MAX));
}

fn kept(w: &mut Writer, it: &KeptFact) {
    w.put("kind", it.kind.as_str());
    w.put("count", i64::try_from(it.count).unwrap_or(i64::MAX));
    w.put("ground", it.ground.as_str());
    w.put("until", it.until.map(|day| day.to_string()));
}

pub(super) fn preview_sample(w: &mut Writer, _: &Shown<'_>) {
    let sample = ErasurePreview {
        goes: vec![ErasedCount { kind: "messages".to_owned(), count: 1_200 }],
        kept: specimen_kept(),
        holds: vec![crate::legal_holds::specimen()],
        obstacles: vec!["The account is not closed.".to_owned()],
    };
    preview(w, &sample);
}

fn specimen_kept() -> Vec<KeptFact> {
    let until = Some(date(2037, 1, 1));
    vec![KeptFact { kind: "invoices".to_owned(), count: 4, ground: KeptGround::Accounting, until }]
}

pub(super) fn sample(w: &mut Writer, shown: &Shown<'_>) {
    let at = Timestamp::from_second(1_799_000_000).expect("a second of 2027");
    let gone = vec![ErasedCount { kind: "messages".to_owned(), count: 1_200 }];
    let certificate = ErasureCertificate {
        issued_at: at,
        erased: gone.clone(),
        kept: specimen_kept(),
        holds: vec!["2026/417 (2026-12-01)".to_owned()],
        signature: "0".repeat(64),
    };
    let specimen = Erasure {
        sid: ErasureSid::from_u128(1),
        version: 1,
        account_sid: AccountSid::from_u128(1),
        alias: Some("+32470000000".parse().expect("a number")),
        number: None,
        digest: None,
        state: ErasureState::Done,
        asked_by: AccountSid::from_u128(1).to_string(),
        done: 23,
        stages: 23,
        after: String::new(),
        erased: gone,
        waited_for: vec!["2026/417 (2026-12-01)".to_owned()],
        certificate: Some(certificate),
        due_at: Some(at),
        created_at: at,
        updated_at: at,
    };
    erasure(w, shown, &specimen, Some(true));
}
