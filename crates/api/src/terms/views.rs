//! Terms, changes of them and letters as shown.

use flexio_app::{NoticeLetterShown, TermsStanding};
use flexio_domain::*;
use jiff::civil::date;

use crate::ask::Shown;
use crate::dialect::rfc2822;
use crate::subscription::views::terms;
use crate::write::Writer;

fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn said(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

pub(super) fn change(w: &mut Writer, change: &TermsChange) {
    w.put("sid", change.sid.to_string());
    w.put("account_sid", change.account_sid.to_string());
    terms(w, &change.terms);
    w.put("from", change.from.to_string());
    w.put("changes_nl", change.words.nl.as_str());
    w.put("changes_fr", change.words.fr.as_str());
    w.put("changes_de", change.words.de.as_str());
    w.put("changes_en", change.words.en.as_str());
    w.put("ground", change.ground.map(NoticeGround::as_str));
    w.put("ground_note", said(&change.ground_note));
    w.put("state", if change.due_at.is_some() { "announcing" } else { "announced" });
    w.put("contracts_seen", count(change.seen));
    w.put("customers_told", count(change.told));
    w.put("by", change.by.as_str());
    w.put("date_created", rfc2822(change.created_at));
    w.put("date_updated", rfc2822(change.updated_at));
}

pub(super) fn standing(w: &mut Writer, standing: &TermsStanding) {
    terms(w, &standing.in_force);
    w.list("changes", "Change", &standing.notices, |w, (notice, accepted_at)| {
        w.put("sid", notice.sid.to_string());
        w.put("subscription_sid", notice.subscription_sid.to_string());
        terms(w, &notice.terms);
        w.put("changes", notice.words.as_str());
        w.put("ground", notice.ground.map(NoticeGround::as_str));
        w.put("ground_note", said(&notice.ground_note));
        w.put("date_announced", rfc2822(notice.announced_at));
        w.put("date_effective", rfc2822(notice.effective_at));
        w.put("date_exit_right_ends", notice.ground.is_none().then(|| rfc2822(notice.exit_until)));
        w.put("date_accepted", accepted_at.map(rfc2822));
    });
}

pub(super) fn letter(w: &mut Writer, shown: &NoticeLetterShown) {
    let letter = &shown.letter;
    w.put("notice_sid", letter.notice_sid.to_string());
    w.put("number", i64::from(letter.number));
    w.put("channel", letter.channel.as_str());
    w.put("status", shown.state);
    w.put("reason", shown.reason.as_deref());
    w.put("email_sid", letter.email_sid.map(|sid| sid.to_string()));
    w.put("subject", letter.subject.as_str());
    w.put("text", letter.text.as_str());
    w.put("sha256", letter.sha256.as_str());
    w.put("date_written", rfc2822(letter.written_at));
    w.put("date_sent", shown.sent_at.map(rfc2822));
}

fn specimen() -> TermsChange {
    let words = |text: &str| text.to_owned();
    TermsChange {
        sid: TermsChangeSid::from_u128(1),
        version: 1,
        account_sid: AccountSid::from_u128(1),
        terms: vec![Terms::default()],
        words: PromotionLabel {
            nl: words("Klachten krijgen binnen vijf dagen een antwoord."),
            fr: words("Les plaintes reçoivent une réponse dans les cinq jours."),
            de: words("Beschwerden werden binnen fünf Tagen beantwortet."),
            en: words("Complaints are answered within five days."),
        },
        from: date(2027, 1, 15),
        ground: None,
        ground_note: String::new(),
        after: None,
        seen: 120,
        told: 117,
        by: "US00000000000000000000000000000001".to_owned(),
        due_at: None,
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
    }
}

pub(super) fn sample(w: &mut Writer, _: &Shown<'_>) {
    change(w, &specimen());
}

pub(super) fn list_sample(w: &mut Writer, _: &Shown<'_>) {
    w.list("terms_changes", "TermsChange", &[specimen()], change);
}

pub(super) fn standing_sample(w: &mut Writer, _: &Shown<'_>) {
    let at = Timestamp::UNIX_EPOCH;
    let notice = TermsNotice {
        sid: TermsNoticeSid::from_u128(2),
        change_sid: TermsChangeSid::from_u128(1),
        subscription_sid: SubscriptionSid::from_u128(1),
        account_sid: AccountSid::from_u128(1),
        terms: vec![Terms::default()],
        words: "Complaints are answered within five days.".to_owned(),
        announced_at: at,
        effective_at: at,
        exit_until: at,
        ground: None,
        ground_note: String::new(),
    };
    let notices = vec![(notice, Some(at))];
    standing(w, &TermsStanding { in_force: vec![Terms::default()], notices });
}

pub(crate) fn specimen_letter() -> NoticeLetterShown {
    let letter = NoticeLetter {
        notice_sid: NoticeSid::Terms(TermsNoticeSid::from_u128(2)),
        number: 1,
        account_sid: AccountSid::from_u128(1),
        channel: LetterChannel::Email,
        email_sid: Some(EmailSid::from_u128(3)),
        failure: None,
        subject: "Our terms change".to_owned(),
        text: "From 2027-01-15 on these terms apply to your contract …".to_owned(),
        sha256: "0".repeat(64),
        written_at: Timestamp::UNIX_EPOCH,
    };
    let sent_at = Some(Timestamp::UNIX_EPOCH);
    NoticeLetterShown { letter, state: "sent", sent_at, reason: None }
}

pub(super) fn letter_sample(w: &mut Writer, _: &Shown<'_>) {
    letter(w, &specimen_letter());
}

pub(super) fn letters_sample(w: &mut Writer, _: &Shown<'_>) {
    w.list("letters", "Letter", &[specimen_letter()], letter);
}
