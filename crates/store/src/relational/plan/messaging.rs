//! Opt-outs, contacts, messaging services.

use flexio_domain::*;

use super::columns::*;
use super::{MISSING, MOVED, Step, TAKEN};
use crate::relational::{Value, Write};
use crate::{KeptMedia, MessagingChange, StoreError};

pub fn plan(change: MessagingChange, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    use MessagingChange as C;
    let step = match change {
        C::OptOut(opt_out) => Step::any(Write::OptOutInsert, opt_out_row(&opt_out)?),
        C::EndOptOut(account, opt_out) => {
            Step::one(Write::OptOutDelete, vec![sid(account.as_u128()), sid(opt_out.as_u128())], MISSING)
        }
        C::SaveContact(Contact { sender, recipient, account_sid, via, at }) => {
            let key = [text(&sender), text(&recipient)];
            let rest = [sid(account_sid.as_u128()), time(at), optional_text(via.as_deref())];
            Step::any(Write::ContactSave, key.into_iter().chain(rest).collect())
        }
        C::CreateService(service) => Step::one(Write::MessagingServiceInsert, service_row(&service)?, TAKEN),
        C::UpdateService(service) => {
            let next = MessagingService { version: service.version + 1, ..service };
            Step::one(Write::MessagingServiceUpdate, service_row(&next)?, MOVED)
        }
        C::DeleteService(account, service) => {
            let key = vec![sid(account.as_u128()), sid(service.as_u128())];
            steps.push(Step::one(Write::MessagingServiceDelete, key, MISSING));
            Step::any(Write::ServiceSendersEmpty, vec![sid(service.as_u128())])
        }
        C::AddSender(sender) => Step::one(Write::ServiceSenderInsert, sender_row(&sender)?, TAKEN),
        C::RemoveSender(account, service, sender) => {
            let key = [sid(service.as_u128()), text(sender.kind()), sid(sender.as_u128())];
            let key = key.into_iter().chain([sid(account.as_u128())]).collect();
            Step::one(Write::ServiceSenderDelete, key, MISSING)
        }
        C::DropNumber(number) => Step::any(Write::ServiceSendersDrop, vec![sid(number.as_u128())]),
        C::CreateShortCode(code) => Step::one(Write::ShortCodeInsert, code_row(&code)?, TAKEN),
        C::UpdateShortCode(code) => {
            let next = ShortCode { version: code.version + 1, ..code };
            Step::one(Write::ShortCodeUpdate, code_row(&next)?, MOVED)
        }
        C::CreateSmppUser(user) => Step::one(Write::SmppUserInsert, user_row(&user)?, TAKEN),
        C::UpdateSmppUser(user) => {
            let next = SmppUser { version: user.version + 1, ..user };
            Step::one(Write::SmppUserUpdate, user_row(&next)?, MOVED)
        }
        C::DeleteSmppUser(account, user) => gone(Write::SmppUserDelete, account, user.as_u128()),
        C::CreateSenderName(name) => Step::one(Write::SenderNameInsert, name_row(&name)?, TAKEN),
        C::UpdateSenderName(name) => {
            let next = SenderName { version: name.version + 1, ..name };
            Step::one(Write::SenderNameUpdate, name_row(&next)?, MOVED)
        }
        C::DeleteSenderName(account, name) => gone(Write::SenderNameDelete, account, name.as_u128()),
        C::CreateKeyword(keyword) => Step::one(Write::KeywordInsert, keyword_row(&keyword)?, TAKEN),
        C::UpdateKeyword(keyword) => {
            let next = Keyword { version: keyword.version + 1, ..keyword };
            Step::one(Write::KeywordUpdate, keyword_row(&next)?, MOVED)
        }
        C::DeleteKeyword(account, keyword) => gone(Write::KeywordDelete, account, keyword.as_u128()),
        C::AddMedia(kept) => Step::one(Write::MessageMediaInsert, media_row(*kept)?, TAKEN),
        C::DeleteMedia(account, message, media) => {
            let key = [account.as_u128(), message.as_u128(), media.as_u128()];
            Step::one(Write::MessageMediaDelete, key.map(sid).to_vec(), MISSING)
        }
        C::DropMediaOf(account, message) => drop_media_of(account, message),
    };
    steps.push(step);
    Ok(())
}

/// One row goes, which has to be there.
fn gone(write: Write, account: AccountSid, row: u128) -> Step {
    Step::one(write, vec![sid(account.as_u128()), sid(row)], MISSING)
}

/// Everything a message carries goes.
pub fn drop_media_of(account: AccountSid, message: MessageSid) -> Step {
    Step::any(Write::MediaOfMessageDelete, vec![sid(account.as_u128()), sid(message.as_u128())])
}

fn media_row(KeptMedia { media, content }: KeptMedia) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(media.sid.as_u128()),
        sid(media.account_sid.as_u128()),
        sid(media.message_sid.as_u128()),
        time(media.created_at),
        text(&media.link.0),
        doc(&media)?,
        Value::Bytes(content.0),
    ])
}

fn opt_out_row(opt_out: &OptOut) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(opt_out.sid.as_u128()),
        sid(opt_out.account_sid.as_u128()),
        text(opt_out.erased.as_deref().unwrap_or(opt_out.recipient.as_str())),
        text(&opt_out.sender),
        doc(opt_out)?,
    ])
}

fn service_row(service: &MessagingService) -> Result<Vec<Value>, StoreError> {
    let version = Value::Int(service.version.into());
    Ok(vec![sid(service.sid.as_u128()), sid(service.account_sid.as_u128()), version, doc(service)?])
}

fn sender_row(sender: &ServiceSender) -> Result<Vec<Value>, StoreError> {
    let alone = match sender.sid {
        SenderSid::Alpha(_) => Value::Null,
        SenderSid::Number(_) | SenderSid::ShortCode(_) => exclusive(sender.account_sid, &sender.address),
    };
    Ok(vec![
        sid(sender.service_sid.as_u128()),
        text(sender.sid.kind()),
        sid(sender.sid.as_u128()),
        sid(sender.account_sid.as_u128()),
        alone,
        doc(sender)?,
    ])
}

fn code_row(code: &ShortCode) -> Result<Vec<Value>, StoreError> {
    let version = Value::Int(code.version.into());
    Ok(vec![sid(code.sid.as_u128()), sid(code.account_sid.as_u128()), version, doc(code)?])
}

fn user_row(user: &SmppUser) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(user.sid.as_u128()),
        sid(user.account_sid.as_u128()),
        Value::Int(user.version.into()),
        text(&user.system_id),
        if user.receives { sid(user.account_sid.as_u128()) } else { Value::Null },
        doc(user)?,
    ])
}

fn name_row(name: &SenderName) -> Result<Vec<Value>, StoreError> {
    let key = name.key();
    let held = (name.state == SenderNameState::Approved).then_some(key.as_str());
    Ok(vec![
        sid(name.sid.as_u128()),
        sid(name.account_sid.as_u128()),
        Value::Int(name.version.into()),
        text(&key),
        text(name.state.as_str()),
        optional_text(held),
        doc(name)?,
    ])
}

fn keyword_row(keyword: &Keyword) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(keyword.sid.as_u128()),
        sid(keyword.account_sid.as_u128()),
        Value::Int(keyword.version.into()),
        text(&keyword.word),
        doc(keyword)?,
    ])
}
