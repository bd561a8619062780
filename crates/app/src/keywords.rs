//! Keywords: words by which messages to the sender that all accounts share find their account, whoever wrote to the person last.
//!
//! A word takes messages away from everybody else who uses that sender, so the operator gives it; whose it is says who is asked.

use flexio_domain::*;
use flexio_messaging::opt_out;
use flexio_store::{Change, MessagingChange, Page, StoreError};

use crate::App;
use crate::auth::must_be_active;
use crate::error::{AppError, refuse};
use crate::idempotency::Keep;
use crate::urls::WebhookPatch;

/// Keywords of an account.
const KEYWORDS_MAX: u64 = 100;

/// What a request may say of a keyword; `None` leaves it.
#[derive(Debug, Clone, Default)]
pub struct KeywordPatch {
    /// Asked on a message.
    pub sms: WebhookPatch,
    /// Asked if that fails.
    pub fallback: WebhookPatch,
}

impl App {
    /// Gives a word to an account. `by` is the account that asks: only the top account gives one.
    pub async fn create_keyword(
        &self,
        (account, by): (&Account, &Account),
        word: &str,
        patch: KeywordPatch,
        keep: Keep<'_, Keyword>,
    ) -> Result<Keyword, AppError> {
        must_be_active(account)?;
        if by.parent_sid.is_some() {
            return Err(refuse(ErrorCode::Forbidden, "Only the operator gives a keyword to an account."));
        }
        let Some(word) = Keyword::key_of(word).filter(|word| opt_out::read(word).is_none()) else {
            return Err(refuse(
                ErrorCode::InvalidParameter,
                "Keyword has 2 to 20 letters and digits without accents, and is no word by which people opt out.",
            ));
        };
        if self.store.count_keywords(account.sid).await? >= KEYWORDS_MAX {
            return Err(ErrorCode::TooManyResources.into());
        }
        let now = self.clock.now();
        let mut keyword = Keyword {
            sid: KeywordSid::new(),
            version: 1,
            account_sid: account.sid,
            word,
            sms: WebhookSet::default(),
            created_at: now,
            updated_at: now,
        };
        patch.apply(&mut keyword.sms);
        let changes = Change::from(MessagingChange::CreateKeyword(keyword.clone())).into();
        match self.commit_creation(changes, &keyword, keep).await {
            Err(AppError::Store(StoreError::Conflict(_))) => {
                Err(refuse(ErrorCode::Conflict, "The keyword is given to an account already."))
            }
            done => done.map(|()| keyword),
        }
    }

    /// One keyword.
    pub async fn keyword(&self, account: AccountSid, sid: KeywordSid) -> Result<Keyword, AppError> {
        self.store.keyword(account, sid).await?.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Keywords, newest first.
    pub async fn keywords(&self, account: AccountSid, page: &Page) -> Result<Vec<Keyword>, AppError> {
        Ok(self.store.keywords(account, page).await?)
    }

    /// How many keywords the account has.
    pub async fn count_keywords(&self, account: AccountSid) -> Result<u64, AppError> {
        Ok(self.store.count_keywords(account).await?)
    }

    /// Says who is asked.
    pub async fn update_keyword(
        &self,
        account: &Account,
        sid: KeywordSid,
        patch: KeywordPatch,
    ) -> Result<Keyword, AppError> {
        must_be_active(account)?;
        retrying!(async {
            let mut keyword = self.keyword(account.sid, sid).await?;
            patch.clone().apply(&mut keyword.sms);
            keyword.updated_at = self.clock.now();
            self.store.commit(Change::from(MessagingChange::UpdateKeyword(keyword.clone())).into()).await?;
            keyword.version += 1;
            Ok::<_, AppError>(keyword)
        })
    }

    /// Gives a word up: messages that begin with it go where others go.
    pub async fn delete_keyword(&self, account: &Account, sid: KeywordSid) -> Result<(), AppError> {
        must_be_active(account)?;
        self.keyword(account.sid, sid).await?;
        Ok(self.store.commit(Change::from(MessagingChange::DeleteKeyword(account.sid, sid)).into()).await?)
    }

    /// The keyword that a message to the shared sender begins with.
    pub(crate) async fn keyword_in(&self, body: &str) -> Result<Option<Keyword>, StoreError> {
        match Keyword::key_in(body) {
            Some(word) => self.store.keyword_by_word(&word).await,
            None => Ok(None),
        }
    }
}

impl KeywordPatch {
    fn apply(self, sms: &mut WebhookSet) {
        self.sms.apply(&mut sms.primary);
        self.fallback.apply(&mut sms.fallback);
    }
}
