//! The numbers that must be zero, as the last proof of the books found them: for the top account, whose installation it is.

#[cfg(test)]
mod tests;

use std::future::ready;

use flexio_app::{CHECKS, Check, Proven};
use flexio_domain::{Faults, Timestamp};

use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::dialect::rfc2822;
use crate::error::Result;
use crate::operation::{Access, Kind, NATIVE, Operation, Shows};
use crate::write::Writer;

const PATH: &str = "Accounts/{AccountSid}/Assurance";

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        id: "assurance.fetch",
        kind: Kind::Read,
        faces: NATIVE,
        path: PATH,
        about: "What the last proof of the books found in this process, by night or asked for; null where there was none. Only for the top account.",
        access: Access::Top,
        params: &[],
        shows: Shows::One(sample),
        run: |ask| Box::pin(ready(fetch(ask))),
    },
    Operation {
        id: "assurance.prove",
        kind: Kind::Update,
        faces: NATIVE,
        path: PATH,
        about: "Proves the books now, which reads everything; one proof at a time. Only for the top account.",
        access: Access::Top,
        params: &[],
        shows: Shows::One(sample),
        run: |ask| Box::pin(prove(ask)),
    },
];

fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let proven = ask.app().last_proof(&ask.account)?;
    Ok(ask.one("Assurance", |w| view(w, proven.as_ref())))
}

async fn prove(ask: &Ask<'_>) -> Result<Answer> {
    let proven = ask.app().prove_now(&ask.account).await?;
    Ok(ask.one("Assurance", |w| view(w, Some(&proven))))
}

fn view(w: &mut Writer, proven: Option<&Proven>) {
    w.put("date_proven", proven.map(|it| rfc2822(it.at)));
    w.put("sound", proven.map(|it| it.proof.holds()));
    w.put("postings", proven.map(|it| i64::try_from(it.proof.transactions).unwrap_or(i64::MAX)));
    w.put("last_seal", proven.and_then(|it| it.proof.last_seal.clone()));
    w.list("checks", "Check", &CHECKS, |w, check| {
        one(w, check, proven.and_then(|it| it.proof.faults(check.name)));
    });
}

fn one(w: &mut Writer, check: &Check, faults: Option<&Faults>) {
    w.put("name", check.name);
    w.put("about", check.about);
    w.put("owner", check.owner);
    w.put("threshold", 0_u32);
    w.put("faults", faults.map(|faults| i64::try_from(faults.count).unwrap_or(i64::MAX)));
    let ids = faults.map_or(&[][..], |faults| &faults.ids);
    w.texts("named", &ids.iter().map(String::as_str).collect::<Vec<_>>());
}

fn sample(w: &mut Writer, _: &Shown<'_>) {
    let checks = CHECKS.iter().map(|check| (check.name, Faults::default())).collect();
    let proof = flexio_app::BooksProof {
        transactions: 12,
        sum: flexio_domain::Money::ZERO,
        seals: 1,
        last_seal: Some(format!("1:{}", "9f86d081".repeat(8))),
        checks,
    };
    let at = Timestamp::from_second(1_766_000_000).expect("a second of 2025");
    view(w, Some(&Proven { at, proof }));
}
