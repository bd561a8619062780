//! The call-queue API: a number of customers or of agents is bound to the document that queues its calls.

use flexio_domain::*;
use flexio_store::{NumberFilter, Page};

use crate::App;
use crate::auth::Principal;
use crate::error::{AppError, refuse};
use crate::numbers::{NumberPatch, Pick};
use crate::urls::WebhookPatch;

/// A number to be bound.
#[derive(Debug, Clone)]
pub struct ProvisionNumber {
    /// The customers' or the agents' number.
    pub number: E164,
    /// Document that is run for its calls.
    pub application: Webhook,
    /// Replace what the number is bound to.
    pub replace: bool,
    /// Rent it if the account has not got it.
    pub rent: bool,
}

impl App {
    /// Binds a number of the account to a document. `Conflict` if it is bound already and is not to be replaced.
    pub async fn provision_number(
        &self,
        by: &Principal,
        account: &Account,
        new: ProvisionNumber,
    ) -> Result<IncomingNumber, AppError> {
        let patch = NumberPatch {
            dialect: Some(Dialect::Rcml),
            voice: WebhookPatch {
                url: Some(Some(new.application.url)),
                method: Some(new.application.method),
            },
            voice_application_sid: Some(None),
            ..NumberPatch::default()
        };
        match self.number_of(account.sid, &new.number).await? {
            Some(number) => {
                let bound = number.voice.primary.is_some() || number.voice_application_sid.is_some();
                if bound && !new.replace {
                    return Err(refuse(
                        ErrorCode::Conflict,
                        "The number is provisioned; override=true replaces.",
                    ));
                }
                self.update_number(by, account, number.sid, patch).await
            }
            None if new.rent => {
                let patch = NumberPatch { voice_application_sid: None, ..patch };
                self.rent_number(account, &Pick::Number(new.number), None, patch, &|_| None).await
            }
            None => Err(refuse(
                ErrorCode::NumberInvalid,
                "The account does not rent this number; byoc=false rents it. Numbers of other carriers are brought by a trunk.",
            )),
        }
    }

    /// A number of the account that is bound to a document.
    pub async fn provisioned_number(
        &self,
        account: AccountSid,
        number: &E164,
    ) -> Result<IncomingNumber, AppError> {
        let found = self.number_of(account, number).await?;
        found.filter(|number| number.voice.primary.is_some()).ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Frees a number of its document. The account keeps the number.
    pub async fn unprovision_number(
        &self,
        by: &Principal,
        account: &Account,
        number: &E164,
    ) -> Result<(), AppError> {
        let bound = self.provisioned_number(account.sid, number).await?;
        let voice = WebhookPatch { url: Some(None), method: None };
        let patch = NumberPatch { voice, ..NumberPatch::default() };
        self.update_number(by, account, bound.sid, patch).await.map(|_| ())
    }

    async fn number_of(
        &self,
        account: AccountSid,
        number: &E164,
    ) -> Result<Option<IncomingNumber>, AppError> {
        // A number has no wildcards of LIKE.
        let pattern = Some(number.as_str().to_owned());
        let filter = NumberFilter { pattern, ..NumberFilter::default() };
        let page = Page { limit: 1, ..Page::default() };
        Ok(self.store.numbers(account, &filter, &page).await?.into_iter().next())
    }
}
